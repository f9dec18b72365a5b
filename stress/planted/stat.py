"""Defects of looking at files."""

from __future__ import annotations

from impl.memfs.inode import inode_of
from impl.memfs.tree import MemfsTree
from impl.resolving_path import ResolvingPath
from impl.stat import Stat
from stress.planting import Planted


def _read_after_unlocking(self: MemfsTree, rp: ResolvingPath) -> Stat:
    self.mu.read_lock()
    try:
        dentry = self._walk_existing_locked(rp)
    finally:
        self.mu.read_unlock()
    return self._stat_locked(inode_of(dentry))


S16 = Planted(
    slug="S16",
    source="the seed, memfs StatAt",
    what="the inode is read after the filesystem's lock is released, and without a reference",
    owner=MemfsTree,
    attribute="stat_at",
    replacement=_read_after_unlocking,
)
