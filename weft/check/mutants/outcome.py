"""What becomes of a mutant: what each race says of it, and what that amounts to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["held", "violated", "refused", "unfinished", "endless", "engine bug"]
Status = Literal["killed", "survived", "unfinished", "not reached", "engine bug", "not run"]

KILLS: tuple[Kind, ...] = ("violated", "refused", "endless")


@dataclass(frozen=True, slots=True)
class Run:
    """One race with a mutant in force.

    Attributes:
        race: ``FILE::RACE``.
        kind: How it came out.
        slug: What it showed: a violation's slug, or ``set-up`` for a race that could not be run.
        message: One sentence.
        schedule: The interleaving that shows it, with its ``steps`` and ``preemptions``; empty if there is none.
        states: How many were searched until then.
    """

    race: str
    kind: Kind
    slug: str = ""
    message: str = ""
    schedule: str = ""
    steps: int = 0
    preemptions: int = 0
    states: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a mutant. ``runs`` are in the order in which the races were searched."""

    status: Status
    runs: tuple[Run, ...] = ()

    @property
    def kills(self) -> list[Run]:
        """The runs that would make the gate fail."""
        return [run for run in self.runs if run.kind in KILLS]
