"""Histories of real threads, explained by the sequential model.

Each thread notes when its calls begin and end, by one clock; the lists are merged while all threads rest. Where two notes have the
same time the calls overlap, which allows more and never accuses wrongly. All states in which the model may be are carried from one
rest to the next, so cutting the history there loses nothing.

The explanation is the monitor's of ``weft.cells.monitor``, the one that the search runs. Its model is asked the same questions
again and again here, so its answers are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from heapq import merge
from typing import Any, NamedTuple

from weft.cells.monitor import Inexplicable, Invoke, Monitor
from weft.native.world import Stamped
from weft.worlds.ending import portable

ANSWERS_KEPT = 1 << 16
MOST_SHOWN = 40


class Noted(NamedTuple):
    """A note of a thread."""

    at_ns: int
    thread: int
    stamped: Stamped


def remembering(monitor: Monitor) -> None:
    """Let ``monitor`` keep its model's answers. The model is pure."""
    monitor.model_step = lru_cache(ANSWERS_KEPT)(monitor.model_step)


def merged(histories: Sequence[Sequence[Stamped]]) -> list[Noted]:
    """All notes in the order of time; at one instant beginnings come first."""

    def notes(thread: int, history: Sequence[Stamped]) -> list[Noted]:
        return [Noted(stamped.at_ns, thread, stamped) for stamped in history]

    def order(noted: Noted) -> tuple[int, bool]:
        return noted.at_ns, not isinstance(noted.stamped.event, Invoke)

    return list(merge(*(notes(thread, history) for thread, history in enumerate(histories)), key=order))


def explain(monitor: Monitor, value: Any, notes: Sequence[Noted]) -> tuple[Any, Sequence[Noted]]:
    """The monitor's value after ``notes``, and, if they are inexplicable, those since the last instant without a call under way."""
    begin, under_way = 0, 0
    for position, noted in enumerate(notes):
        if not under_way:
            begin = position
        under_way += 1 if isinstance(noted.stamped.event, Invoke) else -1
        value = monitor.advance(value, noted.thread, (noted.stamped.event,))
        if isinstance(value, Inexplicable):
            return value, notes[begin : position + 1]
    return value, ()


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
