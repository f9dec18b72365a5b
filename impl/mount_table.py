"""The mount table: (parent mount, mount point) -> mount, read without locks.

An open-addressing hash table guarded by a sequence counter. Mutators hold ``mount_mu`` and a write section for as long
as they change anything a reader looks at: the table and the keys of mounts. A lookup that overlaps a write section
starts again, so what it returns, *including "nothing there"*, was true at its last check. It takes no reference:
the mount may be gone when the caller uses it.

A mutator must not look up inside its own write section: it would wait for itself.

Source: gVisor ``vfs/mount_unsafe.go`` at the seed; Linux ``__lookup_mnt`` under ``mount_lock``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, Literal

from impl.errors import InvariantError
from impl.slots import PrivateSlots, SlotArray, insert_robin_hood
from impl.stable_hash import HASH_MASK, mix
from impl.sync import AtomicInt64, AtomicReference, SeqCount, Shared

if TYPE_CHECKING:
    from impl.dentry import Dentry
    from impl.mount import Mount

HashFunction = Callable[["Mount", "Dentry"], int]

INITIAL_ORDER: Final = 2
"""Log2 of the initial capacity."""

ORDER_BITS: Final = 6
"""``size`` holds the order in so many low bits and the length in the others."""

ORDER_MASK: Final = (1 << ORDER_BITS) - 1
LENGTH_ONE: Final = 1 << ORDER_BITS

# A table may be 13/16 full, so there is always an empty slot for probes to stop at.
MAX_LOAD_NUMERATOR: Final = 13
MAX_LOAD_DENOMINATOR: Final = 16


class Probe(Enum):
    """What one probe answers when it has no answer."""

    RESTART = "a write section overlapped"
    NEXT_SLOT = "another entry is here"


@dataclass(frozen=True)
class Key:
    """What a lookup looks for: where, and the hash word of that."""

    parent: Mount
    point: Dentry
    hash_word: int


def hash_of_names(parent: Mount, point: Dentry) -> int:
    """The default hash: of the names given at creation, so it is the same in every run."""
    return mix(parent.name_hash, point.name_hash)


class MountTable(Shared):
    """The table. ``lookup`` may be called by anybody; everything else needs ``mount_mu`` and a write section."""

    def __init__(self, hash_function: HashFunction = hash_of_names) -> None:
        """An empty table of capacity 4.

        Args:
            hash_function: From (parent, point) to an integer of up to 63 bits. Must not change over time; a constant
                one forces every two keys to collide.
        """
        self.name = "mounts"
        self.hash_function = hash_function
        # Odd while a mutator changes the table or any mount's key. Write sections are serialised by mount_mu.
        self.seq = SeqCount()
        # Low 6 bits: log2 of the capacity; the rest: number of entries. Atomic; written under mount_mu in a write section.
        # Invariant table-size: so many slots are not empty, at most 13/16 of the capacity.
        self._size = AtomicInt64(INITIAL_ORDER)
        # The slots. Atomic; replaced when the table grows, under mount_mu in a write section. Invariant table-size: as many as
        # the order in _size says.
        self._slots = AtomicReference(SlotArray(PrivateSlots(1 << INITIAL_ORDER).contents()))

    def hash_of(self, parent: Mount, point: Dentry) -> int:
        """The hash word of a key."""
        return self.hash_function(parent, point) & HASH_MASK

    def lookup(self, parent: Mount, point: Dentry) -> Mount | None:
        """The mount at (``parent``, ``point``), or ``None``. No reference is taken.

        Linearizes at: the last successful check of the sequence counter, also when the answer is ``None``.
        Source: gVisor ``mountTable.Lookup``.
        """
        key = Key(parent, point, self.hash_of(parent, point))
        while True:
            found = self._probe(key)
            if found is not Probe.RESTART:
                return found

    def _probe(self, key: Key) -> Mount | Literal[Probe.RESTART] | None:
        """One attempt at a lookup: the mount, ``None``, or ``RESTART``."""
        epoch = self.seq.begin_read()
        size = self._size.load()
        array = self._slots.load()
        if not self.seq.read_ok(epoch):
            return Probe.RESTART
        mask = (1 << (size & ORDER_MASK)) - 1
        index = key.hash_word & mask
        while True:
            found = self._examine(array, index, key, epoch)
            if found is not Probe.NEXT_SLOT:
                return found
            index = (index + 1) & mask

    def _examine(self, array: SlotArray, index: int, key: Key, epoch: int) -> Mount | Probe | None:
        """What one slot says about a key.

        Both words must be checked before either is believed, above all an empty value: the entry may have been
        shifted into a slot that this probe has already passed.
        """
        mount = array.load_value(index)
        slot_hash = array.load_hash(index)
        if not self.seq.read_ok(epoch):
            return Probe.RESTART
        if mount is None:
            return None
        if slot_hash != key.hash_word:
            return Probe.NEXT_SLOT
        mount_parent = mount.parent.load()
        mount_point = mount.point.load()
        if not self.seq.read_ok(epoch):
            return Probe.RESTART
        return mount if mount_parent is key.parent and mount_point is key.point else Probe.NEXT_SLOT

    def insert_locked(self, mount: Mount) -> None:
        """Enter ``mount`` under its key, growing the table if it is 13/16 full.

        Precondition: ``mount_mu`` and a write section are held; the key is set; no entry has the same key.
        """
        hash_word = self._hash_of_key_locked(mount)
        size = self._size.load()
        array = self._slots.load()
        capacity = 1 << (size & ORDER_MASK)
        length = size >> ORDER_BITS
        if (length + 1) * MAX_LOAD_DENOMINATOR <= MAX_LOAD_NUMERATOR * capacity:
            self._size.add(LENGTH_ONE)
            insert_robin_hood(array, capacity - 1, mount, hash_word)
        else:
            self._grow_locked(array, capacity, mount, hash_word)

    def _grow_locked(self, array: SlotArray, capacity: int, mount: Mount, hash_word: int) -> None:
        """Publish an array of twice the size with all entries and ``mount``."""
        bigger = PrivateSlots(2 * capacity)
        mask = 2 * capacity - 1
        index = 0
        while index < capacity:
            old = array.load_value(index)
            if old is not None:
                old_hash = array.load_hash(index)
                insert_robin_hood(bigger, mask, old, old_hash)
            index += 1
        insert_robin_hood(bigger, mask, mount, hash_word)
        self._size.add(LENGTH_ONE + 1)
        self._slots.store(SlotArray(bigger.contents()))

    def remove_locked(self, mount: Mount) -> None:
        """Take ``mount`` out.

        Precondition: ``mount_mu`` and a write section are held; ``mount`` is in the table and *its key still set*,
        since the probe starts at the key's home slot.

        Raises:
            InvariantError: It is not where its key says.
        """
        hash_word = self._hash_of_key_locked(mount)
        size = self._size.load()
        array = self._slots.load()
        mask = (1 << (size & ORDER_MASK)) - 1
        index = hash_word & mask
        while True:
            occupant = array.load_value(index)
            if occupant is mount:
                break
            if occupant is None:
                raise InvariantError("table-entry", f"{mount!r} is not in the mount table where its key says")
            index = (index + 1) & mask
        array.remove_shifting_back(index)
        self._size.add(-LENGTH_ONE)

    def _hash_of_key_locked(self, mount: Mount) -> int:
        """The hash of the key ``mount`` has."""
        parent = mount.parent.load()
        point = mount.point.load()
        if parent is None or point is None:
            raise InvariantError("key-pair", f"{mount!r} has no key to hash: ({parent!r}, {point!r})")
        return self.hash_of(parent, point)

    def __len__(self) -> int:
        """Number of entries."""
        return self._size.load() >> ORDER_BITS

    def capacity(self) -> int:
        """Number of slots."""
        return 1 << (self._size.load() & ORDER_MASK)

    def entries(self) -> tuple[Mount, ...]:
        """All mounts in the table, in slot order. Only for checks: consistent while ``mount_mu`` is free or held."""
        array = self._slots.load()
        found = [array.load_value(index) for index in range(len(array.slots))]
        return tuple(mount for mount in found if mount is not None)
