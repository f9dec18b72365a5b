"""The native world: real OS threads, real locks, nothing recorded. The default outside every search.

Each cell has a lock of its own, so its steps are atomic on CPython with and without the GIL; a step that is blocked
waits on the cell's condition. Breaking a primitive's contract raises ``RuntimeError`` here, for there is no search to
report it to.
"""

from __future__ import annotations

import threading
from itertools import count
from typing import Any, TypeVar

from weft.cells import world
from weft.cells.cell import Cell
from weft.cells.effects import Kind
from weft.cells.monitor import Event
from weft.cells.shared import Shared

CellT = TypeVar("CellT", bound=Cell)
SharedT = TypeVar("SharedT", bound=Shared)


class NativeWorld:
    """Performs steps under the threads that ask for them."""

    def __init__(self) -> None:
        self._made = count()

    def step(self, cell: Cell, kind: Kind, operands: tuple[Any, ...]) -> Any:
        """See ``World.step``."""
        if kind.by_thread:
            operands = (threading.get_ident(), *operands)
        return cell.step_native(kind, operands)

    def adopt(self, cell: CellT) -> CellT:
        """See ``World.adopt``."""
        cell.tag = self.new_tag()
        cell.prepare_native()
        return cell

    def intern(self, shared: SharedT) -> SharedT:
        """See ``World.intern``."""
        return shared

    def new_tag(self) -> world.Tag:
        """See ``World.new_tag``."""
        return world.SETUP, next(self._made)

    def emit(self, event: Event) -> None:
        """Histories of real threads are not recorded here."""


NATIVE = NativeWorld()
world.current = NATIVE
