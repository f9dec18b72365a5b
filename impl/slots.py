"""The slots of the mount table, and the two open-addressing algorithms that move entries between them.

A slot is two words, value and hash, each loaded and stored on its own, so a reader can see one new and one old. A
slot is empty exactly when its value is ``None``; an empty slot's hash is stale. Keys are not stored: the mount itself
knows its key.

Insertion runs on anything with ``SlotWords``: the shared array, where each access is a step, and a private one,
which growth fills before anybody can see it and which therefore needs none.

Source: gVisor ``vfs/mount_unsafe.go`` at the seed; Celis, "Robin Hood Hashing", 1986.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from impl.sync import AtomicInt64, AtomicReference, Shared

if TYPE_CHECKING:
    from impl.mount import Mount


class SlotWords(Protocol):
    """An array of (value, hash) words."""

    def load_value(self, index: int) -> Mount | None:
        """The value word of a slot."""

    def load_hash(self, index: int) -> int:
        """The hash word of a slot."""

    def store(self, index: int, mount: Mount, hash_word: int) -> None:
        """Fill a slot: the value word, then the hash word."""


class Slot(Shared):
    """One slot. Both words: written under mount_mu inside a write section of the table; read by anybody."""

    def __init__(self, name: str, value: Mount | None, hash_word: int) -> None:
        self.name = name
        # The mount, or None if the slot is empty. Atomic; written under mount_mu in a write section. Invariant table-entry:
        # every connected mount is in exactly one slot, with no empty one between it and its home.
        self.value: AtomicReference[Mount | None] = AtomicReference(value)
        # The hash word of its key; stale while the slot is empty. Atomic; written as the value is. Invariant table-entry.
        self.hash = AtomicInt64(hash_word)


class SlotArray(Shared):
    """The slots of one table size. Growing makes a new array; the number of slots never changes."""

    def __init__(self, contents: tuple[tuple[Mount | None, int], ...]) -> None:
        """Slots with these (value, hash) words."""
        self.name = f"slots{len(contents)}"
        self.slots = tuple(Slot(f"{self.name}[{k}]", value, word) for k, (value, word) in enumerate(contents))

    def load_value(self, index: int) -> Mount | None:
        """The value word: one step."""
        return self.slots[index].value.load()

    def load_hash(self, index: int) -> int:
        """The hash word: one step."""
        return self.slots[index].hash.load()

    def store(self, index: int, mount: Mount, hash_word: int) -> None:
        """Value, then hash: two steps."""
        self.slots[index].value.store(mount)
        self.slots[index].hash.store(hash_word)

    def clear(self, index: int) -> None:
        """Empty a slot. Its hash word stays, as nobody looks at it."""
        self.slots[index].value.store(None)

    def remove_shifting_back(self, index: int) -> None:
        """Empty the slot at ``index`` and move the entries behind it one slot closer to home.

        Lookups stop at the first empty slot, so a hole must not be left before an entry that probed past it. The shift
        ends where the next slot is empty or holds an entry that is at home.

        Precondition: no other thread changes the slots.
        """
        mask = len(self.slots) - 1
        while True:
            following = (index + 1) & mask
            mount = self.load_value(following)
            if mount is None:
                break
            hash_word = self.load_hash(following)
            if hash_word & mask == following:
                break
            self.store(index, mount, hash_word)
            index = following
        self.clear(index)


class PrivateSlots:
    """Slots only one thread knows. ``contents`` is what ``SlotArray`` is made from."""

    def __init__(self, capacity: int) -> None:
        self._words: list[tuple[Mount | None, int]] = [(None, 0)] * capacity

    def load_value(self, index: int) -> Mount | None:
        """The value word."""
        return self._words[index][0]

    def load_hash(self, index: int) -> int:
        """The hash word."""
        return self._words[index][1]

    def store(self, index: int, mount: Mount, hash_word: int) -> None:
        """Both words."""
        self._words[index] = (mount, hash_word)

    def contents(self) -> tuple[tuple[Mount | None, int], ...]:
        """All (value, hash) words, in slot order."""
        return tuple(self._words)


def insert_robin_hood(slots: SlotWords, mask: int, mount: Mount, hash_word: int) -> None:
    """Put ``mount`` in, taking slots from entries that are closer to home than it is.

    Precondition: there is an empty slot, and no other thread changes the slots.

    Args:
        slots: Where to.
        mask: Number of slots minus one; a power of two minus one.
        mount: Not yet in ``slots``.
        hash_word: The hash of its key.
    """
    index = hash_word & mask
    displacement = 0
    while True:
        occupant = slots.load_value(index)
        if occupant is None:
            slots.store(index, mount, hash_word)
            return
        occupant_hash = slots.load_hash(index)
        occupant_displacement = (index - occupant_hash) & mask
        if displacement > occupant_displacement:
            slots.store(index, mount, hash_word)
            mount, hash_word, displacement = occupant, occupant_hash, occupant_displacement
        index = (index + 1) & mask
        displacement += 1
