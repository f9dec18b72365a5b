"""Mount namespaces: one tree of mounts, seen by the processes that hold a reference.

Source: gVisor ``vfs/mount.go`` ``MountNamespace`` at the seed; counts instead of a set, and a working release, from
commit 128948d6a; Linux ``struct mnt_namespace``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from impl import refcount
from impl.sync import AtomicInt64, Shared, SharedDict
from impl.virtual_dentry import VirtualDentry

if TYPE_CHECKING:
    from impl.dentry import Dentry
    from impl.mount import Mount


class MountNamespace(Shared):
    """A tree of mounts. Unless said otherwise, callers of its methods hold a reference."""

    def __init__(self, name: str, root_mount: Mount) -> None:
        """A namespace with one reference, the caller's; it takes over the caller's reference to ``root_mount``."""
        self.name = name
        # The mount at the bottom of "/". It cannot be umounted, only released with the namespace.
        self.root_mount = root_mount
        # References of processes. Atomic. At zero the whole tree is umounted. Invariant destroyed-once: zero is final.
        self.refs = AtomicInt64(1)
        # How many mounts of this namespace sit on a dentry; absent means none. Guarded by vfs.mount_mu. Decides whether
        # a dentry may be deleted or renamed, so it is kept even when the namespace has no references left. It counts,
        # since one dentry can be the point of several mounts (binds of one filesystem). Invariant ns-mountpoints:
        # equals the number of connected mounts with this ns and that point.
        self.mountpoints: SharedDict[Dentry, int] = SharedDict()

    def inc_ref(self) -> None:
        """Add a reference.

        Raises:
            RefcountError: There was none to add to.
        """
        refcount.inc_ref(self.refs, self)

    def dec_ref(self) -> None:
        """Drop a reference; the last one umounts the tree lazily, from the root.

        Linearizes at: the release of the tree (its write section), if this was the last reference.
        Raises:
            RefcountError: It was not held.
        """
        if refcount.dec_ref(self.refs, self):
            self.root_mount.vfs.release_namespace(self)

    def root(self) -> VirtualDentry:
        """The namespace's root, with a reference to mount and dentry for the caller.

        Mounts on top of the root are not followed; a path walk from here does that.
        """
        root = VirtualDentry(self.root_mount, self.root_mount.root)
        root.inc_ref()
        return root

    def count_mountpoint_locked(self, dentry: Dentry) -> None:
        """One more mount of this namespace sits on ``dentry``. Needs ``mount_mu``."""
        count = self.mountpoints.get(dentry, 0)
        self.mountpoints[dentry] = (count or 0) + 1

    def uncount_mountpoint_locked(self, dentry: Dentry) -> None:
        """One mount fewer sits on ``dentry``. Needs ``mount_mu``."""
        count = self.mountpoints[dentry]
        if count == 1:
            del self.mountpoints[dentry]
        else:
            self.mountpoints[dentry] = count - 1

    def has_mountpoint_locked(self, dentry: Dentry) -> bool:
        """Whether a mount of this namespace sits on ``dentry``. Needs ``mount_mu``."""
        return dentry in self.mountpoints
