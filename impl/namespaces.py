"""Making mount namespaces: from a filesystem, from a filesystem type, and as a copy of another.

Source: gVisor ``NewMountNamespace`` at the seed, ``CloneMountNamespace`` (41bb04c14); Linux ``copy_mnt_ns``.
"""

from __future__ import annotations

from impl.dentry import Dentry
from impl.drops import Drops
from impl.filesystem import Filesystem
from impl.mount import Mount
from impl.mount_syscalls import MountSyscalls
from impl.namespace import MountNamespace
from impl.virtual_dentry import VirtualDentry


class Namespaces(MountSyscalls):
    """Namespace operations."""

    def new_mount_namespace(self, fs: Filesystem, root: Dentry, *, name: str = "ns") -> MountNamespace:
        """A namespace whose "/" is ``root`` of ``fs``, with one reference for the caller.

        Takes over the caller's references on ``fs`` and ``root``.

        Args:
            fs: The root filesystem.
            root: A dentry of ``fs``.
            name: How traces show the namespace; its root mount is called ``name/``.
        """
        return self._new_namespace_of(Mount(f"{name}/", self._vfs(), fs, root), name)

    def _new_namespace_of(self, root_mount: Mount, name: str) -> MountNamespace:
        """A namespace with this root mount, whose reference is taken over. Nobody else knows the mount yet."""
        namespace = MountNamespace(name, root_mount)
        root_mount.ns.write(namespace)
        return namespace

    def create_mount_namespace(self, fs_type_name: str, *, source: str = "none", name: str = "ns") -> MountNamespace:
        """A namespace with a new filesystem at "/", with one reference for the caller.

        Args:
            fs_type_name: A registered type.
            source: Handed to the type.
            name: How traces show the namespace.

        Errors, in the order checked:
            ENODEV: The type is not registered.
        Linearizes at: the return; nobody knows the namespace before.
        Source: gVisor ``NewMountNamespace``.
        """
        fs, root = self._new_filesystem(fs_type_name, source)
        return self.new_mount_namespace(fs, root, name=name)

    def clone_mount_namespace(self, namespace: MountNamespace, *, name: str) -> MountNamespace:
        """A namespace with a copy of every mount of ``namespace``, with one reference for the caller.

        The caller holds a reference on ``namespace`` and keeps it. Mounts on dentries that were just deleted are left out:
        whoever deletes them is about to umount them.

        Linearizes at: the copying, under ``mount_mu``.
        Source: gVisor ``CloneMountNamespace``; clone(2) with ``CLONE_NEWNS``.
        """
        drops = Drops()
        self.mount_mu.lock()
        try:
            origin = namespace.root_mount
            root_mount = self._clone_whole_locked(origin, f"{name}/")
            clone = self._new_namespace_of(root_mount, name)
            self._clone_children_locked(origin, root_mount, clone, drops)
        finally:
            self.mount_mu.unlock()
        drops.run()
        return clone

    def _clone_children_locked(self, origin: Mount, copy: Mount, namespace: MountNamespace, drops: Drops) -> None:
        """Copy everything below ``origin`` to below ``copy``. Needs ``mount_mu``."""
        pending = [(child, copy) for child in origin.children.members()]
        while pending:
            original, parent = pending.pop(0)
            point = original.point.load()
            if point is not None:
                child = self._clone_child_locked(original, VirtualDentry(parent, point), namespace)
                if child is not None:
                    drops.drop_mount(child)
                    below = original.children.members()
                    pending.extend((grandchild, child) for grandchild in below)

    def _clone_child_locked(self, original: Mount, place: VirtualDentry, namespace: MountNamespace) -> Mount | None:
        """Copy one mount to ``place``; ``None`` if that was deleted. The copy has a reference for the caller."""
        place.dentry.mu.lock()
        try:
            if place.dentry.is_disowned():
                return None
            child = self._clone_whole_locked(original, f"{original.name}@{namespace.name}")
            place.inc_ref()
            self._connect_at_locked(child, place)
        finally:
            place.dentry.mu.unlock()
        return child

    def _clone_whole_locked(self, mount: Mount, name: str) -> Mount:
        """A disconnected copy of ``mount`` with one reference. Needs ``mount_mu``."""
        return self._clone_locked(mount, VirtualDentry(mount, mount.root), name)
