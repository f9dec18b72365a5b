"""Open files of memfs.

Source: gVisor ``memfs/regular_file.go``, ``directory.go`` at the seed.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from impl.dentry import Dentry
from impl.errors import FsError
from impl.file_description import SEEK_CUR, SEEK_END, SEEK_SET, FileDescriptionImpl
from impl.flags import O_APPEND
from impl.memfs.inode import Directory, Inode, RegularFile, inode_of, memfs_dentry
from impl.stat import Dirent, Stat
from impl.sync import Field, Mutex

if TYPE_CHECKING:
    from impl.memfs.filesystem import MemfsFilesystem

Cursor = tuple[int, str]
"""The last entry returned: "." and ".." have rank 0 and 1, names have rank 2."""

BEGINNING: Final[Cursor] = (-1, "")


class MemfsDescription(FileDescriptionImpl):
    """An open file that only tells about itself (``O_PATH``), and what the other kinds share."""

    def __init__(self, name: str, fs: MemfsFilesystem, inode: Inode) -> None:
        super().__init__(name)
        self.fs = fs
        self.inode = inode

    def stat(self) -> Stat:
        """See ``FileDescription.stat``."""
        return self.fs.stat_inode(self.inode)


class RegularFileDescription(MemfsDescription):
    """An open regular file."""

    def __init__(self, name: str, fs: MemfsFilesystem, file: RegularFile, flags: int) -> None:
        super().__init__(name, fs, file)
        self.file = file
        self.appends = bool(flags & O_APPEND)
        # Makes reads and writes at the file position one after another. Taken before RegularFile.mu.
        self.mu = Mutex()
        # The file position. Guarded by mu. Never negative.
        self.position = Field(0)

    def read(self, size: int, offset: int | None) -> bytes:
        """See ``FileDescription.read``."""
        if offset is not None:
            return self.file.read_data()[offset : offset + size]
        self.mu.lock()
        try:
            position = self.position.read()
            data = self.file.read_data()[position : position + size]
            self.position.write(position + len(data))
        finally:
            self.mu.unlock()
        return data

    def write(self, data: bytes, offset: int | None) -> int:
        """See ``FileDescription.write``."""
        if offset is not None:
            self.file.write_data(data, None if self.appends else offset)
            return len(data)
        self.mu.lock()
        try:
            position = None if self.appends else self.position.read()
            end = self.file.write_data(data, position)
            self.position.write(end)
        finally:
            self.mu.unlock()
        return len(data)

    def seek(self, offset: int, whence: int) -> int:
        """See ``FileDescription.seek``."""
        self.mu.lock()
        try:
            if whence == SEEK_CUR:
                offset += self.position.read()
            elif whence == SEEK_END:
                offset += self.file.size()
            elif whence != SEEK_SET:
                raise FsError(errno.EINVAL)
            if offset < 0:
                raise FsError(errno.EINVAL)
            self.position.write(offset)
        finally:
            self.mu.unlock()
        return offset

    def iter_dirents(self, count: int) -> tuple[Dirent, ...]:  # noqa: ARG002 - there is nothing to count
        """See ``FileDescription.iter_dirents``."""
        raise FsError(errno.ENOTDIR)


class DirectoryDescription(MemfsDescription):
    """An open directory.

    The cursor is the last name returned, not a number of entries, so deletions before it do not make it skip any.
    """

    def __init__(self, name: str, fs: MemfsFilesystem, dentry: Dentry, directory: Directory) -> None:
        super().__init__(name, fs, directory)
        self.dentry = dentry
        self.directory = directory
        # The last entry returned. Guarded by the tree's mu, held for writing. Never moves back but by a rewind.
        self.cursor: Field[Cursor] = Field(BEGINNING)

    def read(self, size: int, offset: int | None) -> bytes:  # noqa: ARG002 - whatever they are
        """See ``FileDescription.read``."""
        raise FsError(errno.EISDIR)

    def seek(self, offset: int, whence: int) -> int:
        """See ``FileDescription.seek``."""
        if (offset, whence) != (0, SEEK_SET):
            raise FsError(errno.EINVAL)
        self.fs.mu.write_lock()
        try:
            self.cursor.write(BEGINNING)
        finally:
            self.fs.mu.write_unlock()
        return 0

    def iter_dirents(self, count: int) -> tuple[Dirent, ...]:
        """See ``FileDescription.iter_dirents``."""
        self.fs.mu.write_lock()
        try:
            cursor = self.cursor.read()
            entries = [(key, dirent) for key, dirent in self._entries_locked() if key > cursor][:count]
            if entries:
                self.cursor.write(entries[-1][0])
        finally:
            self.fs.mu.write_unlock()
        return tuple(dirent for _, dirent in entries)

    def _entries_locked(self) -> list[tuple[Cursor, Dirent]]:
        """All entries with their cursors, in order."""
        parent = memfs_dentry(self.dentry).parent.read()
        up = inode_of(parent) if parent is not None else self.directory
        entries = [((0, "."), Dirent(".", self.inode.ino, self.inode.kind()))]
        entries.append(((1, ".."), Dirent("..", up.ino, up.kind())))
        for name, child in self.directory.children.items():
            inode = inode_of(child)
            entries.append(((2, name), Dirent(name, inode.ino, inode.kind())))
        return sorted(entries, key=lambda entry: entry[0])
