"""A counter whose add is two steps, its safe twin, and one whose known weakness is declared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from weft import AtomicInt64, Mutex, Shared, require
from weft.fuzz import Alphabet, Call, Known, methods


class RacyCounter(Shared):
    def __init__(self) -> None:
        self.value = AtomicInt64(0)

    def add(self, amount: int) -> None:
        self.value.store(self.value.load() + amount)

    def get(self) -> int:
        return self.value.load()


class Counter(RacyCounter):
    def add(self, amount: int) -> None:
        self.value.add(amount)


class StuckCounter(RacyCounter):
    """One call alone waits for itself."""

    def __init__(self) -> None:
        super().__init__()
        self.mutex = Mutex()

    def add(self, amount: int) -> None:
        self.mutex.lock()
        self.value.add(amount)


class WrongCounter(RacyCounter):
    """No thread is needed to see it."""

    def add(self, amount: int) -> None:
        self.value.store(self.value.load() + amount + (amount == 2))


def what_a_counter_does(state: int, call: Call) -> tuple[int, Any]:
    return (state + call.arguments[0], None) if call.name == "add" else (state, state)


def lost(state: int, call: Call, overlapping: tuple[Any, ...]) -> Iterable[tuple[int, Any]]:
    if call.name == "add" and any(other.name == "add" for other in overlapping):
        yield state, None


def it_has_what_was_added(counter: RacyCounter, _left: object, states: frozenset[int]) -> None:
    require(counter.get() in states, f"the counter is {counter.get()}, the model says {sorted(states)}")


CALLS = methods(get=[], add=[st.integers(1, 3)])
LOST = Known("lost_update", "adding is two steps, and nobody minds", lost)


def alphabet(kind: type[RacyCounter], **more: Any) -> Alphabet:
    return Alphabet(setup=lambda s: kind(), operations=CALLS, initial=0, step=what_a_counter_does, **more)


racy = alphabet(RacyCounter)
racy_at_the_end = alphabet(RacyCounter, end=it_has_what_was_added)
safe = alphabet(Counter, end=it_has_what_was_added)
stuck = alphabet(StuckCounter)
wrong = alphabet(WrongCounter)
racy_and_known = Alphabet(
    setup=lambda s: RacyCounter(),
    operations=methods(add=[st.integers(1, 3)]),
    initial=0,
    step=what_a_counter_does,
    end=it_has_what_was_added,
    known=(LOST,),
)
