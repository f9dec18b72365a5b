"""A world for one thread that keeps the books: what was made, what of it lives, and that nothing is destroyed twice.

``impl`` keeps no such books itself. A count that reaches zero is what destroys its owner, so "destroyed exactly once" is "reached
zero once and stays there": any later step on such a count but a look is an error at once. So is a step that must wait, since with
one thread it would wait for ever: a lock taken twice, a lookup inside one's own write section. And so is a lock taken against the
documented order (``impl``, ``impl.memfs``), or a reference dropped with a lock held that forbids it (O7).
"""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import Any, TypeVar

from impl.dentry import Dentry
from impl.errors import InvariantError
from impl.memfs.descriptions import RegularFileDescription
from impl.memfs.inode import RegularFile
from impl.memfs.tree import MemfsTree
from impl.mount_table import MountTable
from impl.sync import INT64_MAX, AtomicInt64, Mutex, RWMutex, SeqCount, Shared
from impl.vfs_state import VfsState
from weft.cells.cell import Cell
from weft.cells.effects import BLOCKED, Kind, Misuse
from weft.cells.monitor import Event
from weft.cells.world import SETUP, Tag

CellT = TypeVar("CellT", bound=Cell)
SharedT = TypeVar("SharedT", bound=Shared)

LOCK_ORDER: tuple[tuple[type[Shared], str], ...] = (
    (VfsState, "fs_types_mu"),  # taken before anything else is
    (MemfsTree, "mu"),
    (VfsState, "mount_mu"),
    (Dentry, "mu"),
    (MountTable, "seq"),
    (RegularFileDescription, "mu"),
    (RegularFile, "mu"),
)
"""Outermost first: who has the lock, and in which attribute. ``seq`` is the write section."""

NO_DROP_UNDER = (VfsState, Dentry, MountTable)
"""With whose locks held no reference may be dropped."""

THE_THREAD = 0
FREE = (0, (0, 0, (), ()))
"""The values of a mutex and of a reader/writer lock that nobody holds."""


@cache
def locks_of(kind: type[Shared]) -> tuple[tuple[str, int], ...]:
    """The attributes in which such objects have locks, with the places of these in the order."""
    return tuple((attribute, rank) for rank, (owner, attribute) in enumerate(LOCK_ORDER) if issubclass(kind, owner))


class Ledger:
    """A ``World``: made current while ``impl`` runs, and asked afterwards."""

    def __init__(self) -> None:
        self.counted: list[Shared] = []  # everything with a reference count, as made
        self.living: dict[Cell, Shared] = {}  # that whose count is not zero yet, by its count
        self.dead: set[Cell] = set()  # the counts that reached zero
        self.held: dict[Cell, int] = {}  # locks that are taken, with their places in the order
        self.ranks: dict[Cell, int] = {}  # the places of all locks in the order
        self.writes = 0  # how often anything but a lock or a reference count was written
        self._made = count()

    def step(self, cell: Cell, kind: Kind, operands: tuple[Any, ...]) -> Any:
        """See ``World.step``."""
        if kind.by_thread:
            operands = (THE_THREAD, *operands)
        outcome = kind.effect(cell.value, *operands)
        if outcome is BLOCKED:
            raise InvariantError("no-deadlock", f"{cell.label}.{kind.name} waits for ever")
        if isinstance(outcome, Misuse):
            raise InvariantError(outcome.slug, f"{cell.label}.{kind.name}: {outcome.message}")
        before, (cell.value, result) = cell.value, outcome
        if not kind.reads_only:
            self._note(cell, before)
        return result

    def _note(self, cell: Cell, before: Any) -> None:
        """Write down what a step did."""
        if cell in self.living:
            self._check_drop(cell, before)
            if cell.value & INT64_MAX == 0:
                del self.living[cell]
                self.dead.add(cell)
        elif cell in self.dead:
            raise InvariantError("destroyed-once", f"{cell.label} was zero for good and went from {before} to {cell.value}")
        elif isinstance(cell, Mutex | RWMutex | SeqCount):
            taken = cell.value % 2 if isinstance(cell, SeqCount) else cell.value not in FREE
            if taken:
                self._take(cell)
            else:
                self.held.pop(cell, None)
        else:
            self.writes += 1

    def _take(self, lock: Cell) -> None:
        """A lock is taken: after all that are held, but for several ``Dentry.mu`` together, under ``mount_mu``."""
        rank, held = self.ranks[lock], self.held.values()
        together = LOCK_ORDER[rank][0] is Dentry and LOCK_ORDER.index((VfsState, "mount_mu")) in held
        if lock not in self.held and any(place > rank or (place == rank and not together) for place in held):
            raise InvariantError("lock-order", f"{lock.label} is taken with {list(self.held)!r} held")
        self.held[lock] = rank

    def _check_drop(self, refs: Cell, before: int) -> None:
        """A reference count was changed: lowered only with no lock held that forbids it."""
        forbidding = [lock for lock, rank in self.held.items() if LOCK_ORDER[rank][0] in NO_DROP_UNDER]
        if forbidding and refs.value & INT64_MAX < before & INT64_MAX:
            raise InvariantError("drop-under-lock", f"{refs.label} is lowered with {forbidding!r} held")

    def adopt(self, cell: CellT) -> CellT:
        """See ``World.adopt``."""
        cell.tag = self.new_tag()
        return cell

    def intern(self, shared: SharedT) -> SharedT:
        """See ``World.intern``."""
        for attribute, rank in locks_of(type(shared)):
            self.ranks[getattr(shared, attribute)] = rank
        refs = getattr(shared, "refs", None)
        if isinstance(refs, AtomicInt64):
            self.counted.append(shared)
            self.living[refs] = shared
        return shared

    def new_tag(self) -> Tag:
        """See ``World.new_tag``."""
        return SETUP, next(self._made)

    def emit(self, event: Event) -> None:
        """Nothing overlaps here, so there is no history."""
