"""Inodes: files themselves, apart from their names.

An inode's references are those of all its dentries together, and one more while it is linked into the tree. When the
last goes, a regular file gives its data back.

Source: gVisor ``memfs/memfs.go``, ``regular_file.go``, ``symlink.go``, ``directory.go`` at the seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from impl import refcount
from impl.dentry import DentryImpl
from impl.errors import InvariantError
from impl.stat import S_IFDIR, S_IFLNK, S_IFMT, S_IFREG
from impl.sync import AtomicInt64, Field, RWMutex, Shared, SharedDict

if TYPE_CHECKING:
    from impl.dentry import Dentry

SYMLINK_PERMISSIONS: Final = 0o777


class Inode(Shared):
    """What all kinds of files have."""

    def __init__(self, name: str, ino: int, mode: int, *, nlink: int, refs: int = 1) -> None:
        """A file with ``refs`` references: the tree's, and possibly the caller's.

        Args:
            name: How traces show it.
            ino: Its number, unique in the filesystem.
            mode: Type and permission bits; immutable, as nothing changes them.
            nlink: Number of names.
            refs: Number of references.
        """
        self.name = name
        self.ino = ino
        self.mode = mode
        # References through dentries, and one of the tree while nlink is not 0. Atomic. Invariant inode-refs: as many as
        # holders; zero is final.
        self.refs = AtomicInt64(refs)
        # Number of names; for a directory 2 plus its subdirectories; 0 once deleted. Guarded by the tree's mu. Invariant
        # links-counted: agrees with the tree.
        self.nlink = Field(nlink)

    def kind(self) -> int:
        """The type bits of the mode."""
        return self.mode & S_IFMT

    def size(self) -> int:
        """Length in bytes."""
        return 0

    def inc_ref(self) -> None:
        """Add a reference. The caller holds one."""
        refcount.inc_ref(self.refs, self)

    def try_inc_ref(self) -> bool:
        """Add a reference unless the file is gone; whether it was added."""
        return refcount.try_inc_ref(self.refs)

    def dec_ref(self) -> None:
        """Drop a reference; the last one destroys the file."""
        if refcount.dec_ref(self.refs, self):
            self.destroy()

    def destroy(self) -> None:
        """The last reference is gone."""


class Directory(Inode):
    """A directory. It has exactly one dentry."""

    def __init__(self, name: str, ino: int, permissions: int, *, refs: int = 1) -> None:
        super().__init__(name, ino, S_IFDIR | permissions, nlink=2, refs=refs)
        # Its entries by name. Guarded by the tree's mu. Invariant parent-links: each child's parent is this directory's
        # dentry.
        self.children: SharedDict[str, Dentry] = SharedDict()
        # The directory this was deleted from, with a reference on it, so that ".." still leads there; None while not
        # deleted. Guarded by the tree's mu. Never changed once set.
        self.deleted_from: Field[Inode | None] = Field(None)

    def destroy(self) -> None:
        """Let go of the directory it was deleted from."""
        parent = self.deleted_from.read()
        if parent is not None:
            parent.dec_ref()


class RegularFile(Inode):
    """A file with data."""

    def __init__(self, name: str, ino: int, permissions: int) -> None:
        super().__init__(name, ino, S_IFREG | permissions, nlink=1)
        # Guards the contents. An inner lock: taken with the tree's mu or a description's held, and nothing after it.
        self.mu = RWMutex()
        # The contents. Guarded by mu. Invariant: empty once refs is zero.
        self.data: Field[bytes] = Field(b"")
        # Length of the contents. Written under mu; atomic, so that stat needs no lock. Invariant: len(data) while mu is free.
        self.data_len = AtomicInt64()

    def size(self) -> int:
        """Length of the data."""
        return self.data_len.load()

    def read_data(self) -> bytes:
        """All the data."""
        self.mu.read_lock()
        try:
            data = self.data.read()
        finally:
            self.mu.read_unlock()
        return data

    def write_data(self, data: bytes, offset: int | None) -> int:
        """Put ``data`` at ``offset``, or at the end; where it ends. Holes read as zeros."""
        self.mu.write_lock()
        try:
            before = self.data.read()
            start = len(before) if offset is None else offset
            end = start + len(data)
            if data:
                after = before[:start].ljust(start, b"\0") + data + before[end:]
                self.data.write(after)
                self.data_len.store(len(after))
        finally:
            self.mu.write_unlock()
        return end

    def truncate(self) -> None:
        """Make it empty."""
        self.mu.write_lock()
        try:
            self.data.write(b"")
            self.data_len.store(0)
        finally:
            self.mu.write_unlock()

    def destroy(self) -> None:
        """Give the data back."""
        self.truncate()


class Symlink(Inode):
    """A symlink."""

    def __init__(self, name: str, ino: int, target: str) -> None:
        super().__init__(name, ino, S_IFLNK | SYMLINK_PERMISSIONS, nlink=1)
        self.target = target

    def size(self) -> int:
        """Length of the target."""
        return len(self.target.encode())


class MemfsDentry(DentryImpl):
    """A name of an inode."""

    def __init__(self, name: str, inode: Inode, parent: Dentry | None) -> None:
        self.name = name
        self.inode = inode
        # The directory it is in, or was in when it was deleted; None for the root. Guarded by the tree's mu. Invariant
        # parent-links: that directory has this entry, unless it was deleted.
        self.parent: Field[Dentry | None] = Field(parent)

    def is_directory(self) -> bool:
        """Whether the inode is a directory."""
        return isinstance(self.inode, Directory)

    def inc_ref(self) -> None:
        """Add a reference to the inode."""
        self.inode.inc_ref()

    def try_inc_ref(self) -> bool:
        """Add a reference to the inode unless it is gone."""
        return self.inode.try_inc_ref()

    def dec_ref(self) -> None:
        """Drop a reference to the inode."""
        self.inode.dec_ref()


def memfs_dentry(dentry: Dentry) -> MemfsDentry:
    """Our part of a dentry."""
    impl = dentry.impl
    if not isinstance(impl, MemfsDentry):
        raise InvariantError("dentry-filesystem", f"{dentry!r} reached memfs and is not of it")
    return impl


def inode_of(dentry: Dentry) -> Inode:
    """The inode a dentry names."""
    return memfs_dentry(dentry).inode
