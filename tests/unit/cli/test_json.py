"""The JSON of a check: complete, the same for the same results, and of no machine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from tests.unit.cli.conftest import RACES, ROOT, Weft
from weft.report.document import FORMAT, Race, Report, decoded, encoded

FILES = ("lost_update", "deadlock", "broken", "livelock", "wrong", "faulty", "columns", "two_kinds")


def checked(weft: Weft, file: Path, *options: str) -> bytes:
    # Told apart by history, a retry loop has no end of states.
    names = [name for name in FILES if name != "livelock" or "--no-merge" not in options]
    weft("check", *(f"{RACES}/{name}.py" for name in names), "--json", str(file), *options)
    return file.read_bytes()


def by_name(report: Report) -> dict[str, Race]:
    return {race.name: race for race in report.races}


def test_it_comes_back_as_it_was_written(weft: Weft, tmp_path: Path) -> None:
    text = checked(weft, tmp_path / "a.json", "--all-violations")
    assert encoded(decoded(text)) == text
    assert json.loads(text)["format"] == FORMAT


@pytest.mark.parametrize("options", [(), ("--no-merge",), ("--all-violations", "--fingerprint-bits", "128")])
def test_equal_results_give_equal_bytes_apart_from_seconds(weft: Weft, tmp_path: Path, options: tuple[str, ...]) -> None:
    texts = [checked(weft, tmp_path / name, *options) for name in ("a.json", "b.json")]
    one, two = (re.sub(rb'"seconds": [0-9.e-]+', b'"seconds": 0', text) for text in texts)
    assert one == two


def test_nothing_of_the_machine_is_in_it(weft: Weft, tmp_path: Path) -> None:
    text = checked(weft, tmp_path / "a.json", "--all-violations").decode()
    assert ROOT not in text
    assert "/root/" not in text
    assert not re.search(r"0x[0-9a-f]{6,}", text)


def test_it_says_what_the_table_says(weft: Weft, tmp_path: Path) -> None:
    races = by_name(decoded(checked(weft, tmp_path / "a.json")))
    atomic = races["atomic_update"]
    assert (atomic.verdict, atomic.judgement, atomic.states, atomic.interleavings) == ("HOLDS", "as expected", 5, "2")
    assert [outcome.results for outcome in atomic.outcomes] == [{"first": "1", "second": "2"}, {"first": "2", "second": "1"}]
    assert (races["hides_state"].verdict, races["hides_state"].judgement) == (None, "error")
    assert races["said_to_hold"].judgement == "not as expected"
    assert (races["too_polite"].interleavings, races["too_polite"].cyclic) == (None, True)


def test_a_violation_has_its_whole_trace(weft: Weft, tmp_path: Path) -> None:
    (violation,) = by_name(decoded(checked(weft, tmp_path / "a.json")))["lost_update"].violations
    trace = violation.trace
    assert trace is not None
    assert violation.replayed
    assert violation.minimal
    assert (violation.slug, trace.ending) == ("final:both_counted", "final:both_counted")
    assert violation.command == f"weft replay {RACES}/lost_update.py::lost_update {trace.schedule}"
    assert [(step.number, step.before, step.after) for step in trace.steps][-1] == (4, "1", "1")
    assert {(step.file, step.line) for step in trace.steps} == {(f"{RACES}/lost_update.py", 11)}
    assert [(thread.name, thread.fate, thread.what, thread.steps) for thread in trace.threads] == [
        ("first", "returned", "None", 2),
        ("second", "returned", "None", 2),
    ]


def test_a_trace_has_what_a_timeline_needs(weft: Weft, tmp_path: Path) -> None:
    weft("check", "tests/golden/failing.py", "--json", str(tmp_path / "a.json"))
    races = by_name(decoded((tmp_path / "a.json").read_bytes()))
    for race in races.values():
        for trace in (violation.trace for violation in race.violations if violation.trace is not None):
            held = {cell.name: cell.initial for cell in trace.cells}
            assert len(held) == len(trace.cells)
            for step in trace.steps:
                assert held[step.cell] == step.before, "what a cell holds before a step is what the last one has left"
                held[step.cell] = step.after
                assert step.text.startswith(step.cell)
                assert step.call is None or trace.calls[step.call].thread == step.thread
            assert held == {cell.name: cell.final for cell in trace.cells}
    (violation,) = races["not_linearizable"].violations
    assert violation.trace is not None
    assert [(c.thread, c.text, c.result, c.first_step, c.last_step) for c in violation.trace.calls] == [
        ("alice", "add() = 1", "1", 1, 4),
        ("bob", "add() = 1", "1", 2, 3),
    ]
    (violation,) = races["long_with_bystanders"].violations
    assert violation.trace is not None
    assert violation.decided_at == 10
    parts = [step.part for step in violation.trace.steps]
    assert (parts[:9], parts[9], parts[19:]) == (["leads"] * 9, "decisive", ["none"] * 3)
    assert [step.number for step in violation.trace.steps if not step.folded] == [10]
    (violation,) = races["deadlock"].violations
    assert violation.trace is not None
    assert [(t.fate, t.file, t.source) for t in violation.trace.threads] == [
        ("waiting", "tests/golden/failing.py", "with left, right.reading():"),
        ("waiting", "tests/golden/failing.py", "with right.writing(), left:"),
    ]


def test_the_command_of_every_violation_shows_it_again(weft: Weft, tmp_path: Path) -> None:
    report = decoded(checked(weft, tmp_path / "a.json", "--all-violations"))
    found = [(race, violation) for race in report.races for violation in race.violations if violation.trace]
    assert len(found) >= 9
    for race, violation in found:
        result = weft(*violation.command.split()[1:])
        assert result.exit_code == (race.expect == "HOLDS")
        shown = "the schedule stops here" if violation.slug == "livelock" else f"VIOLATED {violation.slug}: "
        assert shown in result.stdout


def test_merging_off_gives_the_same_outcomes_with_no_fewer_states(weft: Weft, tmp_path: Path) -> None:
    merged = by_name(decoded(checked(weft, tmp_path / "a.json", "--all-violations")))
    apart = by_name(decoded(checked(weft, tmp_path / "b.json", "--all-violations", "--no-merge")))
    assert merged["guarded_table"].outcomes == apart["guarded_table"].outcomes
    assert merged["guarded_table"].states <= apart["guarded_table"].states
    assert merged["guarded_table"].interleavings == apart["guarded_table"].interleavings


def test_a_document_of_another_shape_is_refused_with_the_place() -> None:
    with pytest.raises(msgspec.ValidationError, match="required field"):
        decoded(b'{"format": "weft-check/2"}')


def test_the_list_has_what_is_expected_and_why(weft: Weft) -> None:
    listing = json.loads(weft("list", f"{RACES}/lost_update.py", "--json").stdout)
    assert listing["format"] == "weft-list/1"
    assert listing["races"][1] == {
        "name": "atomic_update",
        "file": f"{RACES}/lost_update.py",
        "line": 21,
        "expect": "HOLDS",
        "violates": "",
        "why": "add is one step",
        "slow": False,
    }
