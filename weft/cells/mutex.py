"""A mutex that is not reentrant and knows its holder.

The value is the holder's thread number plus one, or 0 while free. Locking again what one holds blocks for ever,
which the search reports as a deadlock. Unlocking what one does not hold is a violation (stricter than Go, which
lets any goroutine unlock).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from weft.cells.effects import BLOCKED, Kind, Misuse, Outcome
from weft.cells.lock import Lock


def _lock(holder: int, thread: int) -> Outcome:
    return BLOCKED if holder else (thread + 1, None)


def _try_lock(holder: int, thread: int) -> Outcome:
    return (holder, False) if holder else (thread + 1, True)


def _unlock(holder: int, thread: int) -> Outcome:
    if holder == thread + 1:
        return 0, None
    return Misuse("unlock-not-held", "unlock of a mutex that this thread does not hold")


LOCK = Kind("lock", _lock, by_thread=True)
TRY_LOCK = Kind("try_lock", _try_lock, by_thread=True)
UNLOCK = Kind("unlock", _unlock, by_thread=True)
IS_LOCKED = Kind("is_locked", lambda holder: (holder, holder != 0), reads_only=True)


class Mutex(Lock):
    """Mutual exclusion (Go's ``sync.Mutex``); usable as ``with mutex:``."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(0)

    def holders(self, value: Any) -> Iterator[tuple[int, str]]:
        """See ``Lock``."""
        if value:
            yield value - 1, ""

    def renamed(self, value: int, rename: Callable[[int], int]) -> int:
        """See ``Cell.renamed``."""
        return rename(value - 1) + 1 if value else 0

    def lock(self) -> None:
        """Wait until the mutex is free and take it."""
        self._step(LOCK)

    def try_lock(self) -> bool:
        """Take the mutex if it is free; whether it was."""
        return self._step(TRY_LOCK)  # type: ignore[no-any-return]

    def is_locked(self) -> bool:
        """Whether anybody holds it; for invariants."""
        return self._step(IS_LOCKED)  # type: ignore[no-any-return]

    def unlock(self) -> None:
        """Give the mutex back. A violation unless this thread holds it."""
        self._step(UNLOCK)

    def __enter__(self) -> None:
        self._step(LOCK)

    def __exit__(self, *exception: Any) -> None:
        self._step(UNLOCK)
