"""Each kind of check with a racy and a safe twin: the finding, the counts, and the same answer from every engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from weft import AtomicBool, AtomicInt64, Cell, Field, Mutex, Scenario, Setting, require, scenario
from weft.cells.effects import Kind
from weft.scenario import Taken
from weft.search.compiled_loop import AVAILABLE
from weft.search.exhaustive import explore
from weft.search.naive import explore_naively
from weft.search.result import Exploration


def counter(state: int, operation: str) -> tuple[int, int]:
    """The sequential model of a counter."""
    return (state + 1, state + 1) if operation == "add" else (state, state)


def invariant(*, locked: bool) -> Scenario:
    @scenario(name="invariant")
    def build(s: Setting) -> None:
        first, second, mutex = AtomicInt64(), AtomicInt64(), Mutex()

        def add_to_both() -> None:
            if locked:
                mutex.lock()
            first.add(1)
            second.add(1)
            if locked:
                mutex.unlock()

        s.thread(add_to_both, name="x")
        s.thread(add_to_both, name="y")

        @s.invariant_when(lambda: not mutex.is_locked())
        def never_two_apart() -> None:
            require(first.load() - second.load() < 2, f"{first.load()} and {second.load()}")

    return build


def linearizable(*, atomic: bool) -> Scenario:
    @scenario(name="linearizable")
    def build(s: Setting) -> None:
        cell = AtomicInt64()
        history = s.linearizable(0, counter)

        def add() -> int:
            while True:
                seen = cell.load()
                if not atomic:
                    cell.store(seen + 1)
                    return seen + 1
                if cell.compare_and_swap(seen, seen + 1):
                    return seen + 1

        def twice() -> tuple[int, int]:
            return history.call("add", add), history.call("get", cell.load)

        s.thread(twice, name="x")
        s.thread(twice, name="y")

    return build


def data_race(*, locked: bool) -> Scenario:
    @scenario(name="data_race")
    def build(s: Setting) -> None:
        field, mutex = Field(0), Mutex()

        def write() -> None:
            if locked:
                mutex.lock()
            field.write(field.read() + 1)
            if locked:
                mutex.unlock()

        s.thread(write, name="x")
        s.thread(write, name="y")

    return build


def lock_rule(*, dropped_outside: bool) -> Scenario:
    @scenario(name="lock_rule")
    def build(s: Setting) -> None:
        refs, mutex = AtomicInt64(2), Mutex()

        def drop() -> None:
            mutex.lock()
            if not dropped_outside:
                refs.add(-1)
            mutex.unlock()
            if dropped_outside:
                refs.add(-1)

        s.thread(drop, name="x")
        s.thread(drop, name="y")

        @s.never_while_holding(mutex)
        def dropping(cell: Cell, kind: Kind, operands: tuple[Any, ...]) -> bool:
            return cell is refs and kind.name == "add" and operands == (-1,)

    return build


def held_at_return(*, given_back: bool) -> Scenario:
    @scenario(name="held_at_return")
    def build(s: Setting) -> None:
        mutex, done = Mutex(), AtomicBool()

        def work() -> None:
            mutex.lock()
            done.store(True)
            if given_back:
                mutex.unlock()

        s.thread(work)

    return build


def lock_order(*, same: bool) -> Scenario:
    @scenario(name="lock_order")
    def build(s: Setting) -> None:
        one, two, ready = Mutex(), Mutex(), AtomicBool()

        def forwards() -> None:
            with one, two:
                pass
            ready.store(True)

        def backwards() -> None:
            if ready.load():  # too late to deadlock here, but the order is reversed
                with one if same else two, two if same else one:
                    pass

        s.thread(forwards)
        s.thread(backwards)

    return build


def sometimes(*, contended: bool) -> Scenario:
    @scenario(name="sometimes")
    def build(s: Setting) -> None:
        cell = AtomicInt64()

        def raise_to_one() -> bool:
            return cell.load() == 0 and cell.compare_and_swap(0, 1)

        s.thread(raise_to_one, name="x")
        if contended:
            s.thread(raise_to_one, name="y")

        @s.sometimes
        def the_swap_fails(taken: Taken) -> bool:
            return taken.kind == "compare_and_swap" and taken.result is False

    return build


RACY: dict[str, tuple[Scenario, str, int, int]] = {
    "invariant": (invariant(locked=False), "invariant:never_two_apart", 9, 10),
    "linearizability": (linearizable(atomic=False), "linearizability", 32, 36),
    "data race": (data_race(locked=False), "data-race:Field#0", 3, 2),
    "lock rule": (lock_rule(dropped_outside=False), "forbidden:dropping", 3, 2),
    "held at return": (held_at_return(given_back=False), "held-at-return:Mutex#0", 3, 2),
    "lock order": (lock_order(same=False), "lock-order", 16, 20),
    "sometimes": (sometimes(contended=False), "never:the_swap_fails", 3, 2),
}
SAFE: dict[str, tuple[Scenario, int, int]] = {
    "invariant": (invariant(locked=True), 16, 16),
    "linearizability": (linearizable(atomic=True), 32, 42),
    "data race": (data_race(locked=True), 16, 16),
    "lock rule": (lock_rule(dropped_outside=True), 15, 20),
    "held at return": (held_at_return(given_back=True), 4, 3),
    "lock order": (lock_order(same=True), 16, 20),
    "sometimes": (sometimes(contended=True), 10, 12),
}

Engine = Callable[[Scenario], Exploration]
ENGINES: dict[str, Engine] = {
    "histories": lambda race: explore(race, merge=False, stop_at_first=False, compiled_loop=False),
    "python loop": lambda race: explore(race, stop_at_first=False, compiled_loop=False),
}
if AVAILABLE:
    ENGINES["compiled loop"] = lambda race: explore(race, stop_at_first=False, compiled_loop=True)


def violations(found: Exploration) -> list[tuple[str, str, int]]:
    return [(v.slug, v.message, len(v.schedule)) for v in found.violations]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("check", RACY)
def test_the_racy_twin_is_violated(check: str, engine: str) -> None:
    race, slug, states, transitions = RACY[check]
    found = ENGINES[engine](race)
    assert found.verdict == "VIOLATED"
    assert [v.slug for v in found.violations] == [slug]
    if engine != "histories":
        assert (found.states, found.transitions) == (states, transitions)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("check", SAFE)
def test_the_safe_twin_holds(check: str, engine: str) -> None:
    race, states, transitions = SAFE[check]
    found = ENGINES[engine](race)
    assert (found.verdict, found.violations) == ("HOLDS", [])
    if engine != "histories":
        assert (found.states, found.transitions) == (states, transitions)


@pytest.mark.parametrize("check", [check for check in RACY if check not in ("lock order", "sometimes")])
def test_the_naive_search_reports_the_same_violation(check: str) -> None:
    race = RACY[check][0]
    found = explore(race, stop_at_first=False)
    naive = explore_naively(race)
    assert {v.slug: v.message for v in found.violations} == {v.slug: v.message for v in naive.violations}
    assert set(found.outcomes) == set(naive.outcomes)
    assert found.interleavings == naive.interleavings


@pytest.mark.parametrize("check", SAFE)
def test_the_naive_search_agrees_that_the_safe_twin_holds(check: str) -> None:
    race = SAFE[check][0]
    found, naive = explore(race), explore_naively(race)
    assert naive.verdict == "HOLDS"
    assert set(found.outcomes) == set(naive.outcomes)
    assert found.interleavings == naive.interleavings


def test_an_inexplicable_history_says_what_would_have_been_allowed() -> None:
    message = explore(RACY["linearizability"][0]).violations[0].message
    assert message == "no order of the calls explains 'add' = 1, because the model allows only 'add' = 2 here"


def test_the_first_step_that_cannot_be_explained_ends_the_schedule() -> None:
    violation = explore(RACY["linearizability"][0]).violations[0]
    assert violation.minimal
    assert violation.replayed
    # Two loads, two stores: the second store's response is the inexplicable one. With one preemption the other thread reads on
    # to its end first.
    assert violation.schedule.threads == (0, 1, 1, 1, 0)
