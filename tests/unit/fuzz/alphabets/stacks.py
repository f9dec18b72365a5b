"""Two stacks: one whose push is two steps, and its safe twin."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from weft import AtomicReference, Shared
from weft.fuzz import Alphabet, Call, methods


class RacyStack(Shared):
    """Whoever pushes between another's load and store is forgotten."""

    def __init__(self) -> None:
        self.items: AtomicReference[tuple[int, ...]] = AtomicReference(())

    def push(self, value: int) -> None:
        self.items.store((value, *self.items.load()))

    def pop(self) -> int | None:
        while True:
            seen = self.items.load()
            if not seen:
                return None
            if self.items.compare_and_swap(seen, seen[1:]):
                return seen[0]


class Stack(RacyStack):
    """Pushes with compare-and-swap."""

    def push(self, value: int) -> None:
        while True:
            seen = self.items.load()
            if self.items.compare_and_swap(seen, (value, *seen)):
                return


def what_a_stack_does(state: tuple[int, ...], call: Call) -> tuple[tuple[int, ...], Any]:
    match call:
        case Call("push", (value,)):
            return (value, *state), None
        case Call("pop"):
            return state[1:], state[0] if state else None
    raise ValueError(call)


CALLS = methods(pop=[], push=[st.integers(0, 2)])
racy = Alphabet(setup=lambda s: RacyStack(), operations=CALLS, initial=(), step=what_a_stack_does)
safe = Alphabet(setup=lambda s: Stack(), operations=CALLS, initial=(), step=what_a_stack_does)
