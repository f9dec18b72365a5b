"""What one step does: pure functions from a cell's value to its next value and a result.

A **step** is one operation on one cell, the unit that schedules interleave. Each kind of step is a
``Kind``: a name and a pure ``effect``. Every world and every engine applies the same effects, so a
primitive is described once. An effect answers in one of three ways:

- ``(new value, result)``: the step happened;
- ``BLOCKED``: the step cannot happen now; the thread waits and the value is untouched;
- ``Misuse(...)``: the step breaks the primitive's contract (an unlock of a lock not held). That is a
  finding about the code under test, never an exception inside it, so no ``except`` can swallow it.

Effects must be pure: the compiled search calls each (operation, value) pair once and remembers the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import Any, Final


class Blocked(Enum):
    """The type of ``BLOCKED``: the step is not enabled in this value."""

    BLOCKED = "blocked"


BLOCKED: Final = Blocked.BLOCKED


@dataclass(frozen=True, slots=True)
class Misuse:
    """A step that breaks its primitive's contract.

    ``slug`` is what tools match (``unlock-not-held``); ``message`` is one sentence for people.
    """

    slug: str
    message: str


Outcome = tuple[Any, Any] | Blocked | Misuse
Effect = Callable[..., Outcome]

_numbers = count()


@dataclass(frozen=True, eq=False, slots=True)
class Kind:
    """One kind of step.

    Attributes:
        name: The method a reader of a trace sees, such as ``compare_and_swap``.
        effect: ``effect(value, *operands)``; with ``by_thread`` the acting thread's number comes first
            among the operands.
        reads_only: The effect never changes the value. Two such steps on one cell commute.
        by_thread: The effect depends on who acts (lock ownership).
        plain: An access that must not race with another one (a data race if it does).
    """

    name: str
    effect: Effect
    reads_only: bool = False
    by_thread: bool = False
    plain: bool = False
    number: int = field(default_factory=lambda: next(_numbers))

    def __repr__(self) -> str:
        return f"<Kind {self.name}>"
