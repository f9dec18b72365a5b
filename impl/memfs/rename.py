"""Renaming, with replacement. The seed answers EPERM; this is what ``tmpfs`` later did, in Linux's order of checks.

Decided: but for one. A source that does not exist comes before a read-only mount and before a deleted new directory, since all
names are resolved before anything else is checked (facts 1.6, 2.1 at f45df7505); Linux asks for write access first.

Source: gVisor ``tmpfs/filesystem.go`` ``RenameAt``; Linux ``do_renameat2``, ``vfs_rename``; rename(2).
"""

from __future__ import annotations

import errno
from dataclasses import dataclass

from impl.dentry import Dentry
from impl.drops import Drops
from impl.errors import FsError
from impl.memfs.inode import Directory, inode_of, memfs_dentry
from impl.memfs.remove import ROOT_NAME, MemfsRemove, last_name
from impl.resolving_path import ResolvingPath
from impl.virtual_dentry import VirtualDentry


@dataclass(frozen=True)
class Move:
    """What a rename wants: ``source``, which is ``old_name`` in ``old_parent``, to be ``new_name`` in ``new_parent``."""

    source: Dentry
    old_parent: Dentry
    old_name: str
    new_parent: Dentry
    new_name: str
    must_be_dir: bool


class MemfsRename(MemfsRemove):
    """The operation that moves a name."""

    def rename_at(self, rp: ResolvingPath, old_parent: VirtualDentry, old_name: str, *, old_must_be_dir: bool) -> None:
        """See ``FilesystemImpl``."""
        drops = Drops()
        self.mu.write_lock()
        try:
            new_parent = self._walk_parent_locked(rp, rp.start)
            if rp.mount is not old_parent.mount:
                raise FsError(errno.EXDEV)
            if {old_name, last_name(rp)} & {ROOT_NAME, ".", ".."}:
                raise FsError(errno.EBUSY)
            source = self._child_locked(old_parent.dentry, old_name)
            if source is None:
                raise FsError(errno.ENOENT)
            rp.mount.check_begin_write()
            try:
                must_be_dir = old_must_be_dir or rp.must_be_dir
                move = Move(source, old_parent.dentry, old_name, new_parent, rp.component(), must_be_dir)
                self._rename_locked(rp, move, drops)
            finally:
                rp.mount.end_write()
        finally:
            self.mu.write_unlock()
        drops.run()

    def _rename_locked(self, rp: ResolvingPath, move: Move, drops: Drops) -> None:
        """Carry a rename out, or say why not. Needs ``mu`` for writing and a write announced."""
        source = move.source
        if move.must_be_dir and not source.is_directory():
            raise FsError(errno.ENOTDIR)
        if self._is_ancestor_locked(source, move.new_parent):
            raise FsError(errno.EINVAL)
        target = self._child_locked(move.new_parent, move.new_name)
        if target is not None:
            if self._is_ancestor_locked(target, move.old_parent):
                raise FsError(errno.ENOTEMPTY)
            if inode_of(source) is inode_of(target):
                return  # two names of one file, or one name twice: nothing to do, and both stay
            self._check_replaceable_locked(source, target)
        elif move.new_parent.is_disowned():
            raise FsError(errno.ENOENT)
        rp.vfs.prepare_rename_dentry(rp.namespace, source, target)
        self._move_entry_locked(move)
        self._count_links_locked(move, target, drops)
        rp.vfs.commit_rename_replace_dentry(source, target, drops)

    def _check_replaceable_locked(self, source: Dentry, target: Dentry) -> None:
        """Whether ``target`` may be replaced by ``source``.

        Errors, in the order checked:
            ENOTDIR: Only ``source`` is a directory.
            EISDIR: Only ``target`` is a directory.
            ENOTEMPTY: ``target`` is a directory with entries.
        """
        replaced = inode_of(target)
        if source.is_directory() and not target.is_directory():
            raise FsError(errno.ENOTDIR)
        if target.is_directory() and not source.is_directory():
            raise FsError(errno.EISDIR)
        if isinstance(replaced, Directory) and len(replaced.children):
            raise FsError(errno.ENOTEMPTY)

    def _is_ancestor_locked(self, dentry: Dentry, below: Dentry) -> bool:
        """Whether ``below`` is ``dentry`` or inside it."""
        current: Dentry | None = below
        while current is not None:
            if current is dentry:
                return True
            current = memfs_dentry(current).parent.read()
        return False

    def _move_entry_locked(self, move: Move) -> None:
        """Move the entry: the old name is removed, or the file would have two. Needs ``mu`` for writing."""
        self._remove_child_locked(move.old_parent, move.old_name)
        self._put_child_locked(move.new_parent, move.new_name, move.source)
        memfs_dentry(move.source).parent.write(move.new_parent)

    def _count_links_locked(self, move: Move, target: Dentry | None, drops: Drops) -> None:
        """Count the links of what was replaced and of both directories. Needs ``mu`` for writing."""
        if target is not None:
            replaced = inode_of(target)
            if isinstance(replaced, Directory):
                self._drop_directory_locked(move.new_parent, replaced)
                drops.drop_dentry(target)
            elif self._add_links_locked(replaced, -1) == 0:
                drops.drop_dentry(target)
        if move.source.is_directory() and move.old_parent is not move.new_parent:
            self._add_links_locked(inode_of(move.old_parent), -1)
            self._add_links_locked(inode_of(move.new_parent), 1)
