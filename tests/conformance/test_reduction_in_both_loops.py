"""What reductions must know beside reads and writes, in both loops: invariants, calls, locks, cycles."""

from __future__ import annotations

import pytest

from tests.programs.making import program, slugs
from weft import AtomicInt64, Mutex, Setting, require
from weft.search.compiled_loop import AVAILABLE
from weft.search.exhaustive import explore
from weft.search.reduction import ALL, Reduction

LOOPS = [False, True] if AVAILABLE else [False]
KINDS = [Reduction(persistent=True), Reduction(persistent=True, locks=True), ALL]


def two_flags(s: Setting) -> None:
    """The threads share nothing but an invariant's attention."""
    one, other = AtomicInt64(0), AtomicInt64(0)

    def up_and_down(cell: AtomicInt64) -> None:
        cell.store(1)
        cell.store(0)

    s.thread(up_and_down, one, name="one")
    s.thread(up_and_down, other, name="other")
    s.invariant(lambda: require(one.load() + other.load() < 2, "both are up"))


def calls_on_two_cells(s: Setting) -> None:
    """A read that begins after a write has ended misses it: they use different cells, and the read ends a step after it began."""
    written, read, other = AtomicInt64(0), AtomicInt64(0), AtomicInt64(0)
    history = s.linearizable(0, lambda state, operation: (operation, None) if operation else (state, state))
    s.thread(lambda: history.call(0, lambda: (other.load(), read.load())[1]), name="reader")
    s.thread(lambda: history.call(1, written.store, 1), name="writer")


def a_lock_given_back_by_its_holder(s: Setting) -> None:
    """Behind the lock stands a write that the reader can see before and after its own step."""
    mutex, x, seen = Mutex(), AtomicInt64(0), AtomicInt64(0)

    def hold() -> None:
        with mutex:
            seen.store(1)
        seen.store(2)

    def write() -> None:
        with mutex:
            x.store(1)

    s.thread(hold, name="holder")
    s.thread(write, name="writer")
    s.thread(lambda: (seen.load(), x.load()), name="reader")
    s.observe(lambda results: results["reader"])


def one_spins_and_one_counts(s: Setting) -> None:
    """The spinning thread must not put the other two off for ever."""
    go, x = AtomicInt64(0), AtomicInt64(0)

    def spin() -> None:
        while not go.load():
            pass

    s.thread(spin, name="spinner")
    s.thread(lambda: (x.load(), go.store(1)), name="starter")
    s.thread(lambda: x.store(1), name="writer")


def a_thread_waits_for_what_another_gives_back(s: Setting) -> None:
    """Who waits for the lock conflicts with who gives it back, though it cannot take its step."""
    first, second, x = Mutex(), Mutex(), AtomicInt64(0)

    def both(one: Mutex, other: Mutex) -> int:
        with one, other:
            return x.add(1)

    s.thread(both, first, second, name="forward")
    s.thread(both, second, first, name="backward")
    s.thread(both, first, second, name="again")


@pytest.mark.parametrize("compiled", LOOPS, ids=lambda compiled: "compiled" if compiled else "python")
@pytest.mark.parametrize("reduction", KINDS, ids=lambda reduction: "+".join(reduction.names))
@pytest.mark.parametrize(
    "build",
    [
        two_flags,
        calls_on_two_cells,
        a_lock_given_back_by_its_holder,
        one_spins_and_one_counts,
        a_thread_waits_for_what_another_gives_back,
    ],
    ids=lambda build: build.__name__,
)
def test_a_reduced_search_misses_nothing_in_either_loop(build, reduction, compiled):
    scenario = program(build.__name__, build)
    full = explore(scenario, stop_at_first=False)
    reduced = explore(scenario, stop_at_first=False, reduction=reduction, compiled_loop=compiled)
    assert reduced.verdict == full.verdict
    assert bool(slugs(reduced)) == bool(slugs(full))
    if full.verdict == "HOLDS":
        assert set(reduced.outcomes) == set(full.outcomes)


def test_the_scenarios_are_what_they_are_meant_to_be():
    assert slugs(explore(program("flags", two_flags))) == {"invariant:<lambda>"}
    assert slugs(explore(program("calls", calls_on_two_cells))) == {"linearizability"}
    assert slugs(explore(program("locks", a_thread_waits_for_what_another_gives_back))) == {"deadlock"}
    assert explore(program("spins", one_spins_and_one_counts)).cyclic
    assert len(explore(program("holder", a_lock_given_back_by_its_holder)).outcomes) > 3
