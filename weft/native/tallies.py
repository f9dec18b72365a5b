"""What a thread counts of its steps: by cell, and by the call it is in.

Each thread counts for itself, without a lock; the counts are added up while all threads rest. Cells come and go in their
millions, so what is kept is by name, and names that only numbers tell apart (``Mutex#12``, ``slots8[3].value``) are one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from weft.cells.cell import Cell

_NUMBERS = re.compile(r"(?<=#)\d+(?:\.\d+)?|(?<=\[)\d+(?=\])")


@dataclass(slots=True)
class Tally:
    """Counts of steps on one cell in one call.

    Attributes:
        steps: Steps that happened.
        failed_swaps: Compare-and-swaps among them that found another value, and tries at a lock that did not get it.
        retries: Reads under a sequence counter that have to be done again.
        waits: Steps that had to wait, and how long they did.
        waited_ns: The same in nanoseconds.
        collisions: Steps at whose instant another thread was taking one on the same cell.
        blamed: For waits, who held the cell when they began, (thread, the call it was in): nanoseconds.
        sites: For waits, the lines of the code under test: nanoseconds.
    """

    steps: int = 0
    failed_swaps: int = 0
    retries: int = 0
    waits: int = 0
    waited_ns: int = 0
    collisions: int = 0
    blamed: Counter[tuple[str, str]] = field(default_factory=Counter)
    sites: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Count what ``other`` counted too."""
        self.steps += other.steps
        self.failed_swaps += other.failed_swaps
        self.retries += other.retries
        self.waits += other.waits
        self.waited_ns += other.waited_ns
        self.collisions += other.collisions
        self.blamed.update(other.blamed)
        self.sites.update(other.sites)


class Ledger:
    """The counts of one thread since it last rested."""

    __slots__ = ("_by_call", "_cells", "_now")

    def __init__(self) -> None:
        self._cells: dict[int, Cell] = {}  # keeps the cells alive, so that their addresses stay theirs
        self._by_call: dict[str, dict[int, Tally]] = {}
        self._now: dict[int, Tally] = {}
        self.enter("")

    def enter(self, call: str) -> None:
        """What follows is counted under this call."""
        self._now = self._by_call.setdefault(call, {})

    def tally(self, cell: Cell) -> Tally:
        """The counts of ``cell`` in the present call."""
        found = self._now.get(id(cell))
        if found is None:
            self._cells[id(cell)] = cell
            found = self._now[id(cell)] = Tally()
        return found

    def take(self) -> Iterable[tuple[str, str, Tally]]:
        """(Cell, call, counts), and begin anew."""
        taken = [(general(self._cells[key].label), call, tally) for call, by in self._by_call.items() for key, tally in by.items()]
        self._cells, self._by_call = {}, {}
        self.enter("")
        return taken


def general(label: str) -> str:
    """A cell's name without the numbers that tell it from its like."""
    return _NUMBERS.sub("*", label)


class Totals:
    """The counts of all threads over all rounds: by cell and call."""

    def __init__(self) -> None:
        self.by_cell_and_call: dict[tuple[str, str], Tally] = {}

    def add(self, counted: Iterable[tuple[str, str, Tally]]) -> None:
        """Count what a thread counted too."""
        for cell, call, tally in counted:
            self.by_cell_and_call.setdefault((cell, call), Tally()).add(tally)

    def by_cell(self) -> dict[str, Tally]:
        """All calls together."""
        found: dict[str, Tally] = {}
        for (cell, _), tally in self.by_cell_and_call.items():
            found.setdefault(cell, Tally()).add(tally)
        return found
