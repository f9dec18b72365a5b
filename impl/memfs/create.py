"""Making directories, symlinks and hard links.

Order of checks: the whole path, then what is wrong with the name, then whether the mount may be written, as memfs always did it.

Source: gVisor ``memfs/filesystem.go`` ``checkCreateLocked``, ``MkdirAt``, ``LinkAt`` at the seed; mkdir(2), symlink(2), link(2).
"""

from __future__ import annotations

import errno

from impl.dentry import Dentry
from impl.errors import FsError
from impl.memfs.inode import Directory, Inode, MemfsDentry, Symlink, inode_of
from impl.memfs.tree import MemfsTree
from impl.resolving_path import ResolvingPath
from impl.virtual_dentry import VirtualDentry


class MemfsCreate(MemfsTree):
    """Operations that add a name."""

    def mkdir_at(self, rp: ResolvingPath, mode: int) -> None:
        """See ``FilesystemImpl``."""
        self.mu.write_lock()
        try:
            parent = self._parent_for_create_locked(rp, directory=True)
            rp.mount.check_begin_write()
            try:
                name = rp.component()
                directory = Directory(self._inode_name(parent, name), self._new_ino(), mode & 0o1777)
                self._add_child_locked(parent, name, directory)
                self._add_links_locked(inode_of(parent), 1)
            finally:
                rp.mount.end_write()
        finally:
            self.mu.write_unlock()

    def symlink_at(self, rp: ResolvingPath, target: str) -> None:
        """See ``FilesystemImpl``."""
        self.mu.write_lock()
        try:
            parent = self._parent_for_create_locked(rp, directory=False)
            rp.mount.check_begin_write()
            try:
                name = rp.component()
                symlink = Symlink(self._inode_name(parent, name), self._new_ino(), target)
                self._add_child_locked(parent, name, symlink)
            finally:
                rp.mount.end_write()
        finally:
            self.mu.write_unlock()

    def link_at(self, rp: ResolvingPath, old: VirtualDentry) -> None:
        """See ``FilesystemImpl``."""
        self.mu.write_lock()
        try:
            parent = self._parent_for_create_locked(rp, directory=False)
            if rp.mount is not old.mount:
                raise FsError(errno.EXDEV)
            rp.mount.check_begin_write()
            try:
                self._link_locked(parent, rp.component(), inode_of(old.dentry))
            finally:
                rp.mount.end_write()
        finally:
            self.mu.write_unlock()

    def _link_locked(self, parent: Dentry, name: str, inode: Inode) -> None:
        """Give ``inode`` a further name, if it may have one. Needs ``mu`` for writing."""
        if isinstance(inode, Directory):
            raise FsError(errno.EPERM)
        nlink = inode.nlink.read()
        if nlink == 0:
            raise FsError(errno.ENOENT)
        inode.nlink.write(nlink + 1)
        self._add_child_locked(parent, name, inode)

    def _parent_for_create_locked(self, rp: ResolvingPath, *, directory: bool) -> Dentry:
        """The directory in which the path's last component can be made.

        Errors, in the order checked:
            ENOENT, ENOTDIR, ELOOP: As for each step.
            EEXIST: The name exists, or is ".", ".." or "/".
            ENOENT: The directory was deleted, or the name ends in a slash and is not to be a ``directory``.
        """
        parent = self._walk_parent_locked(rp, rp.start)
        if rp.done() or rp.component() in {".", ".."} or self._child_locked(parent, rp.component()) is not None:
            raise FsError(errno.EEXIST)
        if parent.is_disowned() or (rp.must_be_dir and not directory):
            raise FsError(errno.ENOENT)
        return parent

    def _child_locked(self, parent: Dentry, name: str) -> Dentry | None:
        """The entry ``name`` of a directory, or ``None``."""
        directory = inode_of(parent)
        return directory.children.get(name) if isinstance(directory, Directory) else None

    def _add_child_locked(self, parent: Dentry, name: str, inode: Inode) -> Dentry:
        """Enter ``inode`` into a directory under ``name``. Needs ``mu`` for writing."""
        path = _path(parent, name)
        child = Dentry(path, MemfsDentry(f"{path}.impl", inode, parent))
        self._put_child_locked(parent, name, child)
        return child

    def _put_child_locked(self, parent: Dentry, name: str, child: Dentry) -> None:
        """Set the entry ``name`` of a directory. Needs ``mu`` for writing."""
        directory = inode_of(parent)
        if isinstance(directory, Directory):
            directory.children[name] = child

    def _remove_child_locked(self, parent: Dentry, name: str) -> None:
        """Remove the entry ``name`` of a directory. Needs ``mu`` for writing."""
        directory = inode_of(parent)
        if isinstance(directory, Directory):
            del directory.children[name]

    def _add_links_locked(self, inode: Inode, change: int) -> int:
        """Change the number of names; the new one. Needs ``mu`` for writing."""
        nlink = inode.nlink.read() + change
        inode.nlink.write(nlink)
        return nlink

    def _new_ino(self) -> int:
        """A fresh inode number."""
        return self._last_ino.add(1)

    def _inode_name(self, parent: Dentry, name: str) -> str:
        """How traces show the inode of a new file."""
        return f"{_path(parent, name)}.inode"


def _path(parent: Dentry, name: str) -> str:
    """The path of an entry, as traces show it."""
    return f"{parent.name.removesuffix('/')}/{name}"
