"""Plain fields: shared variables with no atomicity promised, so two accesses at once are a data race.

Each read and each write is one step. What a lock is supposed to guard belongs into a ``Field``: the search then
shows every access that the lock does not order.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from weft.cells.cell import Cell
from weft.cells.effects import Kind
from weft.cells.values import settled

T = TypeVar("T")

READ = Kind("read", lambda value: (value, value), reads_only=True, plain=True)
WRITE = Kind("write", lambda value, new: (new, None), plain=True)


class Field(Cell, Generic[T]):
    """One plain variable of a shared object."""

    __slots__ = ()

    def __init__(self, initial: T) -> None:
        super().__init__(initial)

    def read(self) -> T:
        """The value. A data race if another thread's next step writes it."""
        return self._step(READ)  # type: ignore[no-any-return]

    def write(self, value: T) -> None:
        """Set the value. A data race if another thread's next step touches it."""
        self._step(WRITE, settled(value))
