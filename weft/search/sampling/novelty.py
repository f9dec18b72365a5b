"""Two strategies guided by what earlier runs have met: rare states, and unseen pairs of a step and the write it comes after.

``States`` moves to the state that was met least often, and so wants the automata. ``ReadsFrom`` prefers a step that would follow a
write, on its cell, that it has followed in no run before; a step is told by its thread and its number there. One choice in eight
is uniform, so that no schedule is out of reach.

Source: reads-from pairs as feedback are those of Wolff et al., Greybox fuzzing for concurrency testing, ASPLOS 2024, whose fuzzer
mutates whole schedules; moving to what was met least is count-based exploration, as in learning.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from weft.cells.world import Tag
from weft.errors import UsageError
from weft.search.sampling.course import Course, Point

UNIFORM_SHARE = 1 / 8

Taken = tuple[int, int]
"""A step of a run: thread, and its number among the thread's steps."""


class NeedsAutomata(UsageError):
    """The strategy cannot run on the real code."""


class States:
    """See ``Strategy``."""

    name = "states"
    bound = None

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._met: Counter[int | None] = Counter()
        self._course: Course | None = None

    def begin(self, course: Course) -> None:
        """See ``Strategy``."""
        if course.world != "automata":
            raise NeedsAutomata("the strategy states needs automata, and runs are on the real code here; reads-from does without")
        self._course = course

    def choose(self, point: Point) -> int:
        """See ``Strategy``."""
        assert self._course is not None
        able = point.able
        keys = {thread: self._course.after(thread) for thread in able}
        best: Sequence[int] = able
        if len(able) > 1 and self._random.random() >= UNIFORM_SHARE:
            least = min(self._met[key] for key in keys.values())
            best = [thread for thread in able if self._met[keys[thread]] == least]
        chosen = best[int(self._random.random() * len(best))]
        self._met[keys[chosen]] += 1
        return chosen

    def end(self, steps: int | None) -> None:
        """See ``Strategy``."""


class ReadsFrom:
    """See ``Strategy``."""

    name = "reads-from"
    bound = None

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._seen: set[tuple[Taken, Taken | None]] = set()
        self._steps: list[int] = []
        self._writers: dict[Tag, Taken] = {}

    def begin(self, course: Course) -> None:
        """See ``Strategy``."""
        self._steps = [0] * len(course.names)
        self._writers = {}

    def choose(self, point: Point) -> int:
        """See ``Strategy``."""
        able, wants = point.able, point.wants
        free: Sequence[int] = able
        if len(able) > 1 and self._random.random() >= UNIFORM_SHARE:
            free = [t for t in able if self._pair(t, wants[t].cell) not in self._seen] or able  # type: ignore[union-attr]
        chosen = free[int(self._random.random() * len(free))]
        want = wants[chosen]
        assert want is not None
        self._seen.add(self._pair(chosen, want.cell))
        if want.writes:
            self._writers[want.cell] = (chosen, self._steps[chosen])
        self._steps[chosen] += 1
        return chosen

    def _pair(self, thread: int, cell: Tag) -> tuple[Taken, Taken | None]:
        return (thread, self._steps[thread]), self._writers.get(cell)

    def end(self, steps: int | None) -> None:
        """See ``Strategy``."""
