"""The line that shows native stress going on: on a terminal only, on standard error, gone when it ends."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING

from weft.report.console import errors

if TYPE_CHECKING:
    from rich.live import Live

    from weft.native.findings import Stressed

REFRESH_SECONDS = 0.2


class StressLine:
    """A ``Watcher`` of ``weft.native.stress`` that draws. Use as a context manager around the runs."""

    def __init__(self, seconds: float) -> None:
        self._live: Live | None = None
        self._seconds = seconds
        self._where = ""
        self._drawn = 0.0

    def __enter__(self) -> StressLine:
        console = errors()
        if console.is_terminal and not console.is_dumb_terminal:
            from rich.live import Live

            # Drawn while threads rest or the main thread waits for them; a thread of its own would disturb them.
            self._live = Live("", console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False)
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def begin(self, where: str) -> None:
        """Another race or load."""
        self._where = where

    def __call__(self, so_far: Stressed) -> None:
        """See ``Watcher``."""
        now = time.monotonic()
        if self._live is None or now - self._drawn < REFRESH_SECONDS:
            return
        from rich.text import Text

        self._drawn = now
        rate = so_far.steps / so_far.seconds if so_far.seconds else 0.0
        left = max(0.0, self._seconds - so_far.seconds)
        calls = f"{so_far.calls:,} calls   " if so_far.calls else ""
        text = f"{so_far.rounds:,} rounds   {calls}{so_far.steps:,} steps   {rate:,.0f} steps/s   {left:,.0f} s left"
        self._live.update(Text(f"{self._where}   {text}", no_wrap=True, overflow="ellipsis"), refresh=True)
