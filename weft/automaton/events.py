"""Numbers for what steps mean to the linearizability monitor: which thread begins or ends which calls with a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weft.automaton.tables import INVOKES, RESPONDS
from weft.automaton.values import ValueTable
from weft.cells.monitor import Event, Invoke, Monitor
from weft.cells.values import identity

NOTHING = 0
"""The number of a step that begins and ends no call."""


def event_key(event: Event) -> object:
    """Equal for events that mean the same."""
    return type(event), identity(event.operation if isinstance(event, Invoke) else event.result)


class EventTable:
    """Events in the order of discovery, and what each makes of the monitor's values.

    Args:
        monitor: Who is told; without one every step means nothing.
        values: Where its values are numbered.
    """

    def __init__(self, monitor: Monitor | None, values: ValueTable) -> None:
        self._monitor = monitor
        self._values = values
        self._events: list[tuple[int, tuple[Event, ...]]] = [(-1, ())]
        self._numbers: dict[Any, int] = {}
        self._after: dict[tuple[int, int], int] = {}

    def number(self, thread: int, events: Sequence[Event]) -> int:
        """The number of ``thread``'s ``events`` in one step."""
        if not events or self._monitor is None:
            return NOTHING
        number = self._numbers.setdefault((thread, tuple(map(event_key, events))), len(self._events))
        if number == len(self._events):
            self._events.append((thread, tuple(events)))
        return number

    def after(self, event: int, value: int) -> int:
        """The monitor's value after ``event``, from ``value``."""
        known = self._after.get((event, value))
        if known is None:
            assert self._monitor is not None
            after = self._monitor.advance(self._values[value], *self._events[event])
            known = self._after[event, value] = self._values.number(after)
        return known

    def kinds(self, event: int) -> int:
        """``INVOKES``, ``RESPONDS``, both or 0."""
        return sum({INVOKES if isinstance(one, Invoke) else RESPONDS for one in self._events[event][1]})
