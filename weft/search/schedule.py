"""Schedules: who moves when, as text that can be pasted.

``v1:w7.u5.w2`` lets thread w take 7 steps, then u 5, then w 2. Each thread has one letter (``Setting.letters``). The version in
front changes when the meaning of the text does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from weft.errors import UsageError

VERSION = "v1"
_RUN = re.compile(r"([a-z])([1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class Schedule:
    """The numbers of the threads in the order in which they take their steps."""

    threads: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.threads)

    def __iter__(self) -> Iterator[int]:
        return iter(self.threads)

    @property
    def switches(self) -> int:
        """How often the running thread changes; an upper bound on the preemptions."""
        return sum(a != b for a, b in zip(self.threads, self.threads[1:], strict=False))

    def text(self, letters: Sequence[str]) -> str:
        """The schedule as text, with one letter a thread."""
        runs = (f"{letters[thread]}{len(list(steps))}" for thread, steps in groupby(self.threads))
        return f"{VERSION}:{'.'.join(runs)}"


def parse(text: str, letters: Sequence[str]) -> Schedule:
    """The schedule that ``text`` stands for.

    Raises:
        UsageError: It is not a schedule, or names a thread that the scenario does not have.
    """
    version, colon, runs = text.strip().partition(":")
    if not colon or version != VERSION:
        raise UsageError(f"not a schedule: {text!r:.60}; expected {VERSION}: and runs such as {VERSION}:w7.u5.w2")
    threads: list[int] = []
    for run in runs.split(".") if runs else ():
        match = _RUN.fullmatch(run)
        if match is None:
            raise UsageError(f"not a schedule: {run!r:.40} in {text!r:.60}; expected a letter and a number of steps, as in w7")
        letter, steps = match.groups()
        if letter not in letters:
            raise UsageError(f"the schedule names thread {letter!r}; this race has {', '.join(letters)}")
        threads += [letters.index(letter)] * min(int(steps), 10_000_000)
    return Schedule(tuple(threads))
