"""A reader/writer lock that prefers writers, as Go's ``sync.RWMutex`` does.

Rules, from ``sync/rwmutex.go``: writers exclude each other first; a writer that has announced itself keeps new
readers out while it waits for the old ones; an unlock admits every reader that queued meanwhile, before the next
writer. So a thread that read-locks twice with a writer in between deadlocks, here as in Go.

A contended acquisition takes two steps: joining the queue, then being admitted. An uncontended one takes one. The
value is ``(writer, queued writer, readers, queued readers)``: thread numbers plus one (0 for none) and sorted tuples of
thread numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from weft.cells.effects import BLOCKED, Kind, Misuse, Outcome
from weft.cells.lock import Lock

State = tuple[int, int, tuple[int, ...], tuple[int, ...]]

FREE: State = (0, 0, (), ())


def _without(threads: tuple[int, ...], thread: int) -> tuple[int, ...]:
    k = threads.index(thread)
    return threads[:k] + threads[k + 1 :]


def _write_join(state: State, thread: int) -> Outcome:
    writer, queued, readers, waiting = state
    if writer or queued:
        return BLOCKED
    if readers:
        return (0, thread + 1, readers, waiting), False
    return (thread + 1, 0, readers, waiting), True


def _write_admit(state: State, thread: int) -> Outcome:
    _, _, readers, waiting = state
    return BLOCKED if readers else ((thread + 1, 0, (), waiting), None)


def _write_unlock(state: State, thread: int) -> Outcome:
    writer, _, _, waiting = state
    if writer != thread + 1:
        return Misuse("unlock-not-held", "write_unlock of a reader/writer lock that this thread does not hold")
    return (0, 0, waiting, ()), None


def _read_join(state: State, thread: int) -> Outcome:
    writer, queued, readers, waiting = state
    if writer or queued:
        return (writer, queued, readers, tuple(sorted((*waiting, thread)))), False
    return (0, 0, tuple(sorted((*readers, thread))), waiting), True


def _read_admit(state: State, thread: int) -> Outcome:
    return BLOCKED if thread in state[3] else (state, None)


def _read_unlock(state: State, thread: int) -> Outcome:
    writer, queued, readers, waiting = state
    if thread not in readers:
        return Misuse("unlock-not-held", "read_unlock of a reader/writer lock that this thread does not hold")
    return (writer, queued, _without(readers, thread), waiting), None


WRITE_LOCK = Kind("write_lock", _write_join, by_thread=True)
WRITE_ADMITTED = Kind("write_lock (admitted)", _write_admit, by_thread=True)
WRITE_UNLOCK = Kind("write_unlock", _write_unlock, by_thread=True)
READ_LOCK = Kind("read_lock", _read_join, by_thread=True)
READ_ADMITTED = Kind("read_lock (admitted)", _read_admit, reads_only=True, by_thread=True)
READ_UNLOCK = Kind("read_unlock", _read_unlock, by_thread=True)
IS_LOCKED = Kind("is_locked", lambda state: (state, bool(state[0] or state[2])), reads_only=True)
IS_WRITE_LOCKED = Kind("is_write_locked", lambda state: (state, bool(state[0])), reads_only=True)


class RWMutex(Lock):
    """Many readers or one writer, writers first. Not reentrant in either mode."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(FREE)

    def renamed(self, value: State, rename: Callable[[int], int]) -> State:
        """See ``Cell.renamed``."""
        writer, queued, readers, waiting = value
        one, other = (rename(number - 1) + 1 if number else 0 for number in (writer, queued))
        return one, other, tuple(sorted(map(rename, readers))), tuple(sorted(map(rename, waiting)))

    def holders(self, value: Any) -> Iterator[tuple[int, str]]:
        """See ``Lock``."""
        writer, _, readers, _ = value
        if writer:
            yield writer - 1, "write"
        yield from ((reader, "read") for reader in readers)

    def is_locked(self) -> bool:
        """Whether anybody is inside, reading or writing; for invariants."""
        return self._step(IS_LOCKED)  # type: ignore[no-any-return]

    def is_write_locked(self) -> bool:
        """Whether a writer is inside; for invariants."""
        return self._step(IS_WRITE_LOCKED)  # type: ignore[no-any-return]

    def write_lock(self) -> None:
        """Announce a writer, wait for the readers inside to leave, and take the lock."""
        if not self._step(WRITE_LOCK):
            self._step(WRITE_ADMITTED)

    def write_unlock(self) -> None:
        """Give the lock back and admit the readers that queued. A violation unless this thread wrote."""
        self._step(WRITE_UNLOCK)

    def read_lock(self) -> None:
        """Enter as a reader, after any writer inside or announced."""
        if not self._step(READ_LOCK):
            self._step(READ_ADMITTED)

    def read_unlock(self) -> None:
        """Leave as a reader. A violation unless this thread is one."""
        self._step(READ_UNLOCK)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """``with lock.reading():`` holds the lock as a reader."""
        self.read_lock()
        try:
            yield
        finally:
            self.read_unlock()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """``with lock.writing():`` holds the lock as the writer."""
        self.write_lock()
        try:
            yield
        finally:
            self.write_unlock()
