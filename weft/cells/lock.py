"""What all locks have in common: threads hold them, and a value of the cell says which threads do, and how."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weft.cells.cell import Cell

HOW = {"": "", "read": " for reading", "write": " for writing"}
"""How a lock is held, by side, as an end of a sentence; a lock without sides has one way."""


class Lock(Cell):
    """A lock that knows who holds it."""

    __slots__ = ()

    blocking = True

    def holders(self, value: Any) -> Iterator[tuple[int, str]]:
        """Who holds the lock while the cell has ``value``: thread numbers, each with its side ("", "read" or "write")."""
        raise NotImplementedError

    def how_held(self, value: Any, thread: int) -> str | None:
        """How ``thread`` holds the lock, as an end of a sentence, or ``None``."""
        return next((HOW[side] for holder, side in self.holders(value) if holder == thread), None)
