"""The state of a virtual filesystem, without its operations.

The operations are split over several classes by subject (walks, connect, umount, ...), each deriving from this one;
``VirtualFilesystem`` joins them. Nothing but state belongs here.

Source: gVisor ``vfs/vfs.go`` ``VirtualFilesystem`` at the seed; ``mountMu`` as a plain mutex since 128948d6a.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from impl.dentry import Dentry
from impl.mount import Mount
from impl.mount_table import HashFunction, MountTable, hash_of_names
from impl.sync import Mutex, RWMutex, Shared, SharedDict

if TYPE_CHECKING:
    from impl.filesystem_type import FilesystemType
    from impl.vfs import VirtualFilesystem


class VfsState(Shared):
    """Locks and indexes shared by all operations. Only ever made as a ``VirtualFilesystem``."""

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
        # Guards fs_types. Never held together with another lock.
        self.fs_types_mu = RWMutex()
        # The filesystem types that can be mounted, by name. Guarded by fs_types_mu. Never unregistered or replaced.
        self.fs_types: SharedDict[str, FilesystemType] = SharedDict()

    def _vfs(self) -> VirtualFilesystem:
        """Itself, typed as the whole it is a part of."""
        return cast("VirtualFilesystem", self)
