"""SURW, selectively uniform random walk: all orders of the steps on one cell are equally likely.

Each run draws a cell that threads conflict on. A thread is drawn for the next step on it, with a weight of how many such steps it
still has before it; others wait in front of theirs until it has come. All other steps are taken by threads drawn uniformly.

How many steps a thread has on a cell is the mean over the runs so far. So the first run, which knows nothing, is a uniform walk,
and orders are equally likely as far as each thread always takes as many steps on the cell, and does not wait for another one.

Source: Zhao, Wolff, Mathur and Roychoudhury, Selectively uniform concurrency testing, ASPLOS 2025.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable

from weft.cells.world import Tag
from weft.search.sampling.course import Course, Point

NOBODY = -1


class Surw:
    """See ``Strategy``. Numbers of steps are kept as sums over all runs, so that all weights are integers."""

    name = "surw"
    bound = None

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._threads = 0
        self._runs = 0
        self._sums: dict[Tag, list[int]] = {}
        self._written: set[Tag] = set()
        self._contended: list[Tag] = []
        self._cell: Tag | None = None
        self._left: list[int] = []
        self._intended = NOBODY
        self._taken: Counter[tuple[Tag, int]] = Counter()

    def begin(self, course: Course) -> None:
        """See ``Strategy``."""
        self._threads = len(course.names)
        self._taken.clear()
        self._cell = self._random.choice(self._contended) if self._contended else None
        self._left = [] if self._cell is None else list(self._sums[self._cell])
        self._intended = self._drawn(range(self._threads)) if self._left else NOBODY

    def choose(self, point: Point) -> int:
        """See ``Strategy``."""
        wants, able = point.wants, point.able
        if self._intended != NOBODY and wants[self._intended] is None:  # it has ended sooner than it mostly does
            self._intended = self._drawn(t for t in range(self._threads) if wants[t] is not None)
        free = able
        if self._intended != NOBODY:
            free = [t for t in able if t == self._intended or wants[t].cell != self._cell]  # type: ignore[union-attr]
            if not free:  # who is intended waits for one of those that are held up
                self._intended = self._drawn(able, at_least=1)
                free = [self._intended]
        chosen = free[int(self._random.random() * len(free))]
        want = wants[chosen]
        assert want is not None
        self._taken[want.cell, chosen] += 1
        if want.writes:
            self._written.add(want.cell)
        if self._cell == want.cell:
            self._left[chosen] = max(0, self._left[chosen] - self._runs)
            self._intended = self._drawn(t for t in range(self._threads) if wants[t] is not None)
        return chosen

    def _drawn(self, threads: Iterable[int], *, at_least: int = 0) -> int:
        """One of ``threads`` by what it has left on the cell; nobody if that is nothing."""
        among = list(threads)
        weights = [max(at_least, self._left[thread]) for thread in among]
        if not any(weights):
            return NOBODY
        return self._random.choices(among, weights)[0]

    def end(self, steps: int | None) -> None:
        """See ``Strategy``."""
        if steps is None:
            return
        self._runs += 1
        for (cell, thread), times in self._taken.items():
            if cell not in self._sums:
                self._sums[cell] = [0] * self._threads
            self._sums[cell][thread] += times
        self._contended = [cell for cell, sums in self._sums.items() if cell in self._written and sum(map(bool, sums)) > 1]
