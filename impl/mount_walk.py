"""Crossing mount points, downwards and upwards, without locks.

Both directions work alike: ask the table (or the mount's key), take references to the answer, and start again if the
answer stopped being true before the references were held. The caller's own references keep its starting point alive.

Choice a reader may question: downwards there is no second check after the reference is taken. None is needed,
because an eager umount marks the mount in the same step that finds it unused (``Mount._mark_eagerly_umounted``), so
``try_inc_mounted_ref`` itself decides the race; a lazy umount allows references taken just before it.

Source: gVisor ``getMountAt`` and ``getMountpointAt`` at the seed, corrected by 128948d6a; Linux ``follow_mount``,
``follow_up``.
"""

from __future__ import annotations

from enum import Enum

from impl.dentry import Dentry
from impl.mount import Mount
from impl.vfs_state import VfsState
from impl.virtual_dentry import VirtualDentry


class Attempt(Enum):
    """What one attempt answers when it lost a race."""

    AGAIN = "raced with a change of the mount tree"


class MountWalk(VfsState):
    """Lock-free lookups that return references."""

    def get_mount_at(self, mount: Mount, dentry: Dentry) -> Mount | None:
        """The topmost mount stacked on (``mount``, ``dentry``), with a reference for the caller.

        The caller holds references on both arguments and keeps them. Roots of mounts need no reference: the mounts
        hold one.

        Returns:
            ``None`` if nothing is mounted there. A mount may have been stacked on top, or the mount
            umounted lazily, by the time the caller looks at it.
        Linearizes at: the lookup that found nothing on top of the mount returned.
        Source: gVisor ``getMountAt``; Linux ``follow_mount``.
        """
        top = self._get_one_mount_at(mount, dentry)
        if top is None:
            return None
        while top.root.is_mounted():
            above = self._get_one_mount_at(top, top.root)
            if above is None:
                break
            # Only now that the next mount is ours: until then it is this reference that keeps top.root alive.
            top.dec_ref()
            top = above
        return top

    def _get_one_mount_at(self, mount: Mount, dentry: Dentry) -> Mount | None:
        """The mount directly on (``mount``, ``dentry``), with a reference, or ``None``."""
        while True:
            found = self.mounts.lookup(mount, dentry)
            if found is None or found.try_inc_mounted_ref():
                return found

    def get_mountpoint_at(self, mount: Mount, vfsroot: VirtualDentry | None) -> VirtualDentry | None:
        """Where the stack of mounts that includes ``mount`` is mounted, with references for the caller.

        The caller holds references on ``mount`` and ``vfsroot``, keeps them, and has checked that
        (``mount``, ``mount.root``) is not ``vfsroot``.

        Args:
            mount: Where to climb from.
            vfsroot: The walker's root directory, above which it must not climb. ``None`` means no limit.

        Returns:
            ``None`` if ``mount`` is not mounted on anything. Otherwise a place that is not the root of a mounted
            mount, or is ``vfsroot``.
        Linearizes at: the last successful check of the sequence counter; both references were held by then.
        Source: gVisor ``getMountpointAt``; Linux ``follow_up``.
        """
        place = self._get_one_mountpoint(mount)
        if place is None:
            return None
        while place.is_mount_root() and place != vfsroot:
            above = self._get_one_mountpoint(place.mount)
            if above is None:
                break
            place.dec_ref()
            place = above
        return place

    def _get_one_mountpoint(self, mount: Mount) -> VirtualDentry | None:
        """Where ``mount`` itself is mounted, with references, or ``None``."""
        while True:
            place = self._try_get_mountpoint(mount)
            if place is not Attempt.AGAIN:
                return place

    def _try_get_mountpoint(self, mount: Mount) -> VirtualDentry | Attempt | None:
        """One attempt to read ``mount``'s key and take references to both halves.

        The last check matters although both references are held: the mount may have been umounted or moved after its
        key was read and before they were taken, and ".." would lead to where it no longer is.
        """
        epoch = self.mounts.seq.begin_read()
        parent = mount.parent.load()
        point = mount.point.load()
        if not self.mounts.seq.read_ok(epoch):
            return Attempt.AGAIN
        if parent is None or point is None:
            return None
        if not parent.try_inc_mounted_ref():
            return Attempt.AGAIN
        if not point.try_inc_ref():
            parent.dec_ref()
            return Attempt.AGAIN
        if not self.mounts.seq.read_ok(epoch):
            point.dec_ref()
            parent.dec_ref()
            return Attempt.AGAIN
        return VirtualDentry(parent, point)
