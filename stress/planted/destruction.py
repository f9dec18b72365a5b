"""Defects of dropping the last reference: of a mount and of a namespace."""

from __future__ import annotations

from impl.connect import ConnectOperations
from impl.drops import Drops
from impl.mount import Mount
from impl.namespace import MountNamespace
from impl.virtual_dentry import VirtualDentry
from stress.planting import Planted


def _destroy_without_detaching(self: Mount) -> None:
    parent = self.parent.load()
    point = self.point.load()
    if parent is not None and point is not None:
        point.dec_ref()
        parent.dec_ref()
    self.root.dec_ref()
    self.fs.dec_ref()


S3 = Planted(
    slug="S3",
    source="the seed, vfs/mount.go Mount.decRef; fixed by 128948d6a",
    what="the last reference frees a mount that is still in the table, with its key read outside any lock",
    owner=Mount,
    attribute="_destroy",
    replacement=_destroy_without_detaching,
)


def _add_nothing(self: MountNamespace) -> None:
    refs = self.refs.add(0)
    if refs == 0:
        self.root_mount.vfs.release_namespace(self)


S2 = Planted(
    slug="S2",
    source="the seed, vfs/mount.go MountNamespace.DecRef; fixed by 128948d6a",
    what="dropping a reference adds 0 instead of -1, so a namespace is never released",
    owner=MountNamespace,
    attribute="dec_ref",
    replacement=_add_nothing,
)


def _disconnect_what_looked_connected(self: ConnectOperations, mount: Mount) -> VirtualDentry | None:
    if mount.parent.load() is None:
        return None
    self.mount_mu.lock()
    try:
        self.mounts.seq.begin_write()
        try:
            return self._disconnect_locked(mount)
        finally:
            self.mounts.seq.end_write()
    finally:
        self.mount_mu.unlock()


M28 = Planted(
    slug="M28",
    source="gVisor a8bc2e146 (G37c); operator M28",
    what="whether the destroyed mount is still connected is looked at before mount_mu is held, and not again",
    owner=ConnectOperations,
    attribute="disconnect_destroyed",
    replacement=_disconnect_what_looked_connected,
)


def _keep_it(_: Drops, mount: Mount) -> None:
    del mount


M15 = Planted(
    slug="M15",
    source="gVisor c8e796838 (G06) turned round; operator M15",
    what="umount does not drop the reference that the VFS had on the mount",
    owner=Drops,
    attribute="drop_mount",
    replacement=_keep_it,
)
