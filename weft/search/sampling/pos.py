"""POS, partial order sampling: every step that is about to be taken has a random priority, and the highest is taken.

Steps that conflict with the one taken draw anew, so the order of two conflicting steps is hardly decided by what was before them.
What a step conflicts with is read off kinds of step: the same cell, and not both only reading.

Source: Yuan, Yang and Gu, Partial order aware concurrency sampling, CAV 2018, algorithm 2.
"""

from __future__ import annotations

import random

from weft.search.sampling.course import Course, Point, conflict

NONE = -1.0


class Pos:
    """See ``Strategy``."""

    name = "pos"
    bound = None

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random
        self._priorities: list[float] = []

    def begin(self, course: Course) -> None:
        """See ``Strategy``."""
        self._priorities = [NONE] * len(course.names)

    def choose(self, point: Point) -> int:
        """See ``Strategy``."""
        priorities, chosen, best = self._priorities, -1, NONE
        for thread in point.able:
            if priorities[thread] == NONE:
                priorities[thread] = self._random()
            if priorities[thread] > best:
                chosen, best = thread, priorities[thread]
        if len(point.able) > 1:
            wants = point.wants
            for thread in point.able:
                if conflict(wants[thread], wants[chosen]):
                    priorities[thread] = NONE
        priorities[chosen] = NONE
        return chosen

    def end(self, steps: int | None) -> None:
        """See ``Strategy``."""
