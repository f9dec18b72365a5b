"""Pauses before steps, so that real threads interleave where they otherwise never would.

Under the GIL a thread runs thousands of bytecodes at a time, and two of its steps have nobody else's between them; without the GIL
the window between them is some hundred nanoseconds. A pause at the right step is what makes the window wide. Which steps those are
is drawn: how rare pauses are, anew each round; where they fall and of which of three kinds they are, anew each time.

- The thread offers the processor (``sleep(0)``).
- It sleeps for a moment, up to 200 microseconds.
- It waits until the others have taken some steps, or have none to take: the window stays open for as long as they need.

Equal seeds draw equal pauses in every thread. What the operating system makes of them is not repeatable.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

RARITIES = (2, 4, 8, 16, 40, 150)
"""Steps between two pauses of a thread, on average; one of them is in force in a round."""

LONGEST_SLEEP_SECONDS = 200e-6
LOOKS = 12
"""How often a thread that waits for the others looks at them before it goes on all the same."""

NEVER = 1 << 62


@dataclass(slots=True)
class Pauses:
    """When a thread pauses next, and how.

    Attributes:
        left: Steps until then; the world counts them down.
        made: Pauses so far.
    """

    choose: random.Random
    rarity: float = 0
    left: int = NEVER
    made: int = 0

    def begin(self, rarity: float) -> None:
        """A round with this many steps between two pauses on average begins; 0 for none."""
        self.rarity = rarity
        self._draw()

    def _draw(self) -> None:
        self.left = 1 + int(self.choose.expovariate(1 / self.rarity)) if self.rarity else NEVER

    def pause(self, others: Callable[[], int | None]) -> None:
        """Pause now. ``others()`` says how many steps the other threads have taken, ``None`` if none of them can take one."""
        self.made += 1
        self._draw()
        kind = self.choose.random()
        if kind < 0.3:
            time.sleep(0)
        elif kind < 0.6:
            time.sleep(self.choose.random() * LONGEST_SLEEP_SECONDS)
        else:
            _let_pass(1 + int(self.choose.expovariate(1 / 12)), others)


def _let_pass(steps: int, others: Callable[[], int | None]) -> None:
    """Sleep until the others have taken so many steps."""
    began = others()
    for _ in range(LOOKS):
        time.sleep(20e-6)
        now = others()
        if now is None or began is None or now - began >= steps:
            return
