"""The tree of a memfs and how paths are walked in it.

Source: gVisor ``memfs/filesystem.go`` ``stepLocked``, ``walkExistingLocked``, ``walkParentDirLocked`` at the seed.
"""

from __future__ import annotations

import errno

from impl.dentry import Dentry
from impl.errors import FsError
from impl.filesystem import FilesystemImpl
from impl.memfs.inode import Directory, Inode, MemfsDentry, Symlink, inode_of, memfs_dentry
from impl.resolving_path import ResolvingPath
from impl.stat import Stat
from impl.sync import AtomicInt64, RWMutex

ROOT_INO = 1
ROOT_PERMISSIONS = 0o1777


class MemfsTree(FilesystemImpl):
    """State and walks. Methods ending in ``_locked`` need ``mu``, for reading unless they say otherwise."""

    def __init__(self, name: str) -> None:
        """An empty tree; the caller gets a reference to ``root``.

        Args:
            name: Shown by stat as the device, and in front of paths in traces.
        """
        super().__init__(name)
        # Guards the whole tree: entries, parents, link counts. A filesystem lock: the outermost of all, see ``impl``.
        self.mu = RWMutex()
        # The last inode number given out. Atomic. Never lowered, so no two inodes share one.
        self._last_ino = AtomicInt64(ROOT_INO)
        # The root directory. References: the tree's and the caller's.
        inode = Directory(f"{name}:/.inode", ROOT_INO, ROOT_PERMISSIONS, refs=2)
        self.root = Dentry(f"{name}:/", MemfsDentry(f"{name}:/.impl", inode, None))

    def release(self) -> None:
        """Drop the tree's references. No lock: nobody else can get here any more."""
        pending = [self.root]
        while pending:
            inode = inode_of(pending.pop())
            if isinstance(inode, Directory):
                pending.extend(child for _, child in inode.children.items())
            if self._unlink_released(inode):
                inode.dec_ref()

    def _unlink_released(self, inode: Inode) -> bool:
        """Take one name from an inode that goes with its filesystem; whether it was the last."""
        nlink = 0 if isinstance(inode, Directory) else inode.nlink.read() - 1
        inode.nlink.write(nlink)
        return nlink == 0

    # -- walks -------------------------------------------------------------------------------------------------

    def _step_locked(self, rp: ResolvingPath, dentry: Dentry) -> Dentry:
        """Resolve the next component from ``dentry``, through relative symlinks.

        Errors, in the order checked:
            ENOTDIR: ``dentry`` is not a directory.
            ENOENT: It has no such entry.
            ELOOP: Too many symlinks.
        Raises:
            ResolveSignal: The walk goes on elsewhere.
        """
        directory = inode_of(dentry)
        if not isinstance(directory, Directory):
            raise FsError(errno.ENOTDIR)
        while True:
            name = rp.component()
            if name == ".":
                rp.advance()
                return dentry
            if name == "..":
                return self._step_up_locked(rp, dentry)
            child = directory.children.get(name)
            if child is None:
                raise FsError(errno.ENOENT)
            rp.check_mount(child)
            inode = inode_of(child)
            if isinstance(inode, Symlink) and rp.should_follow_symlink():
                rp.handle_symlink(inode.target)
            else:
                rp.advance()
                return child

    def _step_up_locked(self, rp: ResolvingPath, dentry: Dentry) -> Dentry:
        """Resolve ".." from ``dentry``: its parent, or itself at a root, and in both cases what is mounted on that."""
        parent = None if rp.check_root(dentry) else memfs_dentry(dentry).parent.read()
        if parent is None:
            parent = dentry
        rp.check_mount(parent)
        rp.advance()
        return parent

    def _walk_existing_locked(self, rp: ResolvingPath) -> Dentry:
        """What the path names.

        Errors, in the order checked:
            ENOENT, ENOTDIR, ELOOP: As for each step.
            ENOTDIR: The path says directory and it is not one.
        """
        dentry = rp.start
        while not rp.done():
            dentry = self._step_locked(rp, dentry)
        if rp.must_be_dir and not dentry.is_directory():
            raise FsError(errno.ENOTDIR)
        return dentry

    def _walk_parent_locked(self, rp: ResolvingPath, dentry: Dentry) -> Dentry:
        """From ``dentry`` to the directory that holds the last component; for "/", the start itself.

        Errors, in the order checked:
            ENOENT, ENOTDIR, ELOOP: As for each step.
            ENOTDIR: It is not a directory.
        """
        while not rp.final():
            dentry = self._step_locked(rp, dentry)
        if not dentry.is_directory():
            raise FsError(errno.ENOTDIR)
        return dentry

    # -- operations that only look -----------------------------------------------------------------------------

    def get_dentry_at(self, rp: ResolvingPath) -> Dentry:
        """See ``FilesystemImpl``."""
        self.mu.read_lock()
        try:
            dentry = self._walk_existing_locked(rp)
            dentry.inc_ref()
        finally:
            self.mu.read_unlock()
        return dentry

    def get_parent_dentry_at(self, rp: ResolvingPath) -> Dentry:
        """See ``FilesystemImpl``."""
        self.mu.read_lock()
        try:
            dentry = self._walk_parent_locked(rp, rp.start)
            dentry.inc_ref()
        finally:
            self.mu.read_unlock()
        return dentry

    def stat_at(self, rp: ResolvingPath) -> Stat:
        """See ``FilesystemImpl``. The fields are read before unlocking, so they were true together."""
        self.mu.read_lock()
        try:
            dentry = self._walk_existing_locked(rp)
            found = self._stat_locked(inode_of(dentry))
        finally:
            self.mu.read_unlock()
        return found

    def readlink_at(self, rp: ResolvingPath) -> str:
        """See ``FilesystemImpl``."""
        self.mu.read_lock()
        try:
            dentry = self._walk_existing_locked(rp)
            inode = inode_of(dentry)
        finally:
            self.mu.read_unlock()
        if not isinstance(inode, Symlink):
            raise FsError(errno.EINVAL)
        return inode.target

    def _stat_locked(self, inode: Inode) -> Stat:
        """What is known about an inode."""
        nlink = inode.nlink.read()
        size = inode.size()
        return Stat(dev=self.name, ino=inode.ino, mode=inode.mode, nlink=nlink, size=size)
