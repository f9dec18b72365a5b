"""The linearizability monitor against the textbook: every complete history of small scenarios, judged by trying all orders.

A history is the sequence of invocations and responses in the order in which they count: an invocation with the call's first step, a
response with its last.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest

from weft import AtomicInt64, AtomicReference, Mutex, Scenario, Setting, scenario
from weft.cells.monitor import Configuration, Explanations, Inexplicable, Invoke, ModelStep, Monitor
from weft.search.exhaustive import explore
from weft.search.naive import explore_naively

History = tuple[tuple[int, Any], ...]


def counter(state: int, operation: str) -> tuple[int, int]:
    return (state + 1, state + 1) if operation == "add" else (state, state)


def register(state: int, operation: tuple[str, int]) -> tuple[int, int | None]:
    kind, value = operation
    return (value, None) if kind == "write" else (state, state)


def stack(state: tuple[int, ...], operation: tuple[str, int]) -> tuple[tuple[int, ...], int | None]:
    kind, value = operation
    if kind == "push":
        return (value, *state), None
    return (state[1:], state[0]) if state else (state, None)


def split_counter(s: Setting) -> None:
    cell = AtomicInt64()
    history = s.linearizable(0, counter)

    def add() -> int:
        seen = cell.load()
        cell.store(seen + 1)
        return seen + 1

    for name in "xy":
        s.thread(lambda: (history.call("add", add), history.call("get", cell.load)), name=name)


def three_adders(s: Setting) -> None:
    cell = AtomicInt64()
    history = s.linearizable(0, counter)

    def add() -> int:
        seen = cell.load()
        return seen + 1 if cell.compare_and_swap(seen, seen + 1) else cell.add(1)

    for name in "xyz":
        s.thread(lambda: history.call("add", add), name=name)


def stale_register(s: Setting) -> None:
    """A register with a cache that readers refresh too late."""
    real, cache = AtomicInt64(), AtomicInt64()
    history = s.linearizable(0, register)

    def write(value: int) -> None:
        real.store(value)
        cache.store(value)

    def read() -> int:
        return cache.load()

    s.thread(lambda: history.call(("write", 1), write, 1), name="writer")
    s.thread(lambda: (history.call(("read", 0), read), history.call(("read", 0), real.load)), name="reader")
    s.thread(lambda: history.call(("read", 0), read), name="other")


def racy_stack(s: Setting) -> None:
    """Pops without a lock, pushes with one."""
    items: AtomicReference[tuple[int, ...]] = AtomicReference((7,))
    mutex = Mutex()
    history = s.linearizable((7,), stack)

    def push(value: int) -> None:
        with mutex:
            items.store((value, *items.load()))

    def pop() -> int | None:
        now = items.load()
        if not now:
            return None
        items.store(now[1:])
        return now[0]

    s.thread(lambda: history.call(("push", 1), push, 1), name="pusher")
    s.thread(lambda: history.call(("pop", 0), pop), name="popper")
    s.thread(lambda: history.call(("pop", 0), pop), name="other")


PROGRAMS: dict[str, tuple[Scenario, Any, ModelStep]] = {
    "split counter": (scenario(name="split")(split_counter), 0, counter),
    "three adders": (scenario(name="adders")(three_adders), 0, counter),
    "stale register": (scenario(name="stale")(stale_register), 0, register),
    "racy stack": (scenario(name="stack")(racy_stack), (7,), stack),
}


def histories(race: Scenario, monkeypatch: pytest.MonkeyPatch) -> set[History]:
    """Every complete history, with the monitor looking away."""
    seen: set[History] = set()
    running: dict[int, tuple[Monitor, list[tuple[int, Any]]]] = {}

    def log(self: Monitor, value: Any, thread: int, events: Any) -> Any:
        running.setdefault(id(self), (self, []))[1].extend((thread, event) for event in events)
        return value

    with monkeypatch.context() as patched:
        patched.setattr(Monitor, "advance", log)
        explore_naively(race)
    for _, one in running.values():
        if one:
            seen.add(tuple(one))
    return seen


def calls(history: History) -> Iterator[tuple[int, int, Any, Any]]:
    """(invoked at, returned at, operation, result) of each call."""
    open_calls: dict[int, tuple[int, Any]] = {}
    for moment, (thread, event) in enumerate(history):
        if isinstance(event, Invoke):
            open_calls[thread] = moment, event.operation
        else:
            invoked, operation = open_calls.pop(thread)
            yield invoked, moment, operation, event.result
    assert not open_calls


def wing_gong(history: History, initial: Any, step: ModelStep) -> bool:
    """Whether some order of the calls, faithful to real time, gives these results."""

    def explains(order: tuple[tuple[int, int, Any, Any], ...]) -> bool:
        state = initial
        for k, (invoked, _, operation, result) in enumerate(order):
            if any(later[1] < invoked for later in order[k + 1 :]):
                return False
            state, answered = step(state, operation)
            if answered != result:
                return False
        return True

    return any(explains(order) for order in permutations(calls(history)))


def monitored(history: History, initial: Any, step: ModelStep) -> bool:
    monitor = Monitor.__new__(Monitor)
    monitor.model_step = step
    monitor.alternatives = lambda *_: ()
    monitor.say = lambda operation, result: f"{operation} = {result}"
    value: Any = Explanations(frozenset({Configuration(initial)}))
    for thread, event in history:
        value = monitor.advance(value, thread, [event])
    return not isinstance(value, Inexplicable)


EXPECTED = {"split counter": (20, 8), "three adders": (90, 90), "stale register": (30, 28), "racy stack": (144, 68)}
"""Per program: complete histories, and how many of them are linearizable."""


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_monitor_judges_every_history_as_wing_and_gong_would(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    race, initial, step = PROGRAMS[program]
    found = histories(race, monkeypatch)
    verdicts = {history: wing_gong(history, initial, step) for history in found}
    assert {history: monitored(history, initial, step) for history in found} == verdicts
    assert (len(verdicts), sum(verdicts.values())) == EXPECTED[program]
    assert explore(race).verdict == ("HOLDS" if all(verdicts.values()) else "VIOLATED")
