"""Putting mounts into the tree and taking them out.

Everything that says where a mount is changes together, inside one write section under ``mount_mu``: its key, its
parent's children, the dentry's counter, the namespace's counter, the table and the VFS's set. What a locked
section refuses it says by what it returns; the error is raised, and references are dropped, after unlocking.

Source: gVisor ``connectLocked``, ``disconnectLocked``, ``ConnectMountAt`` (128948d6a, c8e796838, d7d8a0a5a); Linux
``attach_mnt``, ``do_lock_mount``.
"""

from __future__ import annotations

import errno

from impl.dentry import Dentry
from impl.drops import Drops
from impl.errors import FsError, InvariantError
from impl.mount import Mount
from impl.namespace import MountNamespace
from impl.vfs_state import VfsState
from impl.virtual_dentry import VirtualDentry


class ConnectOperations(VfsState):
    """Mounting, on places that are already resolved."""

    def connect_mount_at(self, mount: Mount, vd: VirtualDentry) -> None:
        """Connect a mount that was never connected on ``vd``, on top of whatever is mounted there.

        The caller holds a reference on ``mount`` and keeps it; its references on ``vd`` are taken over.

        Errors, in the order checked:
            ENOENT: The mount point was deleted, or its mount umounted.
        Linearizes at: the write section.
        Source: gVisor ``ConnectMountAt``; mount(2).
        """
        if not self._connect_mount_at(mount, vd):
            raise FsError(errno.ENOENT)

    def _connect_mount_at(self, mount: Mount, vd: VirtualDentry) -> bool:
        """Connect ``mount`` on top of ``vd``; whether there was a place to connect it to."""
        drops = Drops()
        self.mount_mu.lock()
        try:
            place = self._lock_mountpoint_locked(vd, drops)
            if place is not None:
                self._connect_at_locked(mount, place)
                place.dentry.mu.unlock()
        finally:
            self.mount_mu.unlock()
        drops.run()
        return place is not None

    def _lock_mountpoint_locked(self, vd: VirtualDentry, drops: Drops) -> VirtualDentry | None:
        """The top of the stack on ``vd``, with its dentry's ``mu`` held; ``None`` if nothing can be mounted there.

        Somebody may have mounted there since ``vd`` was resolved. Each level is tested afresh, under the ``mu`` of
        that level's dentry: deletion holds ``mu`` until it is decided, so the test cannot become false.

        Takes over the references on ``vd``; the caller owns those on what is returned.
        """
        while True:
            vd.dentry.mu.lock()
            if vd.dentry.is_disowned() or vd.mount.umounted.read():
                vd.dentry.mu.unlock()
                drops.drop_place(vd)
                return None
            above = self._mounted_on_locked(vd)
            if above is None:
                return vd
            vd.dentry.mu.unlock()
            drops.drop_place(vd)
            vd = above

    def _mounted_on_locked(self, vd: VirtualDentry) -> VirtualDentry | None:
        """The root of what is mounted on ``vd``, with references, or ``None``.

        A mount that cannot be referenced any more is umounted but still connected; it counts as nothing.
        """
        if not vd.dentry.is_mounted():
            return None
        mount = self.mounts.lookup(vd.mount, vd.dentry)
        if mount is None or not mount.try_inc_mounted_ref():
            return None
        mount.root.inc_ref()
        return VirtualDentry(mount, mount.root)

    def _connect_at_locked(self, mount: Mount, vd: VirtualDentry) -> None:
        """Connect ``mount`` on ``vd`` in a write section of its own. Needs ``mount_mu`` and ``vd.dentry.mu``."""
        ns = vd.mount.ns.read()
        if ns is None:
            raise InvariantError("tree", f"{vd.mount!r} is not umounted and in no namespace")
        self.mounts.seq.begin_write()
        try:
            self._connect_locked(mount, vd, ns)
        finally:
            self.mounts.seq.end_write()

    def _connect_locked(self, mount: Mount, vd: VirtualDentry, ns: MountNamespace) -> None:
        """Enter ``mount`` into every index. Needs ``mount_mu``, a write section, and ``vd.dentry.mu``.

        Takes over the references on ``vd`` and adds the VFS's own reference on ``mount``.
        """
        mount.inc_ref()
        mount.parent.store(vd.mount)
        mount.point.store(vd.dentry)
        vd.mount.children.add(mount)
        vd.dentry.mounts.add(1)
        mount.ns.write(ns)
        ns.count_mountpoint_locked(vd.dentry)
        self.mounts.insert_locked(mount)
        self._add_mountpoint_locked(vd.dentry, mount)

    def _disconnect_locked(self, mount: Mount) -> VirtualDentry:
        """Take ``mount`` out of every index. Needs ``mount_mu`` and a write section; ``mount`` is connected.

        The table entry goes while the key is still set, since the key is what finds it.

        Returns:
            Where it was; the caller must drop these references after unlocking.
        """
        parent = mount.parent.load()
        point = mount.point.load()
        ns = mount.ns.read()
        if parent is None or point is None or ns is None:
            raise InvariantError("key-pair", f"{mount!r} is disconnected from ({parent!r}, {point!r}) in {ns!r}")
        parent.children.discard(mount)
        point.mounts.add(-1)
        ns.uncount_mountpoint_locked(point)
        self.mounts.remove_locked(mount)
        mount.parent.store(None)
        mount.point.store(None)
        self._remove_mountpoint_locked(point, mount)
        return VirtualDentry(parent, point)

    def disconnect_destroyed(self, mount: Mount) -> VirtualDentry | None:
        """Take a mount without references out of the tree if it is still connected.

        Without references nobody can connect it any more, so "not connected" needs no lock to be believed; "connected"
        is tested again under ``mount_mu``.

        Returns:
            Where it was, whose references the caller must drop, or ``None``.
        """
        if mount.parent.load() is None:
            return None
        self.mount_mu.lock()
        try:
            if mount.parent.load() is None:
                return None
            self.mounts.seq.begin_write()
            try:
                return self._disconnect_locked(mount)
            finally:
                self.mounts.seq.end_write()
        finally:
            self.mount_mu.unlock()

    def _add_mountpoint_locked(self, point: Dentry, mount: Mount) -> None:
        """Note in ``mountpoints`` that ``mount`` is on ``point``."""
        mounts = self.mountpoints.get(point, ()) or ()
        self.mountpoints[point] = (*mounts, mount)

    def _remove_mountpoint_locked(self, point: Dentry, mount: Mount) -> None:
        """Note in ``mountpoints`` that ``mount`` is no longer on ``point``."""
        mounts = self.mountpoints[point]
        left = tuple(other for other in mounts if other is not mount)
        if left:
            self.mountpoints[point] = left
        else:
            del self.mountpoints[point]
