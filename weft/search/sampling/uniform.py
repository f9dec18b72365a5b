"""The uniform random walk: at every step each thread that is able to move is equally likely.

Its interleavings are not equally likely: a thread with few steps tends to be done early.
"""

from __future__ import annotations

import random

from weft.search.sampling.course import Course, Point


class Uniform:
    """See ``Strategy``."""

    name = "uniform"
    bound = None

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def begin(self, course: Course) -> None:
        """See ``Strategy``."""

    def choose(self, point: Point) -> int:
        """See ``Strategy``."""
        able = point.able
        return able[int(self._random() * len(able))]

    def end(self, steps: int | None) -> None:
        """See ``Strategy``."""
