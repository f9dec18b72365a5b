"""Each kind of check with a racy and a safe twin: the finding, the counts, and the same answer from every engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from weft import AtomicBool, AtomicInt64, Cell, Field, Mutex, RWMutex, Scenario, Setting, require, scenario
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


def sided_lock_rule(*, side: str, dropped_outside: bool) -> Scenario:
    """One thread drops a reference under a reader/writer lock, taken on one side; a reader is about all the time."""

    @scenario(name=f"{side}_lock_rule")
    def build(s: Setting) -> None:
        refs, lock = AtomicInt64(2), RWMutex()

        def drop() -> None:
            with lock.reading() if side == "read" else lock.writing():
                if not dropped_outside:
                    refs.add(-1)
            if dropped_outside:
                refs.add(-1)

        def read() -> None:
            with lock.reading():
                refs.load()

        s.thread(drop)
        s.thread(read)

        @s.never_while_holding(lock)
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


def side_held_at_return(*, side: str, given_back: bool) -> Scenario:
    @scenario(name=f"{side}_held_at_return")
    def build(s: Setting) -> None:
        lock, done = RWMutex(), AtomicBool()

        def work() -> None:
            lock.read_lock() if side == "read" else lock.write_lock()
            done.store(True)
            if given_back:
                lock.read_unlock() if side == "read" else lock.write_unlock()

        def read() -> None:
            with lock.reading():
                pass

        s.thread(work)
        s.thread(read)

    return build


def lock_order(*, same: bool) -> Scenario:
    """Each announces itself before its first lock and does without the second if the other has: no deadlock, whatever the order."""

    @scenario(name="lock_order")
    def build(s: Setting) -> None:
        one, two = Mutex(), Mutex()
        here, there = AtomicBool(), AtomicBool()

        def work(own: AtomicBool, others: AtomicBool, first: Mutex, second: Mutex) -> None:
            own.store(True)
            with first:
                if not others.load():
                    with second:
                        pass

        s.thread(work, here, there, one, two, name="forwards")
        s.thread(work, there, here, *((one, two) if same else (two, one)), name="backwards")

    return build


def sided_lock_order(*, inner: str) -> Scenario:
    """The same with reader/writer locks, the first read, the second written or read."""

    @scenario(name="sided_lock_order")
    def build(s: Setting) -> None:
        one, two = RWMutex(), RWMutex()
        here, there = AtomicBool(), AtomicBool()

        def work(own: AtomicBool, others: AtomicBool, first: RWMutex, second: RWMutex) -> None:
            own.store(True)
            with first.reading():
                if not others.load():
                    with second.writing() if inner == "write" else second.reading():
                        pass

        s.thread(work, here, there, one, two, name="forwards")
        s.thread(work, there, here, two, one, name="backwards")

    return build


def opposite_orders(*, apart: str) -> Scenario:
    """Opposite orders that nothing can interleave: by a lock around both, by one being done first, or by opting out."""

    @scenario(name="opposite_orders")
    def build(s: Setting) -> None:
        one, two, gate, done = Mutex(), Mutex(), Mutex(), AtomicBool()
        here, there = AtomicBool(), AtomicBool()
        s.lock_order = apart != "opted out"

        def around(first: Mutex, second: Mutex, own: AtomicBool, others: AtomicBool) -> None:
            if apart == "gate":
                gate.lock()
            own.store(True)
            with first:
                if apart != "opted out" or not others.load():
                    with second:
                        pass
            if apart == "gate":
                gate.unlock()

        def forwards() -> None:
            around(one, two, here, there)
            done.store(True)

        def backwards() -> None:
            if apart != "one after the other" or done.load():
                around(two, one, there, here)

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
    "lock rule, reading": (sided_lock_rule(side="read", dropped_outside=False), "forbidden:dropping", 8, 7),
    "lock rule, writing": (sided_lock_rule(side="write", dropped_outside=False), "forbidden:dropping", 9, 10),
    "held at return": (held_at_return(given_back=False), "held-at-return:Mutex#0", 3, 2),
    "held at return, reading": (side_held_at_return(side="read", given_back=False), "held-at-return:RWMutex#0", 9, 10),
    "held at return, writing": (side_held_at_return(side="write", given_back=False), "held-at-return:RWMutex#0", 11, 11),
    "lock order": (lock_order(same=False), "lock-order", 41, 62),
    "lock order, writing": (sided_lock_order(inner="write"), "lock-order", 53, 82),
    "sometimes": (sometimes(contended=False), "never:the_swap_fails", 3, 2),
}
SAFE: dict[str, tuple[Scenario, int, int]] = {
    "invariant": (invariant(locked=True), 16, 16),
    "linearizability": (linearizable(atomic=True), 32, 42),
    "data race": (data_race(locked=True), 16, 16),
    "lock rule": (lock_rule(dropped_outside=True), 15, 20),
    "lock rule, reading": (sided_lock_rule(side="read", dropped_outside=True), 16, 24),
    "lock rule, writing": (sided_lock_rule(side="write", dropped_outside=True), 20, 27),
    "held at return": (held_at_return(given_back=True), 4, 3),
    "held at return, reading": (side_held_at_return(side="read", given_back=True), 12, 17),
    "held at return, writing": (side_held_at_return(side="write", given_back=True), 15, 18),
    "lock order": (lock_order(same=True), 29, 40),
    "lock order, writing": (sided_lock_order(inner="read"), 45, 76),
    "lock order, behind a gate": (opposite_orders(apart="gate"), 36, 43),
    "lock order, one after the other": (opposite_orders(apart="one after the other"), 20, 24),
    "lock order, opted out": (opposite_orders(apart="opted out"), 48, 75),
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


@pytest.mark.parametrize("check", [check for check in RACY if not check.startswith("lock order")])
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


def test_a_lock_order_says_how_both_get_on_the_way() -> None:
    message = explore(RACY["lock order"][0]).violations[0].message
    assert message == (
        "forwards takes Mutex#1 while it holds Mutex#0, and backwards takes Mutex#0 while it holds Mutex#1: both are on the way "
        "after v1:f3.b1, and no lock keeps them from waiting for each other"
    )


def test_a_limit_met_while_looking_for_a_lock_order_is_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second search counts against the budget too."""
    searched = iter(["", "max-seconds 1"])
    monkeypatch.setattr("weft.search.exhaustive.Meter.exceeded", lambda *_, **__: next(searched, "max-seconds 1"))
    monkeypatch.setattr("weft.search.depth_first.PAUSE", 40)
    found = explore(SAFE["lock order, behind a gate"][0], compiled_loop=False)
    assert (found.verdict, found.stopped_by) == ("INCONCLUSIVE", "max-seconds 1")


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
