"""What a random strategy is: who moves next, and what it learns from run to run. ``strategies.py`` has them by name."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from weft.search.sampling.course import Course, Point


class Bound(NamedTuple):
    """What a strategy promises: a run shows a bug of that depth with at least 1 / (threads * steps ** (depth - 1)).

    Attributes:
        threads: Of the race.
        steps: Of the longest run; the promise is good while no execution is longer.
        depth: How many pairs of steps must come in the right order for the bug.
    """

    threads: int
    steps: int
    depth: int

    @property
    def probability(self) -> float:
        """The number."""
        return 1.0 / float(self.threads * max(1, self.steps) ** (self.depth - 1))


class Strategy(Protocol):
    """Chooses threads in one run after the other. What it knows at the beginning is its seed.

    Attributes:
        name: As on the command line.
    """

    name: str

    def begin(self, course: Course) -> None:
        """A run begins."""

    def choose(self, point: Point) -> int:
        """Who takes the next step, out of ``point.able``."""

    def end(self, steps: int | None) -> None:
        """The run is over, after so many steps; ``None`` is too many, so it was cut."""

    @property
    def bound(self) -> Bound | None:
        """What it promises, so far; ``None`` is nothing."""
