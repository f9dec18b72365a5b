"""Defects of climbing through "..": the mount point read may be stale, or half of another, when references to it are held."""

from __future__ import annotations

from impl.mount import Mount
from impl.mount_walk import Attempt, MountWalk
from impl.virtual_dentry import VirtualDentry
from weft import Edit, Planted


def unchecked(_: MountWalk, mount: Mount) -> VirtualDentry | Attempt | None:
    """Neither check."""
    parent = mount.parent.load()
    point = mount.point.load()
    if parent is None or point is None:
        return None
    if not parent.try_inc_mounted_ref():
        return Attempt.AGAIN
    if not point.try_inc_ref():
        parent.dec_ref()
        return Attempt.AGAIN
    return VirtualDentry(parent, point)


S1 = Planted(
    slug="S1",
    source="the seed, vfs/mount.go getMountpointAt (first block); fixed by 128948d6a; Linux aed434ada685",
    what="no check of the sequence counter after the references are taken: the pair may have stopped being true before",
    function=MountWalk._try_get_mountpoint,
    change=Edit(
        """
        if not self.mounts.seq.read_ok(epoch):
            point.dec_ref()
            parent.dec_ref()
            return Attempt.AGAIN
        return VirtualDentry(parent, point)
        """,
        "return VirtualDentry(parent, point)",
    ),
    oracle="O5, strict",
    race="dot_dot_vs_lazy_umount",
    check="final:the_mount_point_was_one_when_it_was_taken",
    covers=("M6",),
)

L07 = Planted(
    slug="L07",
    source="Linux aed434ada685",
    what="parent and mount point are read in two steps without any check, so they need not belong together",
    function=MountWalk._try_get_mountpoint,
    change=unchecked,
    oracle="O5",
    race="dot_dot_vs_lazy_umount",
    check="final:the_mount_point_was_one_when_it_was_taken",
)
