"""Umount: eager, lazy, and with a whole namespace.

An eager umount (flags 0) succeeds only if nothing but the VFS and the caller refers to the mount, and then no walk can
enter it any more. A lazy one (``MNT_DETACH``) always succeeds: the whole subtree leaves the namespace at once, and what
still refers to it keeps working until it lets go.

Concurrent eager umounts of one mount can each see the other's reference and all fail with EBUSY, as on Linux.

Source: gVisor ``umountRecursiveLocked``, ``UmountAt`` (128948d6a, 46651a7d2, 97a36d169); Linux ``do_umount``.
"""

from __future__ import annotations

import errno

from impl.connect import ConnectOperations
from impl.drops import Drops
from impl.errors import FsError
from impl.mount import Mount
from impl.namespace import MountNamespace


class UmountOperations(ConnectOperations):
    """Umounting mounts that are already resolved."""

    def umount_mount(self, mount: Mount, namespace: MountNamespace, *, lazy: bool = False) -> None:
        """Umount ``mount``. The caller holds exactly one reference on it and keeps it.

        Args:
            mount: What to umount.
            namespace: The caller's namespace.
            lazy: As ``MNT_DETACH``: never busy, detaches the whole subtree.

        Errors, in the order checked:
            EINVAL: ``mount`` is not mounted in ``namespace`` (any more).
            EINVAL: ``mount`` is the root of ``namespace``.
            EBUSY: Not ``lazy``, and something is mounted on it or refers to it besides the VFS and the caller.
        Linearizes at: the compare-and-swap of the references (eager), the write section (lazy).
        Source: gVisor ``UmountAt``; umount(2).
        """
        drops = Drops()
        self.mount_mu.lock()
        try:
            error = self._umount_locked(mount, namespace, lazy=lazy, drops=drops)
        finally:
            self.mount_mu.unlock()
        drops.run()
        if error is not None:
            raise FsError(error)

    def _umount_locked(self, mount: Mount, namespace: MountNamespace, *, lazy: bool, drops: Drops) -> int | None:
        """Umount ``mount`` unless it must not be; the errno of the refusal. Needs ``mount_mu``."""
        if not self._is_mounted_in_locked(mount, namespace):
            return errno.EINVAL
        if mount is namespace.root_mount:
            return errno.EINVAL
        self.mounts.seq.begin_write()
        try:
            claimed = lazy or self._claim_unused_locked(mount)
            if claimed:
                self._umount_recursive_locked(mount, disconnect_hierarchy=True, drops=drops)
        finally:
            self.mounts.seq.end_write()
        return None if claimed else errno.EBUSY

    def _is_mounted_in_locked(self, mount: Mount, namespace: MountNamespace) -> bool:
        """Whether ``mount`` belongs to ``namespace`` and was not umounted. Needs ``mount_mu``."""
        return mount.ns.read() is namespace and not mount.umounted.read()

    def _claim_unused_locked(self, mount: Mount) -> bool:
        """Mark ``mount`` eagerly umounted if nothing uses it; whether it was. Needs ``mount_mu``."""
        if len(mount.children):
            return False
        return mount._mark_eagerly_umounted(expected=2)  # the caller's reference and the VFS's

    def _umount_recursive_locked(self, mount: Mount, *, disconnect_hierarchy: bool, drops: Drops) -> None:
        """Umount ``mount`` and everything below it, parents first. Needs ``mount_mu`` and a write section.

        Args:
            mount: Where to begin. What is umounted already is passed over, but not what is below it.
            disconnect_hierarchy: Disconnect the mounts from one another too. If not, only those whose parent is
                still mounted are disconnected, and holders of references see the rest as before.
            drops: Gets the references to drop after unlocking.
        """
        pending = [mount]
        while pending:
            current = pending.pop(0)
            if not current.umounted.read():
                current.umounted.write(value=True)
                drops.drop_mount(current)
                if self._should_disconnect_locked(current, disconnect_hierarchy=disconnect_hierarchy):
                    place = self._disconnect_locked(current)
                    drops.drop_place(place)
            children = current.children.members()
            pending[:0] = children

    def _should_disconnect_locked(self, mount: Mount, *, disconnect_hierarchy: bool) -> bool:
        """Whether a mount that is being umounted leaves its parent. Needs ``mount_mu``."""
        parent = mount.parent.load()
        if parent is None:
            return False
        return disconnect_hierarchy or not parent.umounted.read()

    def release_namespace(self, namespace: MountNamespace) -> None:
        """Umount the whole tree of a namespace without references, lazily.

        Linearizes at: the write section.
        Source: gVisor ``MountNamespace.DecRef``; Linux ``put_mnt_ns``.
        """
        drops = Drops()
        self.mount_mu.lock()
        try:
            self.mounts.seq.begin_write()
            try:
                self._umount_recursive_locked(namespace.root_mount, disconnect_hierarchy=True, drops=drops)
            finally:
                self.mounts.seq.end_write()
        finally:
            self.mount_mu.unlock()
        drops.run()
