"""Defects of mounting on a place that somebody has mounted on meanwhile."""

from __future__ import annotations

from impl.connect import ConnectOperations
from impl.drops import Drops
from impl.virtual_dentry import VirtualDentry
from stress.planting import Planted


def _drop_under_the_lock(self: ConnectOperations, vd: VirtualDentry, drops: Drops) -> VirtualDentry | None:
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
        vd.dec_ref()
        vd = above


S4 = Planted(
    slug="S4",
    source="the seed, vfs/mount.go NewMount; drops moved out of the lock by 492d7a981, ed528835f, 848ec339a",
    what="climbing the stack drops references with mount_mu held, which may take filesystem locks that come before it",
    owner=ConnectOperations,
    attribute="_lock_mountpoint_locked",
    replacement=_drop_under_the_lock,
)


def _no_climb(_: ConnectOperations, vd: VirtualDentry, drops: Drops) -> VirtualDentry | None:
    vd.dentry.mu.lock()
    if vd.dentry.is_disowned() or vd.mount.umounted.read():
        vd.dentry.mu.unlock()
        drops.drop_place(vd)
        return None
    return vd


G11 = Planted(
    slug="G11",
    source="gVisor 3e69f5d08 (2021-03-03) to e0b158558 (2023-04-12); operator M22",
    what="the mount goes onto the place that was resolved, although another mount covers it by now",
    owner=ConnectOperations,
    attribute="_lock_mountpoint_locked",
    replacement=_no_climb,
)


def _on_what_was_umounted(self: ConnectOperations, vd: VirtualDentry, drops: Drops) -> VirtualDentry | None:
    while True:
        vd.dentry.mu.lock()
        if vd.dentry.is_disowned():
            vd.dentry.mu.unlock()
            drops.drop_place(vd)
            return None
        above = self._mounted_on_locked(vd)
        if above is None:
            return vd
        vd.dentry.mu.unlock()
        drops.drop_place(vd)
        vd = above


G12 = Planted(
    slug="G12",
    source="gVisor until d7d8a0a5a (2021-06-01)",
    what="nobody looks whether the mount that is mounted on was umounted",
    owner=ConnectOperations,
    attribute="_lock_mountpoint_locked",
    replacement=_on_what_was_umounted,
)
