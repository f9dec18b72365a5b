"""The functions of the seed, ``pkg/sentry/vfs/mount.go`` of gVisor 163ab5e9, line for line, to stand in for ours.

What Go says with ``goto`` is a loop here, and one memory access is one statement, as everywhere in ``impl``. Where the seed relies
on what era E1 does otherwise (deletion held ``mountMu`` from look to commit, and now holds the dentry's ``mu``) a comment says so.
The variants are values of ``SEED`` and not planted bugs of their own: several of them are right.
"""

from __future__ import annotations

import errno
from typing import Any

from impl.connect import ConnectOperations
from impl.dentry import Dentry
from impl.drops import Drops
from impl.errors import FsError
from impl.mount import Mount
from impl.mount_walk import MountWalk
from impl.namespace import MountNamespace
from impl.sync import INT64_MAX, INT64_MIN
from impl.virtual_dentry import VirtualDentry
from weft import Planted


def _new_mount(self: ConnectOperations, vd: VirtualDentry, drops: Drops) -> VirtualDentry | None:
    while True:
        if vd.dentry.is_disowned():
            drops.drop_place(vd)  # the seed unlocks mountMu and drops
            return None
        if not vd.dentry.is_mounted():
            break
        nextmnt = self.mounts.lookup(vd.mount, vd.dentry)
        if nextmnt is None:
            break
        nextmnt.inc_ref()
        nextmnt.root.inc_ref()
        vd.dec_ref()
        vd = VirtualDentry(nextmnt, nextmnt.root)
    vd.dentry.mu.lock()  # the caller unlocks it
    return vd


def _get_mount_at(self: MountWalk, mount: Mount, dentry: Dentry) -> Mount | None:
    while True:
        following = self.mounts.lookup(mount, dentry)
        if following is None:
            return None
        if following.try_inc_mounted_ref():
            break
    mount = following
    dentry = following.root
    while dentry.is_mounted():
        following = self.mounts.lookup(mount, dentry)
        if following is None:
            break
        if not following.try_inc_mounted_ref():
            continue
        mount.dec_ref()
        mount = following
        dentry = following.root
    return mount


def _get_mountpoint_at(self: MountWalk, mount: Mount, vfsroot: VirtualDentry | None) -> VirtualDentry | None:  # noqa: PLR0912 - the seed's
    while True:
        epoch = self.mounts.seq.begin_read()
        parent = mount.parent.load()
        point = mount.point.load()
        if not self.mounts.seq.read_ok(epoch):
            continue
        if parent is None or point is None:
            return None
        if not parent.try_inc_mounted_ref():
            continue
        if not point.try_inc_ref():
            parent.dec_ref()
            continue
        break
    mount = parent
    dentry = point
    while True:
        if vfsroot is not None and mount is vfsroot.mount and dentry is vfsroot.dentry:
            break
        if dentry is not mount.root:
            break
        while True:
            epoch = self.mounts.seq.begin_read()
            parent = mount.parent.load()
            point = mount.point.load()
            if not self.mounts.seq.read_ok(epoch):
                continue
            if parent is None or point is None:
                return VirtualDentry(mount, dentry)
            if not parent.try_inc_mounted_ref():
                continue
            if not point.try_inc_ref():
                parent.dec_ref()
                continue
            if not self.mounts.seq.read_ok(epoch):
                point.dec_ref()
                parent.dec_ref()
                continue
            break
        dentry.dec_ref()
        mount.dec_ref()
        mount = parent
        dentry = point
    return VirtualDentry(mount, dentry)


def _try_inc_mounted_ref(self: Mount) -> bool:
    while True:
        refs = self.refs.load()
        if refs <= 0:
            return False
        if self.refs.compare_and_swap(refs, refs + 1):
            return True


def _inc_ref(self: Mount) -> None:
    self.refs.add(1)


def _dec_ref(self: Mount) -> None:
    refs = self.refs.add(-1)
    if refs & INT64_MAX == 0:
        parent = self.parent.load()
        point = self.point.load()
        if point is not None and parent is not None:
            point.dec_ref()
            parent.dec_ref()
        self.root.dec_ref()
        self.fs.dec_ref()


def _check_begin_write(self: Mount) -> None:
    if self.writers.add(1) < 0:
        self.writers.add(-1)
        raise FsError(errno.EROFS)


def _end_write(self: Mount) -> None:
    self.writers.add(-1)


def _set_read_only_locked(self: Mount, *, read_only: bool) -> None:
    if (self.writers.load() < 0) == read_only:
        return
    if read_only:
        if not self.writers.compare_and_swap(0, INT64_MIN):
            raise FsError(errno.EBUSY)
        return
    self.writers.add(INT64_MIN)


def _ns_inc_ref(self: MountNamespace) -> None:
    if self.refs.add(1) <= 1:
        raise RuntimeError("MountNamespace.IncRef() called without holding a reference")


def _ns_dec_ref(self: MountNamespace) -> None:
    refs = self.refs.add(0)
    if refs < 0:
        raise RuntimeError("MountNamespace.DecRef() called without holding a reference")


def _root(self: MountNamespace) -> VirtualDentry:
    vd = VirtualDentry(self.root_mount, self.root_mount.root)
    vd.inc_ref()
    return vd


def _variant(name: str, function: Any, change: Any) -> Planted:
    return Planted(slug=name, source="gVisor 163ab5e9, vfs/mount.go", what="the seed's own", function=function, change=change)


SEED = {
    variant.slug: variant
    for variant in (
        _variant("NewMount", ConnectOperations._lock_mountpoint_locked, _new_mount),
        _variant("getMountAt", MountWalk.get_mount_at, _get_mount_at),
        _variant("getMountpointAt", MountWalk.get_mountpoint_at, _get_mountpoint_at),
        _variant("Mount.tryIncMountedRef", Mount.try_inc_mounted_ref, _try_inc_mounted_ref),
        _variant("Mount.incRef", Mount.inc_ref, _inc_ref),
        _variant("Mount.decRef", Mount.dec_ref, _dec_ref),
        _variant("Mount.CheckBeginWrite", Mount.check_begin_write, _check_begin_write),
        _variant("Mount.EndWrite", Mount.end_write, _end_write),
        _variant("Mount.setReadOnlyLocked", Mount.set_read_only_locked, _set_read_only_locked),
        _variant("MountNamespace.IncRef", MountNamespace.inc_ref, _ns_inc_ref),
        _variant("MountNamespace.DecRef", MountNamespace.dec_ref, _ns_dec_ref),
        _variant("MountNamespace.Root", MountNamespace.root, _root),
    )
}
"""By the seed's name. ``NewMountNamespace`` and ``Filesystem`` are not here: they touch nothing that is shared yet or changes."""
