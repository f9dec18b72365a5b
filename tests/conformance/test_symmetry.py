"""Threads that are alike: the same verdicts and outcomes, and one state for each set of roles."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.programs.making import program, slugs
from weft import AtomicInt64, AtomicReference, Mutex, Results, RWMutex, Scenario, Setting, Shared, SharedList
from weft.search import compiled_loop
from weft.search.budget import Budget
from weft.search.checkpoint import checkpoint_of
from weft.search.exhaustive import explore
from weft.search.reduction import ALL, SYMMETRY
from weft.search.symmetry import MOST_PERMUTATIONS, permutations_of

pytestmark = pytest.mark.skipif(not compiled_loop.AVAILABLE, reason="the compiled loop was not built")


class Box(Shared):
    """Made by threads, found by others."""

    def __init__(self, value: int) -> None:
        self.value = value
        self.hits = AtomicInt64(0)


def counting(s: Setting) -> None:
    counter = AtomicInt64(0)

    def add() -> int:
        seen = counter.load()
        counter.store(seen + 1)
        return seen

    s.threads(3, add)


def losing_updates(s: Setting) -> None:
    """Only the cell tells how it ended."""
    counter = AtomicInt64(0)

    def add() -> None:
        counter.store(counter.load() + 1)

    s.threads(3, add)

    @s.observe
    def total(_: Results) -> int:
        return counter.load()


def locking(s: Setting) -> None:
    mutex, order = Mutex(), SharedList([])

    def take() -> int:
        with mutex:
            order.append(1)
            return len(order)

    s.threads(3, take)


def reading_and_writing(s: Setting) -> None:
    lock, value = RWMutex(), AtomicInt64(0)

    def write() -> None:
        with lock.writing():
            value.add(1)

    def read() -> int:
        with lock.reading():
            return value.load()

    s.threads(2, write)
    s.threads(2, read)


def publishing(s: Setting) -> None:
    """Each makes an object, offers it, and looks at whose was taken."""
    place: AtomicReference[Box | None] = AtomicReference(None)

    def offer() -> bool:
        own = Box(7)
        place.compare_and_swap(None, own)
        found = place.load()
        assert found is not None
        found.hits.add(1)
        return found is own

    s.threads(3, offer)


def keeping_a_closure(s: Setting) -> None:
    """What a thread keeps over its steps is a function over an object that it made."""
    place, noise = AtomicInt64(0), AtomicInt64(0)

    def work() -> int:
        own = Box(1)

        def touch() -> int:
            return own.hits.add(1) + place.add(1)

        noise.load()
        return touch()

    s.threads(3, work)


def failing_in_one_role(s: Setting) -> None:
    counter = AtomicInt64(0)

    def work() -> None:
        if counter.add(1) == 3 and counter.load() == 3:
            raise ZeroDivisionError

    s.threads(3, work)


def calling(s: Setting) -> None:
    counter = AtomicInt64(0)
    history = s.linearizable(0, lambda state, _: (state + 1, state))
    s.threads(3, lambda: history.call("next", lambda: counter.add(1) - 1), name="caller")


def calling_wrongly(s: Setting) -> None:
    counter = AtomicInt64(0)
    history = s.linearizable(0, lambda state, _: (state + 1, state))

    def take() -> int:
        seen = counter.load()
        counter.store(seen + 1)
        return seen

    s.threads(3, lambda: history.call("next", take), name="caller")


def beside_a_different_one(s: Setting) -> None:
    counter, flag = AtomicInt64(0), AtomicInt64(0)
    s.threads(2, lambda: counter.add(1), name="like")
    s.thread(lambda: flag.store(counter.load()), name="other")


PROGRAMS: dict[Callable[[Setting], None], tuple[int, int]] = {
    counting: (84, 22),
    losing_updates: (59, 20),
    locking: (61, 13),
    reading_and_writing: (359, 125),
    publishing: (145, 31),
    keeping_a_closure: (78, 20),
    failing_in_one_role: (13, 5),
    calling: (16, 4),
    calling_wrongly: (95, 20),
    beside_a_different_one: (27, 15),
}
"""States in all roles, and with roles taken for one."""


def made(build: Callable[[Setting], None]) -> Scenario:
    return program(build.__name__, build)


@pytest.mark.parametrize("build", PROGRAMS, ids=lambda build: build.__name__)
def test_like_threads_reduce_to_the_same_findings(build: Callable[[Setting], None]) -> None:
    full = explore(made(build), stop_at_first=False)
    found = explore(made(build), stop_at_first=False, reduction=SYMMETRY)
    assert found.verdict == full.verdict
    assert slugs(found) == slugs(full)
    if full.verdict == "HOLDS":
        assert set(found.outcomes) == set(full.outcomes)
    assert (full.states, found.states) == PROGRAMS[build]
    assert len(full.outcomes) > 1 or full.verdict == "VIOLATED" or build in (keeping_a_closure, beside_a_different_one)


@pytest.mark.parametrize(("threads", "steps"), [(2, 5), (3, 4), (4, 3)])
def test_orbits_are_counted_once(threads: int, steps: int) -> None:
    """n threads that take k steps on one cell: states are multisets of n positions out of k + 1."""

    def build(s: Setting) -> None:
        cell = AtomicInt64(0)
        s.threads(threads, lambda: [cell.store(0) for _ in range(steps)] and None)

    assert explore(made(build)).states == (steps + 1) ** threads
    assert explore(made(build), reduction=SYMMETRY).states == math.comb(steps + threads, threads)


def test_as_many_threads_are_permuted_as_24_permutations_allow() -> None:
    assert permutations_of([(0, 1)], 3) == [(0, 1, 2), (1, 0, 2)]
    assert len(permutations_of([(0, 1, 2, 3)], 4)) == MOST_PERMUTATIONS
    assert len(permutations_of([(0, 1, 2, 3, 4, 5)], 6)) == MOST_PERMUTATIONS
    assert len(permutations_of([(0, 1, 2), (3, 4), (5, 6)], 7)) == MOST_PERMUTATIONS
    assert all(places[4:] == (4, 5) for places in permutations_of([(0, 1, 2, 3, 4, 5)], 6))


def test_a_reduced_search_of_like_threads_resumes(tmp_path: Path) -> None:
    whole = explore(made(reading_and_writing), stop_at_first=False, reduction=SYMMETRY)
    for piece in range(1, 100):
        found = explore(
            made(reading_and_writing),
            stop_at_first=False,
            reduction=SYMMETRY,
            budget=Budget(max_states=60 * piece),
            checkpoint=checkpoint_of(tmp_path, "race", {}, resume=True),
        )
        if not found.stopped_by:
            break
    assert piece > 2
    assert (found.states, found.transitions, set(found.outcomes)) == (whole.states, whole.transitions, set(whole.outcomes))


def test_nested_locks_and_cycles_are_searched_in_all_roles() -> None:
    """What is looked for among pairs of threads, or in the whole graph, needs every thread in every role."""

    def nested(s: Setting) -> None:
        first, second = Mutex(), Mutex()

        def work() -> None:
            with first, second:
                pass

        s.threads(2, work)

    def spinning(s: Setting) -> None:
        turn = AtomicInt64(0)

        def work() -> None:
            while not turn.compare_and_swap(0, 1):
                pass
            turn.store(0)

        s.threads(2, work)

    for build in (nested, spinning):
        full, found = explore(made(build)), explore(made(build), reduction=SYMMETRY)
        assert (found.verdict, found.states, found.cyclic) == (full.verdict, full.states, full.cyclic)


def test_symmetry_and_persistent_sets_are_not_combined() -> None:
    with pytest.raises(ValueError, match="need to know every thread in every role"):
        replace(ALL, symmetry=True)
