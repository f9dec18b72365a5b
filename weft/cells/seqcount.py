"""A sequence counter: readers detect that a writer was inside, and never block one.

Even while nobody writes, odd inside a write section. ``begin_read`` waits for an even value, as the spinning original
does; every other step is free to run at any time. Writers must be serialised by a lock: a write section inside
another one, or an end without a beginning, is a violation.

Source: gVisor ``gvsync.SeqCount``; Linux ``seqlock.h``. 32 bits, so a reader is fooled only by 2**31 write sections.
"""

from __future__ import annotations

from weft.cells.atomic import wrap_uint32
from weft.cells.cell import Cell
from weft.cells.effects import BLOCKED, Kind, Misuse, Outcome


def _begin_read(epoch: int) -> Outcome:
    return BLOCKED if epoch & 1 else (epoch, epoch)


def _read_ok(epoch: int, began: int) -> Outcome:
    return epoch, epoch == began


def _begin_write(epoch: int) -> Outcome:
    if epoch & 1:
        return Misuse("write-section-nested", "begin_write inside another write section")
    return wrap_uint32(epoch + 1), None


def _end_write(epoch: int) -> Outcome:
    if not epoch & 1:
        return Misuse("write-section-unmatched", "end_write without begin_write")
    return wrap_uint32(epoch + 1), None


BEGIN_READ = Kind("begin_read", _begin_read, reads_only=True)
READ_OK = Kind("read_ok", _read_ok, reads_only=True)
BEGIN_WRITE = Kind("begin_write", _begin_write)
IS_WRITING = Kind("is_writing", lambda epoch: (epoch, bool(epoch & 1)), reads_only=True)
END_WRITE = Kind("end_write", _end_write)


class SeqCount(Cell):
    """A 32-bit sequence counter guarding data that readers may see torn and must then read again."""

    __slots__ = ()

    blocking = True

    def __init__(self, initial: int = 0) -> None:
        super().__init__(wrap_uint32(initial))

    def begin_read(self) -> int:
        """Wait until no writer is inside; the epoch to check with ``read_ok``."""
        return self._step(BEGIN_READ)  # type: ignore[no-any-return]

    def read_ok(self, epoch: int) -> bool:
        """Whether no write section began since ``begin_read`` returned ``epoch``."""
        return self._step(READ_OK, epoch)  # type: ignore[no-any-return]

    def is_writing(self) -> bool:
        """Whether a writer is inside; for invariants."""
        return self._step(IS_WRITING)  # type: ignore[no-any-return]

    def begin_write(self) -> None:
        """Enter a write section. A violation inside another one."""
        self._step(BEGIN_WRITE)

    def end_write(self) -> None:
        """Leave the write section. A violation outside one."""
        self._step(END_WRITE)
