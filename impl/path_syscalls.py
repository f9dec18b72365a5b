"""Operations on paths that files answer: looking, opening, making, deleting, renaming.

Each resolves its path by calling the filesystem at the walk's current place, again and again, until the walk stays inside it.

Walk errors, the same for every path: ENOENT (the path is empty, or a component does not exist), ENOTDIR (a component that is
not the last is not a directory), ELOOP (more than 40 symlinks).

Source: gVisor ``vfs/syscalls.go`` at the seed; the others from 46651a7d2.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TypeVar

from impl.context import PathOperation
from impl.deletion import DeletionProtocol
from impl.errors import FsError
from impl.file_description import FileDescription
from impl.filesystem import FilesystemImpl
from impl.flags import (
    KNOWN_OPEN_FLAGS,
    O_ACCMODE,
    O_CREAT,
    O_DIRECTORY,
    O_NOFOLLOW,
    O_PATH,
    O_RDONLY,
    TMPFILE,
)
from impl.mount_walk import MountWalk
from impl.resolving_path import ResolveSignal, ResolvingPath
from impl.stat import Stat
from impl.virtual_dentry import VirtualDentry

T = TypeVar("T")

Attempt = Callable[[FilesystemImpl, ResolvingPath], T]


class PathSyscalls(DeletionProtocol, MountWalk):
    """File operations by path."""

    def _resolve(self, rp: ResolvingPath, attempt: Attempt[T]) -> T:
        """Call the filesystem, and again wherever a resolve signal says, until it answers. Releases ``rp``."""
        try:
            while True:
                try:
                    return attempt(rp.mount.fs.impl, rp)
                except ResolveSignal as raised:
                    signal = raised
                rp.handle(signal)
        finally:
            rp.release()

    def _start(self, operation: PathOperation, *, must_be_dir: bool = False, follow: bool = True) -> ResolvingPath:
        """The beginning of a walk.

        Args:
            operation: The path.
            must_be_dir: What it names must be a directory.
            follow: Whether this operation lets the caller choose to follow a last symlink.
        """
        rp = ResolvingPath(self._vfs(), operation)
        rp.must_be_dir = rp.must_be_dir or must_be_dir
        rp.follow_final_symlink = rp.follow_final_symlink and follow
        return rp

    def get_dentry_at(self, operation: PathOperation) -> VirtualDentry:
        """What a path names, with references for the caller.

        Errors, in the order checked:
            ENOENT: The path is empty, or a component does not exist.
            ENOTDIR: A component that must be a directory is not one.
            ELOOP: More than 40 symlinks.
        Linearizes at: the read of the last directory, under its filesystem's lock; at a mount point, taking the reference.
        Source: gVisor ``GetDentryAt``; path_resolution(7).
        """

        def attempt(fs: FilesystemImpl, rp: ResolvingPath) -> VirtualDentry:
            dentry = fs.get_dentry_at(rp)
            mount = rp.take_mount_ref()
            return VirtualDentry(mount, dentry)

        return self._resolve(self._start(operation), attempt)

    def stat_at(self, operation: PathOperation) -> Stat:
        """What is known about a file, all at one instant.

        Errors, in the order checked:
            ENOENT: The path is empty, or a component does not exist.
            ENOTDIR: A component that must be a directory is not one.
            ELOOP: More than 40 symlinks.
        Linearizes at: the reads of the inode, under the filesystem's lock.
        Source: gVisor ``StatAt``; stat(2), lstat(2).
        """
        return self._resolve(self._start(operation), lambda fs, rp: fs.stat_at(rp))

    def readlink_at(self, operation: PathOperation) -> str:
        """The target of a symlink. The last component is never followed.

        Errors, in the order checked:
            ENOENT: The path is empty, or a component does not exist.
            ENOTDIR: A component that must be a directory is not one.
            ELOOP: More than 40 symlinks.
            EINVAL: It is not a symlink.
        Linearizes at: the read of the last directory, under the filesystem's lock.
        Source: gVisor ``ReadlinkAt``; readlink(2).
        """
        return self._resolve(self._start(operation, follow=False), lambda fs, rp: fs.readlink_at(rp))

    def open_at(self, operation: PathOperation, *, flags: int = O_RDONLY, mode: int = 0o666) -> FileDescription:
        """Open a file.

        Args:
            operation: The path. ``O_NOFOLLOW`` counts like ``follow=False``.
            flags: ``O_...`` bits; unknown ones are ignored, and with ``O_PATH`` nearly all others.
            mode: Permission bits of a file that is created.

        Errors, in the order checked:
            EINVAL: ``O_TMPFILE`` without ``O_DIRECTORY``, with ``O_CREAT``, or not for writing.
            ENOENT: The path is empty, a component does not exist, or a deleted directory gets no new file.
            ENOTDIR: A component that must be a directory is not one.
            ELOOP: More than 40 symlinks.
            EEXIST: ``O_CREAT`` with ``O_EXCL``, and it exists.
            EOPNOTSUPP: ``O_TMPFILE``, which no filesystem here supports.
            ELOOP: It is a symlink that is not to be followed.
            EISDIR: It is a directory, and to be written, truncated or created.
            EROFS: It is to be written, truncated or created, and the mount is read-only.
        Linearizes at: the read or change of the last directory, under the filesystem's lock; against umount, where the
            description takes its reference on the mount; against remount, where its write is announced.
        Source: gVisor ``OpenAt``; open(2).
        """
        flags = _checked_open_flags(flags)
        rp = self._start(operation, must_be_dir=bool(flags & O_DIRECTORY), follow=not flags & O_NOFOLLOW)
        return self._resolve(rp, lambda fs, rp: fs.open_at(rp, flags, mode))

    def mkdir_at(self, operation: PathOperation, *, mode: int = 0o777) -> None:
        """Make a directory.

        Errors, in the order checked:
            ENOENT: The path is empty, or a component before the last does not exist.
            ENOTDIR: A component before the last is not a directory.
            ELOOP: More than 40 symlinks.
            EEXIST: The last component exists, or is ".", ".." or "/".
            ENOENT: The directory it should be in was deleted.
            EROFS: The mount is read-only.
        Linearizes at: the change of the directory, under the filesystem's lock.
        Source: gVisor ``MkdirAt``; mkdir(2).
        """
        self._resolve(self._start(operation), lambda fs, rp: fs.mkdir_at(rp, mode))

    def symlink_at(self, operation: PathOperation, target: str) -> None:
        """Make a symlink to ``target``, which need not exist.

        Errors, in the order checked:
            ENOENT: ``target`` is empty.
            ENOENT: The path is empty, or a component before the last does not exist.
            ENOTDIR: A component before the last is not a directory.
            ELOOP: More than 40 symlinks.
            EEXIST: The last component exists, or is ".", ".." or "/".
            ENOENT: The directory it should be in was deleted, or the path ends in a slash.
            EROFS: The mount is read-only.
        Linearizes at: the change of the directory, under the filesystem's lock.
        Source: gVisor ``SymlinkAt``; symlink(2).
        """
        if not target:
            raise FsError(errno.ENOENT)
        self._resolve(self._start(operation), lambda fs, rp: fs.symlink_at(rp, target))

    def link_at(self, old: PathOperation, new: PathOperation) -> None:
        """Give the file ``old`` the further name ``new``.

        Errors, in the order checked:
            ENOENT: A path is empty, or a component of ``old``, or one before the last of ``new``, does not exist.
            ENOTDIR: The same components: one that must be a directory is not.
            ELOOP: More than 40 symlinks in one of them.
            EEXIST: The last component of ``new`` exists, or is ".", ".." or "/".
            ENOENT: The directory of ``new`` was deleted, or ``new`` ends in a slash.
            EXDEV: They are on different mounts, even of one filesystem.
            EROFS: The mount is read-only.
            EPERM: ``old`` is a directory.
            ENOENT: ``old`` was deleted meanwhile.
        Linearizes at: the change of the directory, under the filesystem's lock.
        Source: gVisor ``LinkAt``; linkat(2), where ``old.follow`` is ``AT_SYMLINK_FOLLOW``.
        """
        new.path()
        vd = self.get_dentry_at(old)
        try:
            self._resolve(self._start(new), lambda fs, rp: fs.link_at(rp, vd))
        finally:
            vd.dec_ref()

    def rmdir_at(self, operation: PathOperation) -> None:
        """Delete an empty directory.

        Errors, in the order checked:
            ENOENT: The path is empty, or a component does not exist.
            ENOTDIR: A component before the last is not a directory, or the last ends in a slash and is not.
            ELOOP: More than 40 symlinks.
            EROFS: The mount is read-only.
            EBUSY: It is "/".
            EINVAL: The last component is ".".
            ENOTEMPTY: The last component is "..".
            ENOTDIR: It is not a directory.
            ENOTEMPTY: It has entries.
            EBUSY: It is a mount point in the caller's namespace.
        Linearizes at: the change of the directory, under the filesystem's lock; against mounting, the look at the mount
            points, under ``mount_mu``.
        Source: gVisor ``RmdirAt``; rmdir(2).
        """
        self._resolve(self._start(operation), lambda fs, rp: fs.rmdir_at(rp))

    def unlink_at(self, operation: PathOperation) -> None:
        """Delete a name of a file that is not a directory.

        Errors, in the order checked:
            ENOENT: The path is empty, or a component does not exist.
            ENOTDIR: A component before the last is not a directory, or the last ends in a slash and is not.
            ELOOP: More than 40 symlinks.
            EROFS: The mount is read-only.
            EBUSY: It is "/".
            EISDIR: It is a directory, or the last component is "." or "..".
            EBUSY: It is a mount point in the caller's namespace.
        Linearizes at: the change of the directory, under the filesystem's lock; against mounting, the look at the mount
            points, under ``mount_mu``.
        Source: gVisor ``UnlinkAt``; unlink(2).
        """
        self._resolve(self._start(operation), lambda fs, rp: fs.unlink_at(rp))

    def rename_at(self, old: PathOperation, new: PathOperation) -> None:
        """Rename ``old`` to ``new``, replacing what is there. Two names of one file both stay.

        Errors, in the order checked:
            ENOENT: A path is empty, or a component before the last, first of ``old``, then of ``new``, does not exist.
            ENOTDIR: The same components: one is not a directory.
            ELOOP: More than 40 symlinks in one of them.
            EXDEV: They are on different mounts, even of one filesystem.
            EBUSY: A last component is ".", ".." or "/".
            ENOENT: ``old`` does not exist.
            EROFS: The mount is read-only.
            ENOTDIR: A path ends in a slash and ``old`` is not a directory.
            EINVAL: ``new`` is inside ``old``.
            ENOTEMPTY: ``old`` is inside ``new``.
            ENOENT: The directory of ``new`` was deleted.
            ENOTDIR: ``old`` is a directory and ``new`` is not.
            EISDIR: ``new`` is a directory and ``old`` is not.
            ENOTEMPTY: ``new`` is a directory with entries.
            EBUSY: One of them is a mount point in the caller's namespace.
        Linearizes at: the change of the directories, under the filesystem's lock; against mounting, the look at the mount
            points, under ``mount_mu``.
        Source: gVisor ``RenameAt``; rename(2).
        """
        path = old.path()
        new.path()
        name = path.components[-1] if path.components else "/"
        parent = self._get_parent_dentry_at(old)
        try:
            self._resolve(self._start(new), lambda fs, rp: fs.rename_at(rp, parent, name, old_must_be_dir=path.must_be_dir))
        finally:
            parent.dec_ref()

    def _get_parent_dentry_at(self, operation: PathOperation) -> VirtualDentry:
        """The directory that holds the last component, with references; for "/", the root."""

        def attempt(fs: FilesystemImpl, rp: ResolvingPath) -> VirtualDentry:
            dentry = fs.get_parent_dentry_at(rp)
            mount = rp.take_mount_ref()
            return VirtualDentry(mount, dentry)

        return self._resolve(self._start(operation), attempt)


def _checked_open_flags(flags: int) -> int:
    """``flags`` as filesystems may see them.

    Errors, in the order checked:
        EINVAL: ``O_TMPFILE`` without ``O_DIRECTORY``, with ``O_CREAT``, or not for writing.
    """
    flags &= KNOWN_OPEN_FLAGS
    if flags & O_PATH:
        return flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW)
    if flags & TMPFILE and (not flags & O_DIRECTORY or flags & O_CREAT or flags & O_ACCMODE == O_RDONLY):
        raise FsError(errno.EINVAL)
    return flags
