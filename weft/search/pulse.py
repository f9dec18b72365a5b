"""How a search tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol


class Ahead(NamedTuple):
    """What is left of a depth-first search.

    Attributes:
        frontier: Steps that are known and not taken yet; ``None`` where that is spread over several walkers.
        covered: The share of the states on random walks from the start that have been visited. An estimate of the share of all
            states: states that many schedules pass weigh more. ``None`` where nobody can tell.
        note: What else there is to tell.
    """

    frontier: int | None
    covered: float | None
    note: str = ""


LookAhead = Callable[[], Ahead | None]
"""Finds out, at the cost of some milliseconds."""


class Pulse(Protocol):
    """Called now and then."""

    def __call__(self, states: int, transitions: int, seconds: float, look_ahead: LookAhead | None = None) -> None:
        """How far the search is; ``look_ahead`` finds out what is left."""
