"""Defects of climbing through "..": the mount point read may be stale when references to it are held."""

from __future__ import annotations

from impl.mount import Mount
from impl.mount_walk import Attempt, MountWalk
from impl.virtual_dentry import VirtualDentry
from stress.planting import Planted


def _without_last_check(self: MountWalk, mount: Mount) -> VirtualDentry | Attempt | None:
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
    return VirtualDentry(parent, point)


S1 = Planted(
    slug="S1",
    source="the seed, vfs/mount.go getMountpointAt (first block); Linux aed434ada685",
    what="no check of the sequence counter after the references are taken: the pair may have stopped being true before",
    owner=MountWalk,
    attribute="_try_get_mountpoint",
    replacement=_without_last_check,
)
