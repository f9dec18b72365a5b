"""Defects of dropping the last reference: of a mount and of a namespace."""

from __future__ import annotations

from impl.mount import Mount
from impl.namespace import MountNamespace
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
