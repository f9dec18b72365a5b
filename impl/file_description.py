"""File descriptions: open files, shared by the descriptors that ``dup`` made of them.

A description pins its mount and dentry, and a writable one counts as a writer of its mount for its whole life, so a mount with
a file open for writing cannot become read-only.

Source: gVisor ``vfs/file_description.go`` at the seed; write counts from 5ab1213a6; Linux ``struct file``.
"""

# ruff: noqa: ARG002 - FileDescriptionImpl refuses whatever it is given

from __future__ import annotations

import errno
from typing import Final

from impl import refcount
from impl.dentry import Dentry
from impl.errors import FsError
from impl.flags import is_readable, is_writable
from impl.mount import Mount
from impl.stat import Dirent, Stat
from impl.sync import AtomicInt64, Shared
from impl.virtual_dentry import VirtualDentry

SEEK_SET: Final = 0
SEEK_CUR: Final = 1
SEEK_END: Final = 2


class FileDescriptionImpl(Shared):
    """What a filesystem provides for an open file. This base can do nothing, which is what ``O_PATH`` gives."""

    name: str

    def __init__(self, name: str = "path") -> None:
        self.name = name

    def release(self) -> None:
        """The last reference to the description is gone."""

    def read(self, size: int, offset: int | None) -> bytes:
        """Up to ``size`` bytes from ``offset``, or from the file position, which then moves."""
        raise FsError(errno.EBADF)

    def write(self, data: bytes, offset: int | None) -> int:
        """Write at ``offset``, or at the file position, which then moves; the number of bytes."""
        raise FsError(errno.EBADF)

    def seek(self, offset: int, whence: int) -> int:
        """Move the file position; the new one."""
        raise FsError(errno.EBADF)

    def iter_dirents(self, count: int) -> tuple[Dirent, ...]:
        """Up to ``count`` further entries of a directory."""
        raise FsError(errno.EBADF)

    def stat(self) -> Stat:
        """What is known about the file."""
        raise FsError(errno.EBADF)


class FileDescription(Shared):
    """An open file. Callers of its methods hold a reference."""

    def __init__(self, name: str, impl: FileDescriptionImpl, vd: VirtualDentry, flags: int) -> None:
        """Takes over the caller's references on ``vd`` and, if ``flags`` are for writing, its announced write."""
        self.name = name
        self.impl = impl
        self.vd = vd
        self.flags = flags
        # References: one for each descriptor, and for each call under way. Atomic. Invariant destroyed-once: zero is final.
        self.refs = AtomicInt64(1)

    def inc_ref(self) -> None:
        """Add a reference (``dup``)."""
        refcount.inc_ref(self.refs, self)

    def dec_ref(self) -> None:
        """Drop a reference (``close``); the last one ends the write and lets go of mount and dentry, in this order.

        Linearizes at: the step that ends what the description blocked: ``end_write`` for a remount, the mount's
            ``dec_ref`` for an umount.
        Source: gVisor ``FileDescription.DecRef``; close(2).
        """
        if not refcount.dec_ref(self.refs, self):
            return
        self.impl.release()
        if is_writable(self.flags):
            self.vd.mount.end_write()
        self.vd.dec_ref()

    def read(self, size: int, *, offset: int | None = None) -> bytes:
        """Read at the file position, or at ``offset`` without moving it.

        Errors, in the order checked:
            EINVAL: ``offset`` is negative.
            EBADF: Not open for reading.
            EISDIR: It is a directory.
        Linearizes at: the read of the data.
        Source: read(2), pread(2); the order is that of Linux ``ksys_pread64`` (the seed sliced out of range, S14).
        """
        _require_not_negative(offset)
        if not is_readable(self.flags):
            raise FsError(errno.EBADF)
        return self.impl.read(size, offset)

    def write(self, data: bytes, *, offset: int | None = None) -> int:
        """Write at the file position, or at ``offset`` without moving it; at the end with ``O_APPEND``.

        Errors, in the order checked:
            EINVAL: ``offset`` is negative.
            EBADF: Not open for writing.
        Linearizes at: the write of the data.
        Source: write(2), pwrite(2).
        """
        _require_not_negative(offset)
        if not is_writable(self.flags):
            raise FsError(errno.EBADF)
        return self.impl.write(data, offset)

    def seek(self, offset: int, *, whence: int = SEEK_SET) -> int:
        """Move the file position. A directory can only be rewound.

        Errors, in the order checked:
            EBADF: Opened with ``O_PATH``.
            EINVAL: ``whence`` is unknown, or the position would be negative (a directory: not 0).
        Linearizes at: the write of the position.
        Source: lseek(2).
        """
        return self.impl.seek(offset, whence)

    def iter_dirents(self, *, count: int = 1 << 30) -> tuple[Dirent, ...]:
        """The next entries of a directory: ".", "..", then names in order. Empty at the end.

        What is in the directory all the time is returned exactly once, whatever else comes and goes.

        Errors, in the order checked:
            EBADF: Opened with ``O_PATH``.
            ENOTDIR: It is not a directory.
        Linearizes at: the look at the directory, under the filesystem's lock.
        Source: getdents(2).
        """
        return self.impl.iter_dirents(count)

    def stat(self) -> Stat:
        """What is known about the file, all at one instant. Works with ``O_PATH`` too.

        Linearizes at: the reads under the filesystem's lock.
        Source: fstat(2).
        """
        return self.impl.stat()


def _require_not_negative(offset: int | None) -> None:
    """EINVAL for a negative offset."""
    if offset is not None and offset < 0:
        raise FsError(errno.EINVAL)


def new_file_description(impl: FileDescriptionImpl, mount: Mount, dentry: Dentry, flags: int) -> FileDescription:
    """Open ``dentry`` of ``mount``; the caller holds references on both and keeps them.

    Errors, in the order checked:
        EROFS: ``flags`` are for writing and the mount is read-only.
    """
    if is_writable(flags):
        mount.check_begin_write()
    vd = VirtualDentry(mount, dentry)
    vd.inc_ref()
    return FileDescription(f"fd({dentry.name})", impl, vd, flags)
