"""Defects of the lock-free lookup."""

from __future__ import annotations

from impl.mount import Mount
from impl.mount_table import Key, MountTable, Probe
from impl.slots import SlotArray
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
