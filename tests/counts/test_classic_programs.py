"""Classic locks, stacks and queues: verdicts, numbers of outcomes by formula, and the twin of each that must be found.

Where no thread can spin, the naive search, which executes every interleaving on the real code, must count the same.
"""

from __future__ import annotations

from math import factorial

import pytest

from tests.programs import classic, lockfree, sctbench
from tests.programs.making import assert_all_engines_agree, merged
from weft import Scenario
from weft.search.exhaustive import explore
from weft.search.replay import replay


def name(scenario: Scenario) -> str:
    return scenario.name


@pytest.mark.parametrize("scenario", [classic.peterson(1), classic.peterson(3), classic.dekker(1), classic.dekker(3)], ids=name)
def test_a_correct_lock_has_one_outcome_and_nobody_can_be_kept_from_finishing(scenario: Scenario):
    found = merged(scenario)
    assert (found.verdict, len(found.outcomes), found.violations) == ("HOLDS", 1, [])
    assert found.cyclic, "a thread that waits must turn in a circle"


@pytest.mark.parametrize(
    "scenario",
    [
        classic.peterson(turn_first=True),
        classic.dekker(asks_once=True),
        classic.seqlock(1, checks=False),
        classic.spinning_rwlock(1, atomic=False),
        lockfree.treiber_aba(versions=False),
        lockfree.queue_linearizable(2, 1, links_by_store=True),
    ],
    ids=name,
)
def test_the_twin_that_is_nearly_right_is_found(scenario: Scenario):
    found = explore(scenario)
    assert found.verdict == "VIOLATED"
    (violation,) = found.violations
    assert violation.slug.startswith(scenario.violates)
    assert violation.replayed


@pytest.mark.parametrize(("readers", "writes"), [(1, 1), (1, 3), (2, 1), (2, 2)])
def test_a_reader_beside_a_sequence_lock_sees_any_one_of_the_written_pairs(readers: int, writes: int):
    found = merged(classic.seqlock(readers, writes=writes))
    assert (found.verdict, len(found.outcomes)) == ("HOLDS", (writes + 1) ** readers)


@pytest.mark.parametrize("readers", [1, 2, 3])
def test_a_reader_under_a_lock_sees_the_pair_before_the_write_or_after_it(readers: int):
    found = merged(classic.spinning_rwlock(readers))
    assert (found.verdict, len(found.outcomes)) == ("HOLDS", 2**readers)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_pushes_and_enqueues_end_in_every_order(n: int):
    for scenario in (lockfree.treiber_pushes(n), *([lockfree.queue_enqueues(n)] if n < 4 else [])):
        found = merged(scenario)
        assert (found.verdict, len(found.outcomes)) == ("HOLDS", factorial(n))


@pytest.mark.parametrize(
    ("enqueuers", "dequeuers", "outcomes"),
    [
        (1, 1, 2),  # the value, or nothing
        (2, 1, 3),  # one of two values, or nothing
        (1, 2, 3),  # nobody gets the value, or one of two does
    ],
)
def test_a_queue_is_linearizable_and_every_answer_of_the_model_occurs(enqueuers: int, dequeuers: int, outcomes: int):
    found = merged(lockfree.queue_linearizable(enqueuers, dequeuers))
    assert (found.verdict, len(found.outcomes)) == ("HOLDS", outcomes)


@pytest.mark.parametrize(
    "scenario",
    [
        lockfree.treiber_pushes(2),
        lockfree.treiber_aba(versions=False),
        lockfree.queue_enqueues(2),
        lockfree.queue_linearizable(1, 1),
    ],
    ids=name,
)
def test_the_naive_search_agrees_where_nobody_spins(scenario: Scenario):
    found = assert_all_engines_agree(scenario)
    assert found.verdict == scenario.expect


@pytest.mark.parametrize("rounds", [(1, 1), (3, 3), (1, 1, 1), (2, 1, 1)])
def test_safe_stack_holds_with_two_threads_and_with_fewer_calls(rounds: tuple[int, ...]):
    found = merged(lockfree.safe_stack(*rounds))
    assert (found.verdict, len(found.outcomes)) == ("HOLDS", 1)


@pytest.mark.parametrize("rounds", [(2, 2, 1), (3, 3, 3)])
def test_safe_stack_is_broken_from_five_rounds_of_three_threads_on(rounds: tuple[int, ...]):
    """At least five preemptions are needed, hence six switches or more in whatever schedule is found."""
    (violation,) = explore(lockfree.safe_stack(*rounds)).violations
    assert violation.slug.startswith("assertion:worker")
    assert violation.replayed
    assert violation.schedule.switches > 5


@pytest.mark.parametrize(
    "scenario",
    [
        sctbench.reorder(3),
        sctbench.reorder(4),
        sctbench.two_stage(),
        sctbench.wrong_lock(3),
        sctbench.deadlock_01(),
        sctbench.carter_01(),
    ],
    ids=name,
)
def test_the_kernels_of_sctbench_show_their_bug_with_one_preemption_as_published(scenario: Scenario):
    (violation,) = explore(scenario).violations
    assert violation.minimal
    assert replay(scenario, violation.schedule).preemptions == 1
