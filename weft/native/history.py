"""Histories of real threads: notes merged by the clock, explained by the sequential model, told where they cannot be.

Each thread notes when its calls begin and end, by one clock; the lists are merged while all threads rest. Where two notes have the
same time the calls overlap, which allows more and never accuses wrongly. All states in which the model may be are carried from one
rest to the next, so cutting the history there loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import merge
from typing import Any, NamedTuple

from weft.cells.monitor import Configuration, Explanations, Inexplicable, Invoke, Monitor
from weft.native.explainer import Explainer
from weft.native.world import Stamped
from weft.worlds.ending import portable

MOST_SHOWN = 40


class Noted(NamedTuple):
    """A note of a thread."""

    at_ns: int
    thread: int
    stamped: Stamped


def merged(histories: Sequence[Sequence[Stamped]]) -> list[Noted]:
    """All notes in the order of time; at one instant beginnings come first."""

    def notes(thread: int, history: Sequence[Stamped]) -> list[Noted]:
        return [Noted(stamped.at_ns, thread, stamped) for stamped in history]

    def order(noted: Noted) -> tuple[int, bool]:
        return noted.at_ns, not isinstance(noted.stamped.event, Invoke)

    return list(merge(*(notes(thread, history) for thread, history in enumerate(histories)), key=order))


class Followed:
    """A scenario's history, followed from rest to rest; its monitor's value is kept true.

    Args:
        monitor: Of the scenario, as the set-up made it.
    """

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self._explainer = Explainer(monitor, [each.state for each in monitor.value.configurations])

    def follow(self, notes: Sequence[Noted]) -> tuple[Inexplicable, Sequence[Noted]] | None:
        """Explain ``notes``, after which no call is under way. If that cannot be: why, and what happened since none last was."""
        begin, under_way = 0, 0
        for position, noted in enumerate(notes):
            if not under_way:
                begin = position
            under_way += 1 if isinstance(noted.stamped.event, Invoke) else -1
            wrong = self._explainer.advance(noted.thread, noted.stamped.event)
            if wrong is not None:
                self._monitor.value = wrong
                return wrong, notes[begin : position + 1]
        self._explainer.rest()
        self._monitor.value = Explanations(frozenset(map(Configuration, self._explainer.states())))
        return None


class Told(NamedTuple):
    """A call of a history: by whom, when (microseconds since the first of them; ``None`` if it had not ended), and what it said."""

    thread: str
    began_us: float
    ended_us: float | None
    text: str


def told(monitor: Monitor, notes: Sequence[Noted], names: Sequence[str]) -> list[Told]:
    """The calls of ``notes``, in the order in which they began; the last ones if they are many."""
    calls: list[Told] = []
    under_way: dict[int, tuple[int, Any]] = {}
    first = notes[0].at_ns if notes else 0
    for at_ns, thread, stamped in notes:
        now = (at_ns - first) / 1000
        if isinstance(stamped.event, Invoke):
            under_way[thread] = len(calls), stamped.event.operation
            calls.append(Told(names[thread], now, None, repr(portable(stamped.event.operation))))
        else:
            position, operation = under_way.pop(thread)
            calls[position] = calls[position]._replace(ended_us=now, text=monitor.say(operation, stamped.event.result))
    return calls[-MOST_SHOWN:]
