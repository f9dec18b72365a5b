"""Defects of the lock-free lookup, of climbing a stack, and of what changes the table under them."""

from __future__ import annotations

import errno

from impl.dentry import Dentry
from impl.drops import Drops
from impl.mount import Mount
from impl.mount_table import Key, MountTable, Probe
from impl.mount_walk import MountWalk
from impl.namespace import MountNamespace
from impl.slots import SlotArray
from impl.umount import UmountOperations
from stress.planting import Planted


def _believe_an_empty_slot(self: MountTable, array: SlotArray, index: int, key: Key, epoch: int) -> Mount | Probe | None:
    mount = array.load_value(index)
    if mount is None:
        return None
    slot_hash = array.load_hash(index)
    if not self.seq.read_ok(epoch):
        return Probe.RESTART
    if slot_hash != key.hash_word:
        return Probe.NEXT_SLOT
    mount_parent = mount.parent.load()
    mount_point = mount.point.load()
    if not self.seq.read_ok(epoch):
        return Probe.RESTART
    return mount if mount_parent is key.parent and mount_point is key.point else Probe.NEXT_SLOT


L05 = Planted(
    slug="L05",
    source="Linux b37199e626b3 (2014); operator M8",
    what="an empty slot is believed before the sequence counter is checked, although an entry may have moved into a passed slot",
    owner=MountTable,
    attribute="_examine",
    replacement=_believe_an_empty_slot,
)


def _clear_only(self: SlotArray, index: int) -> None:
    self.clear(index)


M12 = Planted(
    slug="M12",
    source="operator M12; gVisor 0a580e0fb (G24) in a table that stops at an empty slot",
    what="removing an entry leaves a hole, and probes for the entries behind it end there",
    owner=SlotArray,
    attribute="remove_shifting_back",
    replacement=_clear_only,
)


def _without_write_section(
    self: UmountOperations, mount: Mount, namespace: MountNamespace, *, lazy: bool, drops: Drops
) -> int | None:
    if not self._is_mounted_in_locked(mount, namespace) or mount is namespace.root_mount:
        return errno.EINVAL
    claimed = lazy or self._claim_unused_locked(mount)
    if claimed:
        self._umount_recursive_locked(mount, disconnect_hierarchy=True, drops=drops)
    return None if claimed else errno.EBUSY


M44 = Planted(
    slug="M44",
    source="operator M44; Linux L08, L19",
    what="umount changes the table outside a write section, so a lookup under way does not start again",
    owner=UmountOperations,
    attribute="_umount_locked",
    replacement=_without_write_section,
)


def _inc_what_was_found(self: MountWalk, mount: Mount, dentry: Dentry) -> Mount | None:
    found = self.mounts.lookup(mount, dentry)
    if found is not None:
        found.inc_ref()
    return found


M5 = Planted(
    slug="M5",
    source="the seed, vfs/mount.go NewMount (next.incRef); operator M5, S4",
    what="a mount that the table named is taken for alive, although its last reference may be gone by now",
    owner=MountWalk,
    attribute="_get_one_mount_at",
    replacement=_inc_what_was_found,
)


def _let_go_first(self: MountWalk, mount: Mount, dentry: Dentry) -> Mount | None:
    top = self._get_one_mount_at(mount, dentry)
    while top is not None and top.root.is_mounted():
        top.dec_ref()
        above = self._get_one_mount_at(top, top.root)
        if above is None:
            break
        top = above
    return top


M36 = Planted(
    slug="M36",
    source="Linux 463ffb2e9d39; operator M36, L23",
    what="climbing a stack lets go of the lower mount before the next one is held",
    owner=MountWalk,
    attribute="get_mount_at",
    replacement=_let_go_first,
)
