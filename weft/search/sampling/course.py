"""What a random strategy sees of a run, whether the run is on automata or on the real code.

A seed gives one schedule in both worlds, because strategies see the same in both: who can take a step, and which cell each thread
is about to work on, by the cell's tag, which engines agree on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from weft.cells.world import Tag
from weft.worlds.ending import Ending

World = Literal["automata", "code"]


class Access(NamedTuple):
    """A step that a thread is about to take: on which cell, and whether it may change it."""

    cell: Tag
    writes: bool


class Point(Protocol):
    """Where a run is.

    Attributes:
        able: The threads that can take a step, ascending; none where the run ends.
        wants: Per thread its next step, also while it waits; ``None`` once it has ended.
    """

    @property
    def able(self) -> Sequence[int]:
        """See above."""

    @property
    def wants(self) -> Sequence[Access | None]:
        """See above."""


class Course(Protocol):
    """Runs of one scenario, one after the other.

    Attributes:
        world: Where they run.
        names, letters: Of the threads.
    """

    world: World
    names: tuple[str, ...]
    letters: tuple[str, ...]

    def begin(self) -> Point:
        """A new run, before its first step."""

    def step(self, thread: int) -> Point:
        """Let ``thread``, which must be able to, take its step."""

    def ending(self) -> Ending:
        """How the run ended, in whose last point nobody was able to move."""

    def after(self, thread: int) -> int | None:
        """A number for the state after the step of ``thread``, equal for equal states; ``None`` where states are not known."""

    def stuck_since(self, taken: Sequence[int]) -> int | None:
        """After how many of the steps that were ``taken`` no execution can end any more; ``None`` if one can, or nobody knows."""

    def close(self) -> None:
        """Let go of what is kept alive."""


def conflict(one: Access | None, other: Access | None) -> bool:
    """Whether the order of two steps can matter: both on one cell, and not both only reading it."""
    return one is not None and other is not None and one.cell == other.cell and (one.writes or other.writes)
