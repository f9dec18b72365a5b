"""What automata are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from weft.cells.cell import Cell
from weft.cells.effects import Kind, Misuse
from weft.cells.monitor import Event
from weft.errors import NondeterminismError
from weft.worlds.thread import Request


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


def said(cell: Cell, kind: Kind, operands: Sequence[Any]) -> str:
    """A step, for people."""
    shown = operands[1:] if kind.by_thread else operands
    return f"{cell.label}.{kind.name}({', '.join(map(repr, shown))})"


def not_repeated(name: str, position: int, was: str, now: Request | None) -> NondeterminismError:
    """The error for a thread that takes another step than before, or ends, when fed the same results."""
    seen = "its end" if now is None else said(now.cell, now.kind, now.operands)
    return NondeterminismError(
        f"thread {name}, step {position}: was {was}, is now {seen} when fed the same results; it depends on "
        "something outside cells (a clock, random numbers, id(), a global variable), which no schedule can repeat"
    )
