"""Defects of counting writers against read-only."""

from __future__ import annotations

import errno

from impl.dentry import Dentry
from impl.errors import FsError
from impl.file_description import FileDescription, new_file_description
from impl.flags import O_TRUNC, is_writable
from impl.memfs.descriptions import RegularFileDescription
from impl.memfs.filesystem import MemfsFilesystem
from impl.memfs.inode import RegularFile
from impl.mount import READ_ONLY, Mount
from impl.resolving_path import ResolvingPath
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


def _end_before_open(self: MemfsFilesystem, rp: ResolvingPath, parent: Dentry, flags: int, mode: int) -> FileDescription:
    if parent.is_disowned():
        raise FsError(errno.ENOENT)
    rp.mount.check_begin_write()
    try:
        name = rp.component()
        file = RegularFile(self._inode_name(parent, name), self._new_ino(), mode & 0o7777)
        child = self._add_child_locked(parent, name, file)
    finally:
        rp.mount.end_write()
    return self._open_locked(rp.mount, child, flags & ~O_TRUNC)


M34 = Planted(
    slug="M34",
    source="Linux 4a3fd211ccfc (L25); operator M34",
    what="the write announced for creating ends before the description announces its own, and a remount gets in between",
    owner=MemfsFilesystem,
    attribute="_create_and_open_locked",
    replacement=_end_before_open,
)


def _truncate_unannounced(self: MemfsFilesystem, mount: Mount, dentry: Dentry, file: RegularFile, flags: int) -> FileDescription:
    if flags & O_TRUNC and not is_writable(flags):
        file.truncate()
    impl = RegularFileDescription(f"{dentry.name}.fd", self, file, flags)
    return new_file_description(impl, mount, dentry, flags)


S13 = Planted(
    slug="S13",
    source="the seed, memfs Inode.open",
    what="truncating through a read-only description announces no write, so it changes a mount that is read-only",
    owner=MemfsFilesystem,
    attribute="_open_regular_locked",
    replacement=_truncate_unannounced,
)
