"""A world for one thread that keeps the books: what was made, what of it lives, and that nothing is destroyed twice.

``impl`` keeps no such books itself. A count that reaches zero is what destroys its owner, so "destroyed exactly once" is "reached
zero once and stays there": any later step on such a count but a look is an error at once. So is a step that must wait, since with
one thread it would wait for ever: a lock taken twice, a lookup inside one's own write section.
"""

from __future__ import annotations

from itertools import count
from typing import Any, TypeVar

from impl.errors import InvariantError
from impl.sync import INT64_MAX, AtomicInt64, Mutex, RWMutex, SeqCount, Shared
from weft.cells.cell import Cell
from weft.cells.effects import BLOCKED, Kind, Misuse
from weft.cells.monitor import Event
from weft.cells.world import SETUP, Tag

CellT = TypeVar("CellT", bound=Cell)
SharedT = TypeVar("SharedT", bound=Shared)

THE_THREAD = 0
FREE = (0, (0, 0, (), ()))
"""The values of a mutex and of a reader/writer lock that nobody holds."""


class Ledger:
    """A ``World``: made current while ``impl`` runs, and asked afterwards."""

    def __init__(self) -> None:
        self.counted: list[Shared] = []  # everything with a reference count, as made
        self.living: dict[Cell, Shared] = {}  # that whose count is not zero yet, by its count
        self.dead: set[Cell] = set()  # the counts that reached zero
        self.held: set[Cell] = set()  # locks that are taken
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
            if cell.value & INT64_MAX == 0:
                del self.living[cell]
                self.dead.add(cell)
        elif cell in self.dead:
            raise InvariantError("destroyed-once", f"{cell.label} was zero for good and went from {before} to {cell.value}")
        elif isinstance(cell, Mutex | RWMutex | SeqCount):
            taken = cell.value % 2 if isinstance(cell, SeqCount) else cell.value not in FREE
            (self.held.add if taken else self.held.discard)(cell)
        else:
            self.writes += 1

    def adopt(self, cell: CellT) -> CellT:
        """See ``World.adopt``."""
        cell.tag = self.new_tag()
        return cell

    def intern(self, shared: SharedT) -> SharedT:
        """See ``World.intern``."""
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
