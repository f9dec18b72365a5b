"""What a search leaves behind for the report: counts that agree with the search, lines that agree with the code."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from typing import Any

import pytest

from weft import AtomicInt64, Setting, scenario
from weft.check.collect import collect
from weft.check.parallel import check_each
from weft.check.run import Plan, check
from weft.cli.progress_line import Progress
from weft.report.html import portrait as portraits
from weft.report.html.portrait import Pictured, pictured, portrait
from weft.search.exhaustive import explore
from weft.search.reduction import ALL

RACES = "tests/report_html/races/small.py"
ROOT = Path(__file__).parents[2]
TEXT = (ROOT / RACES).read_text().splitlines()


@pytest.fixture(autouse=True)
def _in_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def pictures() -> dict[str, Pictured]:
    return {one.race.scenario.name: pictured(one) for one in check(collect([RACES]), Plan(look=portrait))}


def test_every_local_state_is_kept_with_the_line_at_which_it_waits() -> None:
    for name, made in pictures().items():
        kept = made.portrait
        assert kept is not None
        assert len(kept.nodes) == kept.nodes_in_all >= made.race.nodes, name
        for node in kept.nodes:
            if node.kind == "step":
                called = node.text.split(".")[-1].split("(")[0]
                assert node.file == RACES or name == "unlocks", name  # a lock's own method is the thread function there
                line = TEXT[node.line - 1] if node.file else "unlock"
                assert called in line or line.strip() in ("with a, b:", "with b, a:"), (name, node.text, line)


def test_the_edges_are_the_steps_of_the_automata() -> None:
    kept = pictures()["two_increments"].portrait
    assert kept is not None
    texts = {(kept.nodes[e.source].text, e.result) for e in kept.edges}
    swap = "AtomicInt64#0.compare_and_swap"
    assert texts == {
        ("AtomicInt64#0.load()", "0"),
        ("AtomicInt64#0.load()", "1"),
        (f"{swap}(0, 1)", "True"),
        (f"{swap}(0, 1)", "False"),
        (f"{swap}(1, 2)", "True"),
    }


def test_a_broken_contract_is_an_edge_to_its_end() -> None:
    kept = pictures()["unlocks"].portrait
    assert kept is not None
    ends = {kept.nodes[e.target].kind for e in kept.edges}
    assert "misused" in ends


def test_the_state_graph_has_the_states_and_transitions_of_the_search() -> None:
    for name, made in pictures().items():
        graph = None if made.portrait is None else made.portrait.graph
        if name == "wide":
            assert graph is None
            assert made.race.states == 9**3 > portraits.MOST_STATES
        elif made.race.verdict == "HOLDS":
            assert graph is not None
            assert (len(graph.states), len(graph.edges)) == (made.race.states, made.race.transitions), name


def test_the_state_graph_of_a_violated_race_is_whole_though_the_search_stopped() -> None:
    [race] = collect([f"{RACES}::lost_update"])
    whole = explore(race.scenario, stop_at_first=False)
    graph = pictures()["lost_update"].portrait.graph  # type: ignore[union-attr]
    assert (len(graph.states), len(graph.edges)) == (whole.states, whole.transitions)
    assert sorted({state.end for state in graph.states}) == ["", "final:both_counted", "finished"]


def test_lines_are_those_that_threads_executed() -> None:
    kept = pictures()["two_increments"].portrait
    assert kept is not None
    executed = {TEXT[line - 1].strip() for line in kept.lines[RACES]}
    assert executed == {
        "while True:",
        "seen = counter.load()",
        "if counter.compare_and_swap(seen, seen + 1):",
        "return",
    }


def test_a_reached_situation_has_a_step_that_shows_it() -> None:
    kept = pictures()["two_increments"].portrait
    assert kept is not None
    [shown] = kept.sometimes
    assert (shown.name, shown.reached) == ("a_swap_fails", True)
    assert shown.step == "AtomicInt64#0.compare_and_swap(0, 1) -> False"
    assert TEXT[shown.line - 1].strip() == "if counter.compare_and_swap(seen, seen + 1):"


def test_progress_is_told_of_races_that_hold() -> None:
    made = pictures()
    rows = made["two_increments"].portrait.progress  # type: ignore[union-attr]
    assert [(row.thread, row.progress, row.worst_steps, row.alone_steps) for row in rows] == [
        ("first", "lock-free", 4, 2),
        ("second", "lock-free", 4, 2),
    ]
    assert made["lost_update"].portrait.progress is None  # type: ignore[union-attr]


def test_keeping_a_portrait_changes_no_answer() -> None:
    for race in collect([RACES]):
        with_it, without = (explore(race.scenario, look=look) for look in (portrait, None))
        assert with_it.portrait is not None
        assert (with_it.states, with_it.transitions, with_it.nodes, with_it.executions) == (
            without.states,
            without.transitions,
            without.nodes,
            without.executions,
        )
        assert with_it.verdict == without.verdict


def test_what_workers_send_is_what_one_process_makes() -> None:
    races = collect([RACES])
    with Progress() as progress:
        sent = check_each(races, Plan(look=portrait), jobs=2, record=pictured, watcher=progress)
    assert {one.race.name: one.portrait for one in sent} == {name: made.portrait for name, made in pictures().items()}


def test_of_large_automata_only_their_size_and_what_was_reached_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portraits, "MOST_NODES", 7)
    kept = pictures()["two_increments"].portrait
    assert kept is not None
    assert (kept.nodes_in_all, kept.nodes, kept.edges, kept.graph, kept.progress, kept.lines) == (8, [], [], None, None, {})
    assert [(shown.reached, shown.file) for shown in kept.sometimes] == [(True, "")]


def test_a_reduced_search_is_not_shown_as_the_whole_graph() -> None:
    [race] = collect([f"{RACES}::two_increments"])
    kept = explore(race.scenario, look=portrait, reduction=ALL).portrait
    assert kept.graph is None
    assert kept.progress is None
    assert len(kept.nodes) == 8


def test_somebody_elses_tracer_goes_on_undisturbed() -> None:
    [race] = collect([f"{RACES}::two_increments"])
    seen = []
    tracer = lambda frame, event, argument: seen.append(event)  # noqa: E731 - a trace function
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        kept = explore(race.scenario, look=portrait).portrait
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)
    assert kept.lines == {}
    assert len(kept.nodes) == 8
    assert seen


def test_code_that_is_in_no_file_is_shown_around_where_it_waits() -> None:
    source = "def add_one(counter):\n    # nobody else\n    counter.store(counter.load() + 1)\n"
    name = str(ROOT / "made up.py (edited)")
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    space: dict[str, Any] = {}
    exec(compile(source, name, "exec"), space)

    @scenario(expect="HOLDS")
    def one_adds(s: Setting) -> None:
        s.thread(space["add_one"], AtomicInt64(0), name="one")

    try:
        kept = explore(one_adds, look=portrait).portrait
    finally:
        del linecache.cache[name]
    assert kept.excerpts == {"made up.py (edited)": dict(enumerate(source.splitlines(), 1))}
