"""Several walkers over one set of visited states count what one walker counts, whatever their timing."""

from __future__ import annotations

import pytest

from stress.bench.miniature import race
from tests.programs.gallery import GALLERY
from tests.programs.making import slugs
from weft import AtomicInt64, Scenario, Setting, scenario
from weft.search import compiled_loop, crew
from weft.search.budget import Budget
from weft.search.exhaustive import explore
from weft.search.reduction import ALL, NONE, Reduction
from weft.search.result import Exploration

pytestmark = pytest.mark.skipif(
    not compiled_loop.AVAILABLE, reason="the compiled loop was not built: no C compiler at installation"
)


@pytest.fixture(autouse=True)
def share_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small searches share too, come back often, and grow the automata while they are shared."""
    monkeypatch.setattr(compiled_loop, "SHARED_FROM", 1)
    monkeypatch.setattr(compiled_loop, "QUOTA", 5)
    monkeypatch.setattr(crew, "QUOTA", 40)


def counts(found: Exploration) -> tuple[object, ...]:
    return (
        (found.verdict, found.states, found.transitions, found.finals, found.nodes, found.cyclic),
        found.interleavings,
        sorted(found.outcomes, key=repr),
        slugs(found),
    )


@pytest.mark.parametrize("reduction", [NONE, ALL], ids=["full", "reduced"])
@pytest.mark.parametrize("word", ["wu", "wwu", "wuu"])
def test_counts_do_not_depend_on_the_number_of_cores(word: str, reduction: Reduction) -> None:
    alone = counts(explore(race(word), stop_at_first=False, reduction=reduction))
    for cores in (2, 3, 7):
        assert counts(explore(race(word), stop_at_first=False, reduction=reduction, cores=cores)) == alone


@pytest.mark.parametrize("scenario", GALLERY, ids=lambda scenario: scenario.name)
def test_the_gallery_on_two_cores(scenario: Scenario) -> None:
    alone = explore(scenario, stop_at_first=False)
    assert counts(explore(scenario, stop_at_first=False, cores=2)) == counts(alone)


def test_the_schedule_of_a_violation_leads_there_from_the_start() -> None:
    """It is replayed on the real code, so a trail that forgot what came before a walker's share would be an engine bug."""

    @scenario(expect="VIOLATED", violates="exception:ZeroDivisionError", why="")
    def late(s: Setting) -> None:
        cells = tuple(AtomicInt64(0) for _ in range(3))

        def work(own: AtomicInt64) -> None:
            for _ in range(6):
                own.add(1)
            if sum(cell.load() for cell in cells) == 18:
                raise ZeroDivisionError

        for cell in cells:
            s.thread(lambda cell=cell: work(cell))

    for cores in (2, 3):
        found = explore(late, cores=cores)
        assert slugs(found) == {"exception:ZeroDivisionError"}
        assert found.violations[0].replayed


def test_a_limit_on_states_stops_all_walkers() -> None:
    found = explore(race("wwu"), cores=3, budget=Budget(max_states=1_000))
    assert found.verdict == "INCONCLUSIVE"
    assert 1_000 <= found.states <= 1_003


def test_without_room_for_edges_the_graph_may_have_cycles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_loop, "MOST_EDGES", 100)
    found = explore(race("wwu"), cores=2)
    assert (found.verdict, found.states) == ("INCONCLUSIVE", 6071)
    assert "may have cycles" in found.stopped_by
