"""Each kind of ending has its verdict and slug, with counts; a budget that ends a search is never a pass."""

from __future__ import annotations

import pytest

from tests.programs.making import merged, program
from weft import AtomicInt64, Mutex, Results, RWMutex, Scenario, SeqCount, Setting, require
from weft.search.budget import Budget
from weft.search.exhaustive import explore
from weft.search.naive import explore_naively
from weft.search.random_walk import sample
from weft.search.replay import replay


def increments(s: Setting) -> None:
    """Two unguarded increments."""
    x = AtomicInt64(0)

    def add() -> None:
        x.store(x.load() + 1)

    s.thread(add, name="first")
    s.thread(add, name="second")

    @s.final
    def both_counted(_: Results) -> None:
        require(x.load() == 2, f"x is {x.load()}")


LOST_UPDATE = program("lost-update", increments, expect="VIOLATED", violates="final:both_counted")


def only_violation(scenario: Scenario) -> tuple[str, str, int]:
    """Slug, message and length of the one violation, which must replay on the real code."""
    found = merged(scenario)
    assert found.verdict == "VIOLATED"
    (violation,) = found.violations
    again = replay(scenario, violation.schedule)
    if violation.slug != "livelock":
        assert again.ending is not None
        assert again.ending.slug == violation.slug
    assert violation.replayed
    return violation.slug, violation.message, len(violation.schedule)


def test_a_failed_final_check_is_a_violation_with_the_shortest_schedule():
    assert only_violation(LOST_UPDATE) == ("final:both_counted", "x is 1", 4)
    found = merged(LOST_UPDATE)
    assert (found.states, found.transitions, found.interleavings) == (12, 14, 6)


def test_an_assertion_in_a_thread_names_the_thread():
    scenario = program("assertion", lambda s: s.thread(lambda x: require(x.load() == 1, "x is 0"), AtomicInt64(0), name="worker"))
    assert only_violation(scenario) == ("assertion:worker", "worker: x is 0", 1)


def test_an_unhandled_exception_names_its_class():
    scenario = program("exception", lambda s: s.thread(lambda x: {}[x.load()], AtomicInt64(0), name="worker"))
    assert only_violation(scenario) == ("exception:KeyError", "worker raised KeyError: 0", 1)


class Odd(BaseException):
    """Derives from no ``Exception``."""


@pytest.mark.parametrize("error", [SystemExit, GeneratorExit, Odd], ids=lambda error: error.__name__)
def test_an_exception_that_is_no_exception_class_is_a_violation_too(error):
    def work(x: AtomicInt64) -> None:
        x.load()
        raise error(3)

    slug, message, steps = only_violation(program("odd", lambda s: s.thread(work, AtomicInt64(0), name="worker")))
    assert (slug, steps) == ("exception:RuntimeError", 1)
    assert message == f"worker raised RuntimeError: {error.__name__} 3"


def test_a_thread_whose_clean_up_raises_can_be_dropped_in_mid_flight():
    def build(s: Setting) -> None:
        x = AtomicInt64(0)

        def work() -> int:
            try:
                return x.load() + x.load()
            except BaseException:
                raise ValueError("clean-up") from None

        s.thread(work, name="worker")
        s.thread(x.store, 1, name="other")

    found = merged(program("clean-up", build))
    assert (found.verdict, found.interleavings, len(found.outcomes)) == ("HOLDS", 3, 3)


def test_locks_taken_in_opposite_orders_deadlock():
    def build(s: Setting) -> None:
        a, b = Mutex(), Mutex()

        def nested(outer: Mutex, inner: Mutex) -> None:
            with outer, inner:
                pass

        s.thread(nested, a, b, name="first")
        s.thread(nested, b, a, name="second")

    scenario = program("deadlock", build)
    found = merged(scenario)
    assert found.verdict == "VIOLATED"
    assert {v.slug for v in found.violations} >= {"deadlock"}
    assert (found.states, found.transitions, found.interleavings, found.finals) == (19, 22, 6, 2)
    deadlock = next(v for v in found.violations if v.slug == "deadlock")
    assert len(deadlock.schedule) == 2
    assert deadlock.message == ("first waits at Mutex#1.lock, held by second; second waits at Mutex#0.lock, held by first")


@pytest.mark.parametrize(
    ("act", "slug", "steps"),
    [
        (lambda: Mutex().unlock(), "unlock-not-held", 1),
        (lambda: RWMutex().read_unlock(), "unlock-not-held", 1),
        (lambda: RWMutex().write_unlock(), "unlock-not-held", 1),
        (lambda: (count := SeqCount(), count.begin_write(), count.begin_write()), "write-section-nested", 2),
        (lambda: SeqCount().end_write(), "write-section-unmatched", 1),
    ],
    ids=["mutex", "read", "write", "nested", "unmatched"],
)
def test_breaking_a_primitives_contract_is_a_violation_that_no_except_swallows(act, slug, steps):
    def work() -> None:
        try:
            act()
        except BaseException:
            return

    found = only_violation(program("misuse", lambda s: s.thread(work, name="worker")))
    assert (found[0], found[2]) == (f"misuse:{slug}", steps)


def test_unlocking_what_another_thread_holds_is_a_violation():
    def build(s: Setting) -> None:
        mutex = Mutex()

        def hold() -> None:
            mutex.lock()
            mutex.unlock()

        s.thread(hold, name="holder")
        s.thread(mutex.unlock, name="thief")

    slug, message, _ = only_violation(program("thief", build))
    assert slug == "misuse:unlock-not-held"
    assert message.startswith("thief at Mutex#0.unlock()")


def test_waiting_for_a_flag_that_nobody_sets_is_a_livelock():
    """Two states: CPython compiles a loop's condition twice, once in front and once at the end."""

    def build(s: Setting) -> None:
        flag = AtomicInt64(0)

        def spin() -> None:
            while flag.load() == 0:
                pass

        s.thread(spin, name="spinner")

    found = explore(program("livelock", build, expect="VIOLATED"), compiled_loop=False)
    assert found.verdict == "VIOLATED"
    assert [v.slug for v in found.violations] == ["livelock"]
    assert (found.states, found.transitions, found.interleavings, found.cyclic) == (2, 2, None, True)


def test_the_compiled_loop_reports_a_livelock_in_a_graph_without_any_end():
    def build(s: Setting) -> None:
        flag = AtomicInt64(0)

        def spin() -> None:
            while flag.load() == 0:
                pass

        s.thread(spin, name="spinner")

    assert [v.slug for v in merged(program("livelock", build, expect="VIOLATED")).violations] == ["livelock"]


def test_waiting_for_a_flag_that_somebody_sets_is_none_although_interleavings_are_unbounded():
    """The two places where the condition stands, each before and after the store, and the end."""

    def build(s: Setting) -> None:
        flag = AtomicInt64(0)

        def spin() -> None:
            while flag.load() == 0:
                pass

        s.thread(spin, name="spinner")
        s.thread(flag.store, 1, name="setter")

    found = merged(program("spin", build))
    assert (found.verdict, found.states, found.transitions, found.interleavings, found.cyclic) == ("HOLDS", 5, 6, None, True)
    assert found.say_interleavings() == "unbounded"


@pytest.mark.parametrize(
    "budget",
    [Budget(max_states=0), Budget(max_transitions=0), Budget(max_seconds=0.0), Budget(max_memory_bytes=1)],
    ids=["states", "transitions", "seconds", "memory"],
)
@pytest.mark.parametrize("compiled_loop", [False, None], ids=["python", "default"])
def test_a_budget_that_ends_the_search_is_inconclusive_and_says_which(budget, compiled_loop):
    def build(s: Setting) -> None:
        x = AtomicInt64(0)

        def add() -> None:
            for _ in range(20):
                x.store(x.load() + 1)

        for _ in range(3):
            s.thread(add)

    found = explore(program("large", build), budget=budget, compiled_loop=compiled_loop)
    assert found.verdict == "INCONCLUSIVE"
    assert found.stopped_by.startswith("max-")
    assert not found.exhausted
    assert found.interleavings is None


def test_a_budget_ends_the_naive_search_and_the_random_walk_too():
    for found in (explore_naively(LOST_UPDATE, budget=Budget(max_states=1)), sample(LOST_UPDATE, runs=1, seed=5)):
        assert found.verdict in ("INCONCLUSIVE", "VIOLATED")
        assert not found.exhausted


def test_a_random_walk_without_a_violation_proves_nothing():
    scenario = program("fine", lambda s: s.thread(AtomicInt64(0).load, name="worker"))
    found = sample(scenario, runs=20, seed=1)
    assert (found.verdict, found.executions) == ("INCONCLUSIVE", 20)


def test_fingerprints_of_64_and_of_128_bits_find_the_same_graph():
    narrow, wide = explore(LOST_UPDATE, stop_at_first=False, bits=64), explore(LOST_UPDATE, stop_at_first=False, bits=128)
    assert (narrow.states, narrow.transitions, narrow.interleavings) == (wide.states, wide.transitions, wide.interleavings)
    assert set(narrow.outcomes) == set(wide.outcomes)
    assert 0 < wide.omission_probability < narrow.omission_probability < 1e-15
