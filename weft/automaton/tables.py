"""What a search loop reads: integers only. The loop knows nothing of Python objects, cells or VFS.

A **state** is a vector: one node number per thread, then one value number per slot (cell). A **move** is what a thread at
``node`` does when the slot its step works on holds ``value``. Moves are computed on demand and remembered, so a transition
costs one lookup.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from weft.automaton.events import EventTable

ABSENT = 0
"""The value number of a slot whose cell does not exist yet."""

FINISHED = -1
"""Operation number of a node whose thread has returned."""

BROKEN = -2
"""Operation number of a node whose thread raised, or broke a primitive's contract."""

INVOKES, RESPONDS = 1, 2
"""What an event does: calls begin, calls end."""


class Move(NamedTuple):
    """The effect of one step.

    Attributes:
        value: The slot's new value number; negative if the step is blocked.
        node: The thread's next node number.
        allocated: ``(slot, value)`` pairs of cells that the thread makes on its way to its next step.
        event: What the step means to the linearizability monitor; 0 is nothing.
    """

    value: int
    node: int
    allocated: tuple[tuple[int, int], ...] = ()
    event: int = 0


BLOCKED_MOVE = Move(-1, -1)


class Machine(Protocol):
    """The product of thread automata, as a search loop sees it.

    Attributes:
        operations: Per node: its operation number, ``FINISHED`` or ``BROKEN``.
        slots: Per node: the slot its operation works on (-1 where there is none).
        start: The initial state vector: nodes of all threads, then values of all slots made by the set-up.
        threads: How many threads there are.
        moves: The moves computed so far, by ``node << 32 | value``.
        monitor_slot: The slot that events act on, or -1.
        events: What they do.
    """

    operations: list[int]
    slots: list[int]
    start: tuple[int, ...]
    threads: int
    moves: dict[int, Move]
    monitor_slot: int
    events: EventTable

    def move(self, node: int, value: int) -> Move:
        """The move of ``node`` on ``value``; computed by re-executing the thread when it is new, then in ``moves``."""

    def monitored(self, event: int, value: int) -> int:
        """The monitor slot's value after ``event``, from ``value``."""

    def faulty(self, state: Sequence[int]) -> bool:
        """Whether something is wrong with ``state`` although no thread is broken; the execution ends there."""
