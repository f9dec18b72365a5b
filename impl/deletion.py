"""Deleting and renaming dentries that may be mount points.

A filesystem does it in three calls: prepare, change its own tree, commit; or prepare and abort. From prepare to the end
the dentry's ``mu`` is held. Mounting needs it too, so a mount either is complete before prepare looks, or waits and then finds the
dentry deleted. ``mount_mu`` is held only while prepare looks, so a slow filesystem does not block mounts.

A mount point in the caller's namespace cannot be deleted, replaced or renamed. One in other namespaces only can be deleted; the
mounts on it are then umounted lazily (mount_namespaces(7)).

Source: gVisor ``vfs/dentry.go`` at 128948d6a; deferred drops as in 084a50225; Linux ``__detach_mounts``.
"""

from __future__ import annotations

import errno

from impl.dentry import Dentry
from impl.drops import Drops
from impl.errors import FsError
from impl.namespace import MountNamespace
from impl.umount import UmountOperations


class DeletionProtocol(UmountOperations):
    """Called by filesystems, with their own locks held. What must be dropped goes into ``drops``, to be run without them."""

    def prepare_delete_dentry(self, namespace: MountNamespace | None, dentry: Dentry) -> None:
        """Begin to delete ``dentry``; on success its ``mu`` is held until commit or abort.

        Args:
            namespace: The caller's. ``None`` for a caller without one, for whom nothing is a mount point.
            dentry: The caller's filesystem keeps it in its tree meanwhile.

        Errors, in the order checked:
            EBUSY: It is a mount point in ``namespace``.
        """
        self.mount_mu.lock()
        try:
            busy = self._is_mountpoint_locked(namespace, dentry)
            if not busy:
                dentry.mu.lock()
        finally:
            self.mount_mu.unlock()
        if busy:
            raise FsError(errno.EBUSY)

    def abort_delete_dentry(self, dentry: Dentry) -> None:
        """Do not delete ``dentry`` after all."""
        dentry.mu.unlock()

    def commit_delete_dentry(self, dentry: Dentry, drops: Drops) -> None:
        """``dentry`` is out of its filesystem's tree: nothing may be mounted on it, and what is gets umounted lazily."""
        dentry.disowned.store(value=True)
        dentry.mu.unlock()
        self._forget_if_mounted(dentry, drops)

    def invalidate_dentry(self, dentry: Dentry, drops: Drops) -> None:
        """Delete ``dentry`` without asking: the file vanished by itself, mount point or not."""
        dentry.mu.lock()
        self.commit_delete_dentry(dentry, drops)

    def prepare_rename_dentry(self, namespace: MountNamespace | None, source: Dentry, target: Dentry | None) -> None:
        """Begin to rename ``source``, replacing ``target``; on success both ``mu`` are held until commit or abort.

        Errors, in the order checked:
            EBUSY: One of them is a mount point in ``namespace``.
        """
        self.mount_mu.lock()
        try:
            busy = self._is_mountpoint_locked(namespace, source)
            if target is not None and not busy:
                busy = self._is_mountpoint_locked(namespace, target)
            if not busy:
                if target is not None:
                    target.mu.lock()
                source.mu.lock()
        finally:
            self.mount_mu.unlock()
        if busy:
            raise FsError(errno.EBUSY)

    def abort_rename_dentry(self, source: Dentry, target: Dentry | None) -> None:
        """Do not rename after all."""
        source.mu.unlock()
        if target is not None:
            target.mu.unlock()

    def commit_rename_replace_dentry(self, source: Dentry, target: Dentry | None, drops: Drops) -> None:
        """``source`` has its new name, and its old one is gone from the tree; ``target`` is deleted."""
        source.mu.unlock()
        if target is not None:
            self.commit_delete_dentry(target, drops)

    def commit_rename_exchange_dentry(self, source: Dentry, target: Dentry) -> None:
        """``source`` and ``target`` have changed places in the tree."""
        self.abort_rename_dentry(source, target)

    def _is_mountpoint_locked(self, namespace: MountNamespace | None, dentry: Dentry) -> bool:
        """Whether ``dentry`` is a mount point for callers in ``namespace``. Needs ``mount_mu``."""
        return namespace is not None and namespace.has_mountpoint_locked(dentry)

    def _forget_if_mounted(self, dentry: Dentry, drops: Drops) -> None:
        """Umount what is on a deleted dentry. The hint is enough: with ``disowned`` set nothing new can be mounted there."""
        if dentry.is_mounted():
            self._forget_dead_mountpoint(dentry, drops)

    def _forget_dead_mountpoint(self, dentry: Dentry, drops: Drops) -> None:
        """Umount everything on ``dentry`` in all namespaces lazily.

        The mounts on it leave their parents. Mounts below those stay connected to them as long as somebody refers to them, so
        that who is inside still finds the way up and down; each goes with its last reference.

        Decided: "remain visible to existing handles inside" (facts 2.6) means handles in the mount below itself, which is what
        era E1's references say (facts 2.2): it holds its parent, not its parent it. While it is connected its mount point stays
        busy in its namespace. Linux, and gVisor since 8053cd8f0, let the parent hold it.
        """
        self.mount_mu.lock()
        try:
            self.mounts.seq.begin_write()
            try:
                pending = list(self.mountpoints.get(dentry, ()) or ())
                while pending:
                    mount = pending.pop(0)
                    self._umount_recursive_locked(mount, disconnect_hierarchy=False, drops=drops)
                    if mount.parent.load() is not None:  # it was umounted before, and left connected
                        place = self._disconnect_locked(mount)
                        drops.drop_place(place)
            finally:
                self.mounts.seq.end_write()
        finally:
            self.mount_mu.unlock()
