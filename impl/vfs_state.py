"""The state of a virtual filesystem, without its operations.

The operations are split over several classes by subject (walks, connect, umount, ...), each deriving from this one;
``VirtualFilesystem`` joins them. Nothing but state belongs here.

Source: gVisor ``vfs/vfs.go`` ``VirtualFilesystem`` at the seed; ``mountMu`` as a plain mutex since 128948d6a.
"""

from __future__ import annotations

from impl.dentry import Dentry
from impl.mount import Mount
from impl.mount_table import HashFunction, MountTable, hash_of_names
from impl.sync import Mutex, Shared, SharedDict


class VfsState(Shared):
    """Locks and indexes shared by all operations."""

    def __init__(self, *, hash_function: HashFunction = hash_of_names, name: str = "vfs") -> None:
        """A VFS without mounts.

        Args:
            hash_function: How the mount table hashes (parent, point).
            name: How traces show it.
        """
        self.name = name
        # Serialises every change to the mount trees. Taken after filesystem locks, before any dentry's mu.
        self.mount_mu = Mutex()
        # The mounts by (parent, point). Read by anybody; changed under mount_mu inside a write section. Invariant
        # table-entry: exactly the connected mounts, each under its key, no key twice.
        self.mounts = MountTable(hash_function)
        # The mounts on a dentry, over all parents and namespaces; absent means none. Guarded by mount_mu. Serves
        # "detach everything mounted on this deleted dentry". Invariant vfs-mountpoints: exactly the connected mounts,
        # by point.
        self.mountpoints: SharedDict[Dentry, tuple[Mount, ...]] = SharedDict()
