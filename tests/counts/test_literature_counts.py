"""Exact counts of the literature's programs, from ``literature/counts.md``.

Without merging, local states are observation histories, so states, edges, final states and interleavings must equal the table.
With merging there may only be fewer states: what can happen, and in how many ways, stays the same.
"""

from __future__ import annotations

from math import factorial
from typing import NamedTuple

import pytest

from tests.programs import literature
from tests.programs.making import assert_all_engines_agree, merged, unmerged
from weft import Scenario


class Count(NamedTuple):
    """A row of the table; ``finals`` counts completed executions, without deadlock states."""

    scenario: Scenario
    interleavings: int
    states: int
    edges: int
    finals: int
    verdict: str = "HOLDS"
    deadlocks: int = 0


TABLE = (
    Count(literature.readers(4), factorial(5), 97, 156, 2**4),
    Count(literature.readers(6), factorial(7), 793, 1714, 2**6),
    Count(literature.writers_and_a_reader(3), factorial(4), 50, 61, 12),
    Count(literature.writers_and_a_reader(4), factorial(5), 146, 233, 20),
    Count(literature.last_zero(4), 44_300, 499, 1_156, (4 + 3) * 2 ** (4 - 2)),
    Count(literature.last_zero(5), 3_487_880, 1_890, 5_266, (5 + 3) * 2 ** (5 - 2)),
    Count(literature.fib_bench(2), 84_084, 1_229, 1_996, 140),
    Count(literature.fib_bench(3), 9_237_800, 15_389, 24_285, 1_698),
    Count(literature.increments(4), factorial(8) // 2**4, 755, 1_156, 109),
    Count(literature.locked_increments(4), factorial(4), 257, 256, factorial(4)),
    Count(literature.philosophers(3), 168, 87, 153, 1, "VIOLATED", deadlocks=1),
    Count(literature.philosophers(4), 98_184, 391, 924, 1, "VIOLATED", deadlocks=1),
)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.scenario.name)
def test_over_histories_states_edges_finals_and_interleavings_equal_the_table(row: Count):
    found = unmerged(row.scenario)
    assert found.verdict == row.verdict
    assert (found.states, found.transitions, found.interleavings) == (row.states, row.edges, row.interleavings)
    assert found.finals == row.finals + row.deadlocks


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.scenario.name)
def test_over_local_states_outcomes_and_interleavings_stay_and_states_do_not_grow(row: Count):
    over_states, over_histories = merged(row.scenario), unmerged(row.scenario)
    assert over_states.verdict == row.verdict
    assert set(over_states.outcomes) == set(over_histories.outcomes)
    assert over_states.interleavings == row.interleavings
    assert over_states.states <= row.states
    assert not over_states.fallbacks


def test_merging_collapses_increments_under_one_lock_to_a_count_of_the_finished():
    """Nobody inside: 2**4 sets of finished threads. One of 4 inside: at one of 3 points, with 2**3 sets of finished others."""
    found = merged(literature.locked_increments(4))
    assert (found.verdict, found.states, found.finals) == ("HOLDS", 2**4 + 4 * 3 * 2**3, 1)


@pytest.mark.parametrize("n", [2, 3])
def test_filesystem_threads_touch_disjoint_blocks_so_interleavings_are_a_multinomial(n: int):
    """Eight steps a thread: inode lock, inode read, block lock, busy read, two writes, two unlocks."""
    found = merged(literature.filesystem(n))
    assert (found.verdict, found.states, len(found.outcomes)) == ("HOLDS", 9**n, 1)
    assert found.interleavings == factorial(8 * n) // factorial(8) ** n


@pytest.mark.parametrize("n", [2, 3, 4])
def test_indexer_threads_touch_disjoint_entries_so_interleavings_are_a_multinomial(n: int):
    """Four compare-and-swaps a thread, none of which fails."""
    found = merged(literature.indexer(n))
    assert (found.verdict, found.states, len(found.outcomes)) == ("HOLDS", 5**n, 1)
    assert found.interleavings == factorial(4 * n) // factorial(4) ** n


def test_a_small_indexer_with_collisions_agrees_with_the_naive_search():
    found = assert_all_engines_agree(literature.indexer(3, messages=2, size=8, stride=3, factor=2))
    assert found.verdict == "HOLDS"
    assert len(found.outcomes) > 1


@pytest.mark.parametrize(
    "scenario",
    [
        literature.readers(4),
        literature.writers_and_a_reader(4),
        literature.last_zero(2),
        literature.fib_bench(1),
        literature.increments(3),
        literature.locked_increments(4),
        literature.philosophers(3),
    ],
    ids=lambda scenario: scenario.name,
)
def test_the_naive_search_counts_the_same_interleavings(scenario: Scenario):
    found = assert_all_engines_agree(scenario)
    assert found.verdict == scenario.expect
