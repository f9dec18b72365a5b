"""The compiled world: one thread at a time is re-executed alone, and what it makes gets a stable identity.

Cells made by the set-up have slots 0, 1, ... in the order they are made. The k-th thing thread t makes has tag (t, k), in
every re-execution; a cell's slot belongs to its tag, and a shared object is interned by tag, class and attributes. So the same
logical object is always the same Python object, and ``is`` means what it does in one real execution.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeVar

from weft.cells import world
from weft.cells.cell import Cell
from weft.cells.effects import BLOCKED, Kind, Misuse
from weft.cells.monitor import Event
from weft.cells.shared import Shared, attributes_of, cells_named_after
from weft.cells.values import identity
from weft.errors import CheckFailed, SharedStateError, UsageError
from weft.worlds.controlled import act_alone
from weft.worlds.thread import Request, SuspendedThread

CellT = TypeVar("CellT", bound=Cell)
SharedT = TypeVar("SharedT", bound=Shared)

OBSERVER = -2
"""The thread number of code that looks at a state: final checks and observers."""


class _Probe(Shared):
    """Made to be counted."""


class _CountingWorld:
    """Counts the references to a finished object that nobody else knows, on the way every such object goes."""

    references = 0

    def new_tag(self) -> world.Tag:
        return OBSERVER, 0

    def intern(self, shared: Shared) -> Shared:
        self.references = sys.getrefcount(shared)
        return shared


def _references_in_intern() -> int:
    counting = _CountingWorld()
    with world.activate(counting):  # type: ignore[arg-type]
        _Probe()
    return counting.references


class CompiledWorld:
    """Registers what the set-up makes, suspends the re-executed thread, and lets observers look at a state.

    Attributes:
        cells: Per slot: the cell first found there (for traces), of the class that all have there.
        initial: Per slot of the set-up: its value when the set-up had finished.
        running: The thread being re-executed.
        made: How many things the running thread has made so far.
        fresh: Cells the running thread made since its last step: (slot, initial value).
        events: Calls it began and ended since then.
        looking: An invariant is being evaluated, which must not write.
    """

    def __init__(self) -> None:
        self.cells: list[Cell] = []
        self.running: SuspendedThread | None = None
        self.made = 0
        self.fresh: list[tuple[int, Any]] = []
        self.events: list[Event] = []
        self.looking = False
        self._slots: dict[tuple[int, int, str], int] = {}
        self._known: dict[Any, Any] = {}
        self._overlay: dict[int, Any] | None = None
        self._look: Callable[[int], Any] | None = None
        self._tags = count()
        self._references = _references_in_intern()

    # -- what cells ask ----------------------------------------------------------------------------------------

    def step(self, cell: Cell, kind: Kind, operands: tuple[Any, ...]) -> Any:
        """See ``World.step``."""
        thread = self.running
        if kind.by_thread:
            operands = (world.SETUP if thread is None else thread.number, *operands)
        if thread is not None:
            return thread.ask(Request(cell, kind, operands))
        if self._overlay is None or cell.tag[0] == OBSERVER:
            return act_alone(cell, kind, operands)
        return self._observe(cell, kind, operands)

    def emit(self, event: Event) -> None:
        """See ``World.emit``."""
        self.events.append(event)

    def new_tag(self) -> world.Tag:
        """See ``World.new_tag``."""
        if self.running is not None:
            self.made += 1
            return self.running.number, self.made - 1
        return (world.SETUP if self._overlay is None else OBSERVER), next(self._tags)

    def adopt(self, cell: CellT) -> CellT:
        """See ``World.adopt``."""
        cell.tag = self.new_tag()
        if cell.tag[0] == OBSERVER:
            return cell
        slot = self._slots.setdefault(cell.made_as, len(self.cells))
        if slot == len(self.cells):
            self.cells.append(cell)
        if self.running is None:
            return cell
        self.fresh.append((slot, cell.value))
        return self._known.setdefault((cell.tag, type(cell)), cell)  # type: ignore[no-any-return]

    def intern(self, shared: SharedT) -> SharedT:
        """See ``World.intern``."""
        if self.running is None:
            return shared
        held = attributes_of(shared)
        if sys.getrefcount(shared) > self._references + sum(cells_named_after(shared, value) for value in held.values()):
            raise SharedStateError(
                f"{type(shared).__qualname__} hands itself to something else inside its own __init__, where a thread makes it; do "
                "that when it is finished"
            )
        attributes = tuple((name, identity(value)) for name, value in sorted(held.items()))
        return self._known.setdefault((type(shared), attributes), shared)  # type: ignore[no-any-return]

    def slot(self, cell: Cell) -> int:
        """The slot of a cell made by the set-up or by a thread."""
        return self._slots[cell.made_as]

    # -- what the automaton asks -------------------------------------------------------------------------------

    def initial(self) -> list[Any]:
        """The values of all slots, to be read when the set-up has finished."""
        return [cell.value for cell in self.cells]

    @contextmanager
    def observing(self, look: Callable[[int], Any]) -> Iterator[None]:
        """Let code run alone on a state: ``look(slot)`` gives a slot's value; what the code writes is thrown away."""
        self._overlay, self._look = {}, look
        try:
            yield
        finally:
            self._overlay = self._look = None

    def _observe(self, cell: Cell, kind: Kind, operands: tuple[Any, ...]) -> Any:
        assert self._overlay is not None
        assert self._look is not None
        if self.looking and not kind.reads_only:
            raise UsageError(f"an invariant does {cell.label}.{kind.name}; invariants only read")
        slot = self._slots[cell.made_as]
        value = self._overlay[slot] if slot in self._overlay else self._look(slot)
        outcome = kind.effect(value, *operands)
        if outcome is BLOCKED:
            raise CheckFailed(f"{cell.label}.{kind.name} would wait for ever: nobody else runs")
        if isinstance(outcome, Misuse):
            raise CheckFailed(f"{cell.label}.{kind.name}: {outcome.message}")
        self._overlay[slot] = outcome[0]
        return outcome[1]
