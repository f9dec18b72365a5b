"""The seam between cells and whatever executes them.

A cell does nothing itself: it asks the *current world* to perform a step, to adopt a new cell, or to intern
a new shared object. Which world is current is chosen from outside (native threads, one greenlet at a time, or
thread automata), so the code under test never knows.

The current world is one variable of the process, not of a thread: native threads all share the native world,
and the other worlds run their threads inside one OS thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from weft.cells.cell import Cell
    from weft.cells.effects import Kind
    from weft.cells.monitor import Event
    from weft.cells.shared import Shared

    CellT = TypeVar("CellT", bound=Cell)
    SharedT = TypeVar("SharedT", bound=Shared)

Tag = tuple[int, int]
"""Who made an object, and as its how-manieth: (thread number or ``SETUP``, k)."""

SETUP = -1
"""The thread number of the set-up, which runs alone."""


class World(Protocol):
    """What a cell may ask of the world it lives in."""

    def step(self, cell: Cell, kind: Kind, operands: tuple[Any, ...]) -> Any:
        """Perform one step, waiting while it is blocked, and return its result."""

    def adopt(self, cell: CellT) -> CellT:
        """Take in a cell that was just made; returns the cell to use in its place."""

    def intern(self, shared: SharedT) -> SharedT:
        """Take in a shared object whose ``__init__`` has finished; returns the one to use in its place."""

    def new_tag(self) -> Tag:
        """The tag of the shared object that is about to be made."""

    def emit(self, event: Event) -> None:
        """Note that the running thread begins or ends a call; takes effect with its next or last step."""


current: World
"""The world in force. Set by ``weft.worlds.native`` at import, and by ``activate`` for a while."""


@contextmanager
def activate(world: World) -> Iterator[None]:
    """Make ``world`` the current one inside a ``with`` block."""
    global current  # noqa: PLW0603 - the one switch between worlds
    before = current
    current = world
    try:
        yield
    finally:
        current = before
