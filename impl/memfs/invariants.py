"""The invariants of a memfs tree, checked. For quiet moments, like ``impl.invariants``."""

from __future__ import annotations

from collections import Counter

from impl.dentry import Dentry
from impl.errors import InvariantError
from impl.memfs.inode import Directory, Inode, inode_of, memfs_dentry
from impl.memfs.tree import MemfsTree


def check_memfs(fs: MemfsTree) -> None:
    """Check links-counted, parent-links, and that nothing reachable is deleted or without references.

    Raises:
        InvariantError: Naming the invariant that does not hold.
    """
    names: Counter[Inode] = Counter()
    pending: list[Dentry] = [fs.root]
    while pending:
        dentry = pending.pop()
        inode = inode_of(dentry)
        names[inode] += 1
        _require(not dentry.is_disowned(), "parent-links", f"{dentry!r} is in the tree and deleted")
        _require(inode.refs.load() > 0, "inode-refs", f"{inode!r} is in the tree without references")
        if isinstance(inode, Directory):
            children = [child for _, child in inode.children.items()]
            for child in children:
                parent = memfs_dentry(child).parent.read()
                _require(parent is dentry, "parent-links", f"{child!r} is in {dentry!r}, its parent is {parent!r}")
            names[inode] += 1 + sum(1 for child in children if child.is_directory())
            pending.extend(children)
    for inode, expected in names.items():
        nlink = inode.nlink.read()
        _require(nlink == expected, "links-counted", f"{inode!r} has nlink {nlink}, expected {expected}")


def check_memfs_released(fs: MemfsTree) -> None:
    """Check that a released tree holds nothing (invariant ``released``)."""
    pending: list[Dentry] = [fs.root]
    while pending:
        inode = inode_of(pending.pop())
        refs, nlink = inode.refs.load(), inode.nlink.read()
        _require((refs, nlink) == (0, 0), "released", f"{inode!r} has {refs} references and nlink {nlink}")
        if isinstance(inode, Directory):
            pending.extend(child for _, child in inode.children.items())


def _require(condition: object, invariant: str, message: str) -> None:
    if not condition:
        raise InvariantError(invariant, message)
