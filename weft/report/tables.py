"""The tables of ``weft check`` and ``weft list``, and how every table about races is laid out.

A table never breaks a number: where the width does not hold all columns, the least important go, and a line under it names them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from rich import box
from rich.table import Table
from rich.text import Text

from weft.report import document, words


class Row(Protocol):
    """What a row is about."""

    @property
    def name(self) -> str:
        """The race's."""

    @property
    def file(self) -> str:
        """Where it is."""


RowT = TypeVar("RowT", bound=Row)

MARKS = {
    "as expected": "ok",
    "not as expected": "WRONG",
    "inconclusive": "open",
    "error": "ERROR",
    "engine bug": "BUG",
    "not run": "-",
}
_STYLES = {"ok": "green", "open": "yellow", "-": "dim"}
_NARROWEST_NAME = 18
_GAP = 2


@dataclass(frozen=True, slots=True)
class Column(Generic[RowT]):
    """A column: its head (lines), what stands in it, and its rank; the highest rank goes first where the width is short. ``name``
    is what it is called in words, if not its head without the hyphen."""

    head: str
    cell: Callable[[RowT], str]
    side: Literal["left", "right"] = "right"
    rank: int = 0
    name: str = ""

    def width(self, rows: Sequence[RowT]) -> int:
        """What it needs."""
        return max([len(line) for line in self.head.split("\n")] + [len(self.cell(row)) for row in rows])


def _number(race: document.Race, number: int) -> str:
    return f"{number:,}" if race.verdict and number else "-"


CHECK: tuple[Column[document.Race], ...] = (
    Column("", lambda r: MARKS[r.judgement], "left"),
    Column("expected", lambda r: r.expect, "left"),
    Column("verdict", lambda r: r.verdict or r.judgement, "left"),
    Column("states", lambda r: _number(r, r.states)),
    Column("transi-\ntions", lambda r: _number(r, r.transitions), rank=3),
    Column("nodes", lambda r: _number(r, r.nodes), rank=5),
    Column("re-\nexec.", lambda r: _number(r, r.executions), rank=4, name="re-executions"),
    Column("out-\ncomes", lambda r: _number(r, len(r.outcomes)), rank=2),
    Column("inter-\nleavings", words.interleavings, rank=1),
    Column("sec.", lambda r: words.seconds(r.seconds) if r.verdict else "-"),
)

LIST: tuple[Column[document.ListedRace], ...] = (
    Column("expected", lambda r: r.expect, "left"),
    Column("slow", lambda r: "slow" if r.slow else "", "left"),
    Column("defined at", lambda r: f"{r.file}:{r.line}" if r.line else r.file, "left"),
)


def labels(races: Sequence[Row]) -> list[str]:
    """A race's name in a table: with its file where two files have one of that name."""
    taken = Counter(race.name for race in races)
    return [race.name if taken[race.name] == 1 else f"{race.file}::{race.name}" for race in races]


def fitted(columns: Sequence[Column[RowT]], rows: Sequence[RowT], names: Sequence[str], *, width: int) -> list[Column[RowT]]:
    """The columns that fit into ``width`` beside the names."""
    kept = list(columns)
    needed = min(_NARROWEST_NAME, _longest(names))
    while _room_for_names(kept, rows, width=width) < needed:
        worst = max(kept, key=lambda column: column.rank)
        if not worst.rank:
            break
        kept.remove(worst)
    return kept


def _longest(names: Sequence[str]) -> int:
    return max([len("race"), *map(len, names)])


def _room_for_names(columns: Sequence[Column[RowT]], rows: Sequence[RowT], *, width: int) -> int:
    return width - sum(_GAP + column.width(rows) for column in columns) - _GAP


def folded(name: str, width: int) -> str:
    """``name`` in lines of at most ``width``, broken after a separator where there is one."""
    lines = [""]
    for part in re.findall(r"[^_/:.]*(?:[_/:.]+|$)|.", name):
        if len(lines[-1]) + len(part) > width and lines[-1].strip():
            lines.append("  ")
        lines[-1] += part
    return "\n".join(lines)


def table(columns: Sequence[Column[RowT]], rows: Sequence[RowT], *, width: int, names: Sequence[str] | None = None) -> Table:
    """A rich table of ``rows``; the race's name comes after a mark, if there is one, and folds where it must.

    Args:
        columns: The most that it may have.
        rows: Its rows.
        width: Of the console.
        names: Of the races, row by row; by default ``labels``.
    """
    names = labels(rows) if names is None else names
    kept = fitted(columns, rows, names, width=width)
    marked = kept[:1] if not kept[0].head else []
    room = min(_longest(names), max(_NARROWEST_NAME, _room_for_names(kept, rows, width=width)))
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, _GAP - 1, 0, 0), header_style="bold")
    for column in marked:
        drawn.add_column("", no_wrap=True, min_width=column.width(rows))
    drawn.add_column("race", overflow="fold", min_width=room)
    others = kept[len(marked) :]
    for column in others:
        fixed = column.head != "defined at"
        drawn.add_column(
            column.head, justify=column.side, no_wrap=fixed, overflow="fold", min_width=column.width(rows) if fixed else 16
        )
    for row, name in zip(rows, names, strict=True):
        marks = [column.cell(row) for column in marked]
        style = _STYLES.get(marks[0], "bold red") if marks else ""
        cells = (
            [Text(mark, style=style) for mark in marks] + [Text(folded(name, room))] + [Text(column.cell(row)) for column in others]
        )
        drawn.add_row(*cells)
    return drawn


def left_out(columns: Sequence[Column[RowT]], rows: Sequence[RowT], *, width: int) -> str:
    """The columns that found no room, in words; empty if all did."""
    kept = fitted(columns, rows, labels(rows), width=width)
    return ", ".join(column.name or column.head.replace("-\n", "").replace("\n", " ") for column in columns if column not in kept)
