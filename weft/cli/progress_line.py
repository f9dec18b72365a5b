"""The line that shows a search going on: on a terminal only, on standard error, gone when it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from weft.report.console import errors
from weft.search.budget import memory_bytes

if TYPE_CHECKING:
    from rich.live import Live

    from weft.check.collect import Race
    from weft.check.parallel import Running
    from weft.fuzz.hunt import Tally
    from weft.search.pulse import LookAhead

REFRESH_SECONDS = 0.1
LOOK_SECONDS = 2.0


class Progress:
    """A ``Watcher`` that draws. Use as a context manager around the searches.

    Args:
        counted: What is counted first, in the plural.
    """

    def __init__(self, counted: str = "states") -> None:
        self._counted = counted
        self._live: Live | None = None
        self._where = ""
        self._drawn = 0.0
        self._last = (0, 0.0)
        self._looked = 0.0
        self._ahead = ""

    def __enter__(self) -> Progress:
        console = errors()
        if console.is_terminal and not console.is_dumb_terminal:
            from rich.live import Live

            # Drawn from pulse(), without a thread of its own: searches run alone.
            self._live = Live("", console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False)
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def begin(self, race: Race, *, number: int, total: int) -> None:
        """See ``Watcher``."""
        self._where = f"{number}/{total} {race.scenario.name}"
        self._last = (0, 0.0)
        self._draw("building")

    def pulse(self, states: int, transitions: int, seconds: float, look_ahead: LookAhead | None = None) -> None:
        """See ``Watcher``."""
        now = time.monotonic()
        if self._live is None or now - self._drawn < REFRESH_SECONDS:
            return
        before, then = self._last
        rate = (transitions - before) / (seconds - then) if seconds > then else 0.0
        self._last = (transitions, seconds)
        self._drawn = now
        left = "" if look_ahead is None else self._left(look_ahead, now)
        memory = memory_bytes() >> 20
        self._draw(f"{states:,} {self._counted}   {rate:,.0f} transitions/s   {seconds:.0f} s   {memory:,} MB{left}")

    def _left(self, look_ahead: LookAhead, now: float) -> str:
        """What is left, found out anew every few seconds."""
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            ahead = look_ahead()
            frontier = "" if ahead is None or ahead.frontier is None else f"   {ahead.frontier:,} steps untried"
            covered = (
                "" if ahead is None or ahead.covered is None else f"   about {ahead.covered:.0%} of states seen (by random walks)"
            )
            self._ahead = "" if ahead is None else f"{frontier}{covered}{ahead.note and '   '}{ahead.note}"
        return self._ahead

    def running(self, searches: Sequence[Running], *, done: int, total: int) -> None:
        """See ``ParallelWatcher``."""
        now = time.monotonic()
        if self._live is not None and now - self._drawn >= REFRESH_SECONDS:
            self._drawn = now
            self._where = f"{done}/{total} done"
            self._draw("   ".join(f"{one.race.scenario.name} {_far(one.states)}" for one in searches))

    def hunting(self, tally: Tally, *, shrinking: str) -> None:
        """See ``weft.fuzz.hunt.Watcher``."""
        self._where = f"{tally.programs:,} programs   {tally.conflicts:,} with conflicts   {tally.states:,} states"
        self._draw(f"making one smaller that shows {shrinking}: {tally.shrinking:,} tried" if shrinking else "")

    def tasks(self, names: Sequence[str]) -> Callable[[Sequence[int], int], None]:
        """A watcher of numbered tasks, for ``weft.check.mutants.forking``."""

        def watch(running: Sequence[int], done: int) -> None:
            self._where = f"{done}/{len(names)} done"
            self._draw("   ".join(names[number] for number in running))

        return watch

    def _draw(self, text: str) -> None:
        if self._live is not None:
            from rich.text import Text

            self._live.update(Text(f"{self._where}   {text}", no_wrap=True, overflow="ellipsis"), refresh=True)


def _far(states: int) -> str:
    return f"{states:,} states" if states else "building"
