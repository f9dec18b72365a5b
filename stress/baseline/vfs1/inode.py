"""The filesystem's own tree, behind the VFS's: directories that know their entries, and files that know nothing.

A filesystem is asked once for each name; from then on the VFS finds the name in its own tree. Inodes are not counted: they go with
the last entry that names them.

Source: gVisor ``fs/ramfs`` and ``fsutil.InodeSimpleAttributes`` as of 2019.
"""

from __future__ import annotations

from impl.stat import S_IFDIR, S_IFREG, Stat
from impl.sync import Field, RWMutex, Shared, SharedDict


class Inode(Shared):
    """A file apart from its names."""

    def __init__(self, name: str, ino: int, mode: int, *, nlink: int) -> None:
        """A file.

        Args:
            name: How traces show it.
            ino: Its number, unique in the filesystem.
            mode: Type and permission bits; immutable, as nothing changes them.
            nlink: Number of names.
        """
        self.name = name
        self.ino = ino
        self.mode = mode
        # Guards what stat answers, and a directory's entries.
        self.mu = RWMutex()
        # Number of names; for a directory 2 plus its subdirectories. Guarded by mu.
        self.nlink = Field(nlink)

    def stat(self, dev: str) -> Stat:
        """What is known about the file, all at one instant."""
        self.mu.read_lock()
        try:
            nlink = self.nlink.read()
        finally:
            self.mu.read_unlock()
        return Stat(dev=dev, ino=self.ino, mode=self.mode, nlink=nlink, size=0)

    def add_links(self, delta: int) -> None:
        """Change the number of names."""
        self.mu.write_lock()
        try:
            nlink = self.nlink.read()
            self.nlink.write(nlink + delta)
        finally:
            self.mu.write_unlock()


class RegularFile(Inode):
    """A file without contents."""

    def __init__(self, name: str, ino: int, mode: int) -> None:
        super().__init__(name, ino, S_IFREG | mode, nlink=1)


class Directory(Inode):
    """A directory."""

    def __init__(self, name: str, ino: int, mode: int) -> None:
        super().__init__(name, ino, S_IFDIR | mode, nlink=2)
        # The files in it by name. Guarded by mu.
        self.entries: SharedDict[str, Inode] = SharedDict()

    def lookup(self, name: str) -> Inode | None:
        """The file of that name."""
        self.mu.read_lock()
        try:
            found = self.entries.get(name)
        finally:
            self.mu.read_unlock()
        return found

    def add(self, name: str, inode: Inode) -> None:
        """Enter a file under a name that is not taken; the caller holds the directory's ``dir_mu`` for writing."""
        self.mu.write_lock()
        try:
            self.entries[name] = inode
            if isinstance(inode, Directory):
                nlink = self.nlink.read()
                self.nlink.write(nlink + 1)
        finally:
            self.mu.write_unlock()

    def remove(self, name: str) -> None:
        """Take a file's name away; the caller holds the directory's ``dir_mu`` for writing."""
        self.mu.write_lock()
        try:
            del self.entries[name]
        finally:
            self.mu.write_unlock()
