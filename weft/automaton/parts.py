"""What automata are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from weft.cells.effects import Kind, Misuse
from weft.cells.monitor import Event


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of step on one cell with given operands (value numbers)."""

    kind: Kind
    slot: int
    operands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Misused:
    """The end of a thread that broke a contract."""

    step: str
    misuse: Misuse


class Edge(NamedTuple):
    """What follows a step: the next node, cells made on the way, calls that ended with it."""

    node: int
    allocated: tuple[tuple[int, int], ...]
    ended: tuple[Event, ...]
