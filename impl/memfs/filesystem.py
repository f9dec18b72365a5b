"""memfs: opening files, and all operations joined.

Source: gVisor ``memfs/filesystem.go`` ``OpenAt``, ``memfs.go`` ``Inode.open`` at the seed; open(2).
"""

from __future__ import annotations

import errno

from impl.dentry import Dentry
from impl.errors import FsError
from impl.file_description import FileDescription, new_file_description
from impl.filesystem import Filesystem
from impl.filesystem_type import FilesystemType
from impl.flags import O_CREAT, O_EXCL, O_PATH, O_TRUNC, TMPFILE, is_writable, wants_write_access
from impl.memfs.descriptions import DirectoryDescription, MemfsDescription, RegularFileDescription
from impl.memfs.inode import Directory, Inode, RegularFile, Symlink, inode_of
from impl.memfs.rename import MemfsRename
from impl.mount import Mount
from impl.resolving_path import ResolvingPath
from impl.stat import Stat


class MemfsFilesystem(MemfsRename):
    """The filesystem."""

    def open_at(self, rp: ResolvingPath, flags: int, mode: int) -> FileDescription:
        """See ``FilesystemImpl``. Only creating needs ``mu`` for writing."""
        if flags & O_CREAT:
            self.mu.write_lock()
            try:
                description = self._open_or_create_locked(rp, flags, mode)
            finally:
                self.mu.write_unlock()
            return description
        self.mu.read_lock()
        try:
            dentry = self._walk_existing_locked(rp)
            description = self._open_locked(rp.mount, dentry, flags)
        finally:
            self.mu.read_unlock()
        return description

    def _open_or_create_locked(self, rp: ResolvingPath, flags: int, mode: int) -> FileDescription:
        """Open with ``O_CREAT``. Needs ``mu`` for writing."""
        parent = rp.start
        while not rp.done():
            parent = self._walk_parent_locked(rp, parent)
            if rp.must_be_dir or rp.component() in {".", ".."}:
                raise FsError(errno.EISDIR)
            child = self._child_locked(parent, rp.component())
            if child is None:
                return self._create_and_open_locked(rp, parent, flags, mode)
            rp.check_mount(child)
            if flags & O_EXCL:
                raise FsError(errno.EEXIST)
            inode = inode_of(child)
            if not isinstance(inode, Symlink) or not rp.should_follow_symlink():
                return self._open_locked(rp.mount, child, flags)
            rp.handle_symlink(inode.target)
        if rp.must_be_dir:
            raise FsError(errno.EISDIR)
        if flags & O_EXCL:
            raise FsError(errno.EEXIST)
        return self._open_locked(rp.mount, rp.start, flags)

    def _create_and_open_locked(self, rp: ResolvingPath, parent: Dentry, flags: int, mode: int) -> FileDescription:
        """Make a regular file and open it. Needs ``mu`` for writing.

        The write announced for creating ends only after the description has announced its own, so the mount cannot become
        read-only in between.
        """
        if parent.is_disowned():
            raise FsError(errno.ENOENT)
        rp.mount.check_begin_write()
        try:
            name = rp.component()
            file = RegularFile(self._inode_name(parent, name), self._new_ino(), mode & 0o7777)
            child = self._add_child_locked(parent, name, file)
            return self._open_locked(rp.mount, child, flags & ~O_TRUNC)
        finally:
            rp.mount.end_write()

    def _open_locked(self, mount: Mount, dentry: Dentry, flags: int) -> FileDescription:
        """Open what exists.

        Errors, in the order checked:
            EOPNOTSUPP: ``O_TMPFILE``.
            ELOOP: It is a symlink.
            EISDIR: It is a directory and ``flags`` ask for write access.
            EROFS: ``flags`` ask for writing or truncating and the mount is read-only.
        """
        if flags & TMPFILE:
            raise FsError(errno.EOPNOTSUPP)
        inode = inode_of(dentry)
        if flags & O_PATH:
            return new_file_description(MemfsDescription(f"{dentry.name}.fd", self, inode), mount, dentry, flags)
        if isinstance(inode, Directory):
            if wants_write_access(flags):
                raise FsError(errno.EISDIR)
            directory = DirectoryDescription(f"{dentry.name}.fd", self, dentry, inode)
            return new_file_description(directory, mount, dentry, flags)
        if not isinstance(inode, RegularFile):
            raise FsError(errno.ELOOP)
        return self._open_regular_locked(mount, dentry, inode, flags)

    def _open_regular_locked(self, mount: Mount, dentry: Dentry, file: RegularFile, flags: int) -> FileDescription:
        """Open a regular file and truncate it if asked; truncating counts as a write even if nothing else is to be written."""
        if flags & O_TRUNC and not is_writable(flags):
            mount.check_begin_write()
            try:
                file.truncate()
            finally:
                mount.end_write()
        impl = RegularFileDescription(f"{dentry.name}.fd", self, file, flags)
        description = new_file_description(impl, mount, dentry, flags)
        if flags & O_TRUNC and is_writable(flags):
            file.truncate()
        return description

    def stat_inode(self, inode: Inode) -> Stat:
        """What is known about an inode that is open."""
        self.mu.read_lock()
        try:
            found = self._stat_locked(inode)
        finally:
            self.mu.read_unlock()
        return found


class MemfsType(FilesystemType):
    """Makes memfs filesystems; the source is only their name."""

    def __init__(self, name: str = "memfs") -> None:
        self.name = name

    def get_filesystem(self, source: str) -> tuple[Filesystem, Dentry]:
        """A new, empty filesystem."""
        impl = MemfsFilesystem(source)
        return Filesystem(source, impl), impl.root
