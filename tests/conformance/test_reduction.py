"""A reduced search says what the full one says: the same verdict, the same outcomes where it holds, and no step left unseen."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, note, settings

from stress.bench.miniature import race
from tests.programs.gallery import GALLERY
from tests.programs.generated import scenario_from, sources
from tests.programs.making import slugs
from weft import AtomicInt64, Field, Mutex, Scenario, Setting, scenario
from weft.search.budget import Budget
from weft.search.compiled_loop import AVAILABLE
from weft.search.exhaustive import explore
from weft.search.reduction import ALL, ASLEEP, NONE, Reduction
from weft.search.result import Exploration

KINDS = [
    Reduction(persistent=True),
    Reduction(persistent=True, locks=True),
    Reduction(persistent=True, locks=True, sleep=True),
    ALL,
    ASLEEP,
]
LARGEST_GRAPH = 4_000
TALLY: Counter[str] = Counter()


def assert_stands_for(reduced: Exploration, full: Exploration) -> None:
    """The reduced search found what the full one found."""
    assert reduced.verdict == full.verdict
    assert reduced.interleavings is None
    if full.verdict == "HOLDS":
        assert set(reduced.outcomes) == set(full.outcomes)
        assert (reduced.nodes, reduced.reached) == (full.nodes, full.reached)
    else:
        assert slugs(reduced) <= slugs(full)
        assert bool(slugs(reduced)) == bool(slugs(full))
    assert reduced.states <= full.states


def counts(found: Exploration) -> tuple[object, ...]:
    return (
        found.verdict,
        found.states,
        found.transitions,
        found.finals,
        found.passes,
        found.cyclic,
        sorted(found.outcomes, key=repr),
    )


def compare(scenario: Scenario) -> Exploration:
    """Search in full and under every reduction, and compare; the full search."""
    full = explore(scenario, stop_at_first=False)
    for reduction in KINDS:
        reduced = explore(scenario, stop_at_first=False, reduction=reduction)
        assert_stands_for(reduced, full)
        if AVAILABLE:
            plain = explore(scenario, stop_at_first=False, reduction=reduction, compiled_loop=False)
            assert counts(plain) == counts(reduced)
    TALLY["reduced"] += reduced.states < full.states
    TALLY["violated"] += full.verdict == "VIOLATED"
    TALLY["programs"] += 1
    return full


@pytest.mark.parametrize("scenario", GALLERY, ids=lambda scenario: scenario.name)
def test_reductions_agree_with_the_full_search_on_the_gallery(scenario: Scenario) -> None:
    compare(scenario)


QUICK = settings(
    max_examples=60, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False
)


def test_reductions_agree_with_the_full_search_on_generated_programs() -> None:
    TALLY.clear()
    QUICK(given(sources())(compare_generated))()
    assert TALLY["reduced"] >= TALLY["programs"] // 2
    assert TALLY["violated"] >= 3


@pytest.mark.slow
@given(sources())
@settings(QUICK, max_examples=1_500, derandomize=False)
def test_reductions_agree_with_the_full_search_on_many_generated_programs(source: str) -> None:
    compare_generated(source)


def compare_generated(source: str) -> None:
    """Compare on one program, unless it is too large."""
    note(source)
    scenario = scenario_from(source)
    if explore(scenario, stop_at_first=False, budget=Budget(max_states=LARGEST_GRAPH)).exhausted:
        compare(scenario)


@pytest.mark.parametrize(
    ("word", "full", "persistent", "chains", "asleep"),
    [
        ("wu", 434, (250, 329), (93, 747), (93, 528)),
        ("wwu", 6_071, (2_473, 4_143), (1_111, 6_133), (1_111, 4_096)),
        ("wuu", 12_673, (6_061, 10_399), (2_962, 15_798), (2_943, 9_097)),
    ],
)
def test_the_miniature_umount_race_reduced(
    word: str, full: int, persistent: tuple[int, int], chains: tuple[int, int], asleep: tuple[int, int]
) -> None:
    assert compare(race(word)).states == full
    for reduction, expected in [(replace(ALL, chains=False), persistent), (ALL, chains), (ASLEEP, asleep)]:
        found = explore(race(word), stop_at_first=False, reduction=reduction)
        assert (found.states, found.transitions) == expected


def test_threads_that_share_nothing_are_searched_one_after_the_other() -> None:
    @scenario(expect="HOLDS", why="")
    def apart(s: Setting) -> None:
        for cell in [AtomicInt64(0) for _ in range(4)]:
            s.thread(lambda cell=cell: [cell.add(1) for _ in range(5)] and None)

    assert explore(apart).states == 6**4
    assert explore(apart, reduction=replace(ALL, chains=False)).states == 4 * 5 + 1
    assert explore(apart, reduction=ALL).states == 2


def test_a_lock_held_inside_keeps_the_others_out() -> None:
    @scenario(expect="HOLDS", why="")
    def behind_a_lock(s: Setting) -> None:
        mutex, visits, cells = Mutex(), AtomicInt64(0), tuple(Field(0) for _ in range(6))

        def work() -> None:
            visits.add(1)
            with mutex:
                for cell in cells:
                    cell.write(cell.read() + 1)
            visits.add(1)

        s.thread(work)
        s.thread(work)

    def searched(reduction: Reduction) -> tuple[str, int, int]:
        found = explore(behind_a_lock, reduction=reduction)
        return found.verdict, found.states, found.transitions

    assert searched(NONE) == ("HOLDS", 120, 180)
    assert searched(Reduction(persistent=True)) == ("HOLDS", 120, 152)
    assert searched(Reduction(persistent=True, locks=True)) == ("HOLDS", 120, 126)


def test_nobody_is_ignored_for_ever_beside_a_spinning_thread() -> None:
    """The proviso: the spinner alone is a closed set in every state, and following only it would never let the other one fail."""

    @scenario(expect="VIOLATED", violates="exception:ZeroDivisionError", why="")
    def spinning(s: Setting) -> None:
        stop, other = AtomicInt64(0), AtomicInt64(0)

        def spin() -> None:
            while not stop.load():
                pass

        def fail() -> None:
            other.add(1)
            raise ZeroDivisionError

        s.thread(spin)
        s.thread(fail)

    for reduction in KINDS:
        assert slugs(explore(spinning, reduction=reduction)) == {"exception:ZeroDivisionError"}


def test_an_invariant_keeps_the_orders_that_it_can_see() -> None:
    @scenario(expect="VIOLATED", violates="invariant:not_both", why="")
    def two_flags(s: Setting) -> None:
        first, second = AtomicInt64(0), AtomicInt64(0)

        def up_and_down(cell: AtomicInt64) -> None:
            cell.store(1)
            cell.store(0)

        s.thread(lambda: up_and_down(first))
        s.thread(lambda: up_and_down(second))

        @s.invariant
        def not_both() -> None:
            assert not (first.load() and second.load())

    for reduction in KINDS:
        assert slugs(explore(two_flags, reduction=reduction)) == {"invariant:not_both"}
