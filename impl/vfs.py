"""The virtual filesystem: all operations joined.

Source: gVisor ``vfs/vfs.go`` at the seed.
"""

from __future__ import annotations

import errno

from impl.dentry import Dentry
from impl.errors import FsError
from impl.filesystem import Filesystem
from impl.mount import Mount
from impl.namespaces import Namespaces
from impl.virtual_dentry import VirtualDentry


class VirtualFilesystem(Namespaces):
    """One tree of filesystems per namespace. Every method may be called from any thread."""

    def new_mount(self, vd: VirtualDentry, fs: Filesystem, root: Dentry, *, name: str) -> Mount:
        """Mount ``root`` of ``fs`` on ``vd``, on top of whatever is mounted there.

        Takes over the caller's references on ``vd``, ``fs`` and ``root``, also when it fails.

        Returns:
            The mount, without a reference: the VFS holds one until it is umounted.
        Errors, in the order checked:
            ENOENT: The mount point was deleted, or its mount umounted.
        Linearizes at: the write section of connecting it.
        Source: gVisor ``NewMount``; mount(2).
        """
        mount = Mount(name, self, fs, root)
        connected = self._connect_mount_at(mount, vd)
        mount.dec_ref()
        if not connected:
            raise FsError(errno.ENOENT)
        return mount
