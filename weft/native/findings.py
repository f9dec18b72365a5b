"""What a native run is asked to do, and what it says it did and found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from weft.native import history
from weft.native.tallies import Totals


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do.

    Attributes:
        seconds: How long.
        rounds: At most so many; ``None`` for no limit.
        seed: Of everything random.
        threads: How many a load has; ``None`` leaves it to the load. A race has its own.
        pauses: Whether interleavings are provoked.
        hang_seconds: A round in which no call ends for so long hangs.
    """

    seconds: float = 10.0
    rounds: int | None = None
    seed: int = 0
    threads: int | None = None
    pauses: bool = True
    hang_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation that happened.

    Attributes:
        slug, message: As in every violation.
        round: In which round, from 1.
        seconds: After how long.
        calls: The calls that cannot be explained, for ``linearizability``.
        stacks: What every thread was doing, for a hang.
    """

    slug: str
    message: str
    round: int
    seconds: float
    calls: tuple[history.Told, ...] = ()
    stacks: str = ""


@dataclass(slots=True)
class Stressed:
    """What a run did and found.

    Attributes:
        names: The threads.
        rounds: Rounds finished: executions of a race, rests of a load.
        calls, steps, pauses: Of all threads.
        answers: Calls by (name, what they answered, if that was text).
        explained: Calls that the sequential model explained.
        findings: Empty if there was none; that proves nothing.
        stopped_by: What ended it before its time, or empty.
        stuck: Whether threads are left that nothing can stop.
        totals: Counts by cell and call.
    """

    names: tuple[str, ...] = ()
    rounds: int = 0
    calls: int = 0
    steps: int = 0
    pauses: int = 0
    explained: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    checked_at_end: bool = False
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    stopped_by: str = ""
    stuck: bool = False
    totals: Totals = field(default_factory=Totals)


class Watcher(Protocol):
    """Told now and then how far a run is."""

    def __call__(self, so_far: Stressed) -> None:
        """``so_far`` changes while the run goes on."""
