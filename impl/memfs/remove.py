"""Deleting files and directories.

Order of checks: the whole path, then whether the mount may be written, then what is wrong with the file, and whether it is a
mount point last of all. Only once that is settled does the tree change, between prepare and commit.

Source: gVisor ``memfs/filesystem.go`` ``RmdirAt``, ``UnlinkAt`` at the seed, taking the last component directly (f45df7505);
rmdir(2), unlink(2).
"""

from __future__ import annotations

import errno

from impl.dentry import Dentry
from impl.drops import Drops
from impl.errors import FsError
from impl.memfs.create import MemfsCreate
from impl.memfs.inode import Directory, inode_of
from impl.resolving_path import ResolvingPath

ROOT_NAME = "/"
"""Stands for the missing last component of "/"."""


class MemfsRemove(MemfsCreate):
    """Operations that delete a name."""

    def rmdir_at(self, rp: ResolvingPath) -> None:
        """See ``FilesystemImpl``."""
        drops = Drops()
        self.mu.write_lock()
        try:
            parent = self._walk_parent_locked(rp, rp.start)
            child = self._child_to_remove_locked(rp, parent)
            rp.mount.check_begin_write()
            try:
                self._rmdir_locked(rp, parent, child, drops)
            finally:
                rp.mount.end_write()
        finally:
            self.mu.write_unlock()
        drops.run()

    def unlink_at(self, rp: ResolvingPath) -> None:
        """See ``FilesystemImpl``."""
        drops = Drops()
        self.mu.write_lock()
        try:
            parent = self._walk_parent_locked(rp, rp.start)
            child = self._child_to_remove_locked(rp, parent)
            rp.mount.check_begin_write()
            try:
                self._unlink_locked(rp, parent, child, drops)
            finally:
                rp.mount.end_write()
        finally:
            self.mu.write_unlock()
        drops.run()

    def _child_to_remove_locked(self, rp: ResolvingPath, parent: Dentry) -> Dentry | None:
        """The entry the last component names, itself and not what is mounted on it; ``None`` for "/", "." and "..".

        Errors, in the order checked:
            ENOENT: There is none.
            ENOTDIR: It is not a directory and the path ends in a slash.
        """
        if last_name(rp) in {ROOT_NAME, ".", ".."}:
            return None
        child = self._child_locked(parent, rp.component())
        if child is None:
            raise FsError(errno.ENOENT)
        if rp.must_be_dir and not child.is_directory():
            raise FsError(errno.ENOTDIR)
        return child

    def _rmdir_locked(self, rp: ResolvingPath, parent: Dentry, child: Dentry | None, drops: Drops) -> None:
        """Delete a directory, or say why not. Needs ``mu`` for writing and a write announced."""
        if child is None:
            raise FsError({ROOT_NAME: errno.EBUSY, ".": errno.EINVAL, "..": errno.ENOTEMPTY}[last_name(rp)])
        directory = inode_of(child)
        if not isinstance(directory, Directory):
            raise FsError(errno.ENOTDIR)
        if len(directory.children):
            raise FsError(errno.ENOTEMPTY)
        rp.vfs.prepare_delete_dentry(rp.namespace, child)
        self._remove_child_locked(parent, rp.component())
        self._drop_directory_locked(parent, directory)
        rp.vfs.commit_delete_dentry(child, drops)
        drops.drop_dentry(child)

    def _unlink_locked(self, rp: ResolvingPath, parent: Dentry, child: Dentry | None, drops: Drops) -> None:
        """Delete a name of a file, or say why not. Needs ``mu`` for writing and a write announced."""
        if child is None:
            raise FsError(errno.EBUSY if last_name(rp) == ROOT_NAME else errno.EISDIR)
        inode = inode_of(child)
        if isinstance(inode, Directory):
            raise FsError(errno.EISDIR)
        rp.vfs.prepare_delete_dentry(rp.namespace, child)
        self._remove_child_locked(parent, rp.component())
        nlink = self._add_links_locked(inode, -1)
        rp.vfs.commit_delete_dentry(child, drops)
        if nlink == 0:
            drops.drop_dentry(child)

    def _drop_directory_locked(self, parent: Dentry, directory: Directory) -> None:
        """Count the links of a directory that is gone and of its parent. Needs ``mu`` for writing.

        Who is still in there may go up with "..", even when the parent is deleted too, so the parent must live as long.
        """
        above = inode_of(parent)
        directory.nlink.write(0)
        self._add_links_locked(above, -1)
        above.inc_ref()
        directory.deleted_from.write(above)


def last_name(rp: ResolvingPath) -> str:
    """The last component of a path whose other components are resolved; "/" if there is none."""
    return ROOT_NAME if rp.done() else rp.component()
