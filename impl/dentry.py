"""Dentries: the nodes that paths resolve to, as the mount layer sees them.

A dentry belongs to one filesystem. The mount layer keeps here only what it needs itself: whether something is
mounted on the dentry, whether the dentry was deleted, and the lock that decides between the two. How
references are counted is the filesystem's business (``DentryImpl``).

Source: gVisor ``vfs/dentry.go`` at the seed; ``mu`` from commit 128948d6a.
"""

from __future__ import annotations

from impl import refcount
from impl.stable_hash import hash_of_name
from impl.sync import AtomicBool, AtomicInt64, AtomicUint32, Mutex, Shared


class DentryImpl(Shared):
    """What a filesystem provides for each dentry: its reference count, and whether it is a directory.

    ``dec_ref`` is never called with ``mount_mu`` or a dentry's ``mu`` held, so it may take filesystem locks.
    """

    name: str

    def is_directory(self) -> bool:
        """Whether the file is a directory. Never changes."""
        return True

    def inc_ref(self) -> None:
        """Add a reference. The caller holds one."""
        raise NotImplementedError

    def try_inc_ref(self) -> bool:
        """Add a reference unless the dentry is gone; whether it was added. The caller need not hold one."""
        raise NotImplementedError

    def dec_ref(self) -> None:
        """Drop a reference the caller holds."""
        raise NotImplementedError


class CountedDentryImpl(DentryImpl):
    """The simplest dentry: a count, and nothing happens at zero. Enough for the mount layer alone."""

    def __init__(self, name: str) -> None:
        self.name = name
        # References held on the dentry. Atomic. Invariant inode-refs: as many as holders; zero is final.
        self.refs = AtomicInt64(1)

    def inc_ref(self) -> None:
        """Add a reference; an error at zero."""
        refcount.inc_ref(self.refs, self)

    def try_inc_ref(self) -> bool:
        """Add a reference; never from zero."""
        return refcount.try_inc_ref(self.refs)

    def dec_ref(self) -> None:
        """Drop a reference; an error below zero."""
        refcount.dec_ref(self.refs, self)


class Dentry(Shared):
    """A node of a filesystem tree (Linux's ``struct dentry``)."""

    def __init__(self, name: str, impl: DentryImpl) -> None:
        """A dentry nothing is mounted on.

        Args:
            name: How traces show it, and what the default mount hash uses; fixed when the file is renamed.
            impl: Whoever counts its references.
        """
        self.name = name
        self.name_hash = hash_of_name(name)
        self.impl = impl
        # Orders "deleted" against "mounted over": taken by connect, and held from prepare to commit of a deletion
        # or rename. Locking two of these requires mount_mu.
        self.mu = Mutex()
        # The file was deleted: no path leads here any more and nothing may be mounted here. Written once, under mu;
        # atomic, so that it may be read without. Invariant dead-not-mounted: no mount that is not umounted has a
        # disowned point, once the deleting call has returned.
        self.disowned = AtomicBool()
        # Number of mounts whose point is this dentry, over all parents and namespaces: a hint that lets path walks skip
        # the table. Atomic; written under vfs.mount_mu. Invariant mounts-counted: equals len(vfs.mountpoints[self])
        # whenever mount_mu is free.
        self.mounts = AtomicUint32()

    def is_mounted(self) -> bool:
        """Whether anything is mounted here under any parent. A hint: only a table lookup knows."""
        return self.mounts.load() != 0

    def is_disowned(self) -> bool:
        """Whether the file was deleted. Stable only while ``mu`` is held."""
        return self.disowned.load()

    def is_directory(self) -> bool:
        """Whether the file is a directory."""
        return self.impl.is_directory()

    def inc_ref(self) -> None:
        """Add a reference. The caller holds one."""
        self.impl.inc_ref()

    def try_inc_ref(self) -> bool:
        """Add a reference unless the dentry is gone; whether it was added."""
        return self.impl.try_inc_ref()

    def dec_ref(self) -> None:
        """Drop a reference. Never call it with ``mount_mu`` or ``mu`` held."""
        self.impl.dec_ref()


def new_counted_dentry(name: str) -> Dentry:
    """A dentry of the simplest kind, with one reference held by the caller."""
    return Dentry(name, CountedDentryImpl(f"{name}.impl"))
