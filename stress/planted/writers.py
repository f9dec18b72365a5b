"""Defects of counting writers against read-only."""

from __future__ import annotations

import errno

from impl.errors import FsError
from impl.mount import READ_ONLY, Mount
from stress.planting import Planted


def _add_first(self: Mount) -> None:
    if self.writers.add(1) < 0:
        self.writers.add(-1)
        raise FsError(errno.EROFS)


S5 = Planted(
    slug="S5",
    source="the seed, vfs/mount.go CheckBeginWrite; in gVisor to this day",
    what="a writer adds itself before it looks whether it may, and takes it back: for an instant it counts",
    owner=Mount,
    attribute="check_begin_write",
    replacement=_add_first,
)


def _store_zero(self: Mount, *, read_only: bool) -> None:
    writers = self.writers.load()
    if (writers < 0) == read_only:
        return
    if not read_only:
        self.writers.store(0)
    elif not self.writers.compare_and_swap(0, READ_ONLY):
        raise FsError(errno.EBUSY)


STORE_ZERO = Planted(
    slug="M33",
    source="operator M33, related to S5",
    what="remount,rw stores 0 instead of clearing one bit, and loses the transient increment of a refused writer",
    owner=Mount,
    attribute="set_read_only_locked",
    replacement=_store_zero,
    also=(S5,),
)
