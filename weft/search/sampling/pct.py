"""PCT, probabilistic concurrency testing: threads with random priorities, the highest moves; d - 1 times the one who moves sinks.

Guarantee: with n threads, executions of at most k steps and depth d, a run shows any given bug of depth d with probability at least
1 / (n * k ** (d - 1)). Here k is the number of steps of the longest run so far, unless it is given. So the first run, which
knows no k, is a uniform walk, and the bound is good as far as no execution is longer than those met.

A thread that spins on what another one must change can have the highest priority; such a run ends when it is too long.

Source: Burckhardt, Kothari, Musuvathi and Nagarakatte, A randomized scheduler with probabilistic guarantees of finding bugs,
ASPLOS 2010.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from weft.search.sampling.course import Course, Point
from weft.search.sampling.strategy import Bound

DEPTH = 3


class Pct:
    """See ``Strategy``.

    Args:
        seed: Of its choices.
        depth: d: how many pairs of steps must come in the right order for the bug. 1 finds what some order of whole threads shows,
            and a preemption that is needed is mostly one more.
        steps: k, if it is known.
    """

    def __init__(self, seed: int, *, depth: int = DEPTH, steps: int | None = None) -> None:
        self.name = f"pct:{depth}"
        self._random = random.Random(seed)
        self._depth = depth
        self._given = steps
        self._longest = 0
        self._threads = 0
        self._priorities: list[int] = []
        self._changes: dict[int, int] = {}
        self._taken = 0

    @property
    def bound(self) -> Bound | None:
        """See ``Strategy``."""
        steps = self._given or self._longest
        return Bound(self._threads, steps, self._depth) if steps else None

    def begin(self, course: Course) -> None:
        """See ``Strategy``."""
        self._threads, self._taken = len(course.names), 0
        steps = self._given or self._longest
        if steps:
            priorities = list(range(self._depth, self._depth + self._threads))
            self._random.shuffle(priorities)
            self.begin_with(priorities, [self._random.randint(1, steps) for _ in range(self._depth - 1)])

    def begin_with(self, priorities: Sequence[int], changes: Sequence[int]) -> None:
        """A run with these priorities, in which after step ``changes[i]`` the one who took it gets priority i + 1."""
        self._taken = 0
        self._priorities = list(priorities)
        # The last of equal change points counts, as in the paper's loop over them.
        self._changes = {step: priority for priority, step in enumerate(changes, 1)}

    def choose(self, point: Point) -> int:
        """See ``Strategy``."""
        if not self._priorities:
            return self._random.choice(point.able)
        chosen = max(point.able, key=self._priorities.__getitem__)
        self._taken += 1
        if self._taken in self._changes:
            self._priorities[chosen] = self._changes[self._taken]
        return chosen

    def end(self, steps: int | None) -> None:
        """See ``Strategy``."""
        self._longest = max(self._longest, steps or 0)
