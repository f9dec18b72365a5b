"""The interleaving printer: a column a thread, one step under the other in the order of time.

    step  first                           second
       1  counter.load() -> 0
          lost_update.py:12
       2                                  counter.load() -> 0
                                          lost_update.py:12

A step has its operation with the result, the cell's value before and after where it changed, and the line of the code under test
that asked for it; they share a line of the column if they fit. With more threads than columns of ``NARROWEST`` have room for, all
steps are in one column and say whose they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from rich.text import Text

from weft.report import document
from weft.report.words import count

NARROWEST = 24
LONGEST_VALUE = 72
"""Longer values are shortened in the middle; the JSON has them whole."""

_GAP = 2
_STYLES = ("cyan", "magenta", "green", "yellow", "blue", "red")


Row = tuple[int, str, list[str]]
"""The number of a step, its thread, and the lines that say it."""


def interleaving(trace: document.Trace, *, width: int, fold: bool = False) -> list[Text]:
    """The lines of a trace, none wider than ``width``; with ``fold`` without the steps that are marked as folded."""
    names = [thread.name for thread in trace.threads]
    gutter = max(len("step"), len(str(len(trace.steps)))) + _GAP
    column = (width - gutter) // len(names) - _GAP
    if column < NARROWEST:
        return list(_in_one_column(trace, gutter=gutter, width=width, fold=fold))
    return list(_in_columns(trace, gutter=gutter, column=column, fold=fold))


def _rows(trace: document.Trace, column: int, *, fold: bool) -> Iterator[Row]:
    """A row for each step that is shown, and one for each thread's folded ones in between."""

    def group(step: document.Step) -> tuple[object, ...]:
        return (step.thread, step.part == "none") if fold and step.folded else (step.number,)

    for _, steps in groupby(trace.steps, key=group):
        first, *more = steps
        if fold and first.folded:
            missing = f"... {count(1 + len(more), 'step')}"
            if first.part == "none":
                missing += " that plays no part" if not more else " that play no part"
            yield first.number, first.thread, _broken(missing, column)
        else:
            yield first.number, first.thread, _lines(first, column)


def _in_columns(trace: document.Trace, *, gutter: int, column: int, fold: bool) -> Iterator[Text]:
    names = [thread.name for thread in trace.threads]
    head = "step".ljust(gutter) + (" " * _GAP).join(f"{_cut(name, column):<{column}}" for name in names)
    yield Text(head.rstrip(), style="bold")
    for first, thread, lines in _rows(trace, column, fold=fold):
        which = names.index(thread)
        start = gutter + which * (column + _GAP)
        for k, line in enumerate(lines):
            number = f"{first:>{gutter - _GAP}}" if k == 0 else ""
            yield Text.assemble(number.ljust(start), (line, _STYLES[which % len(_STYLES)]))


def _in_one_column(trace: document.Trace, *, gutter: int, width: int, fold: bool) -> Iterator[Text]:
    names = [thread.name for thread in trace.threads]
    widest = min(max(map(len, names)), 20)
    yield Text("step".ljust(gutter) + "thread", style="bold")
    for first, thread, lines in _rows(trace, max(NARROWEST, width - gutter - widest - _GAP), fold=fold):
        style = _STYLES[names.index(thread) % len(_STYLES)]
        for k, line in enumerate(lines):
            number = f"{first:>{gutter - _GAP}}" if k == 0 else ""
            name = _cut(thread, widest) if k == 0 else ""
            yield Text.assemble(number.ljust(gutter), (f"{name:<{widest + _GAP}}{line}", style))


def _lines(step: document.Step, column: int) -> list[str]:
    """The parts of a step, filled into lines of ``column`` characters; a part is broken only if it is longer than a line."""
    lines: list[str] = []
    for part in _parts(step):
        if lines and len(lines[-1]) + _GAP + len(part) <= column:
            lines[-1] += " " * _GAP + part
        else:
            lines += _broken(part, column)
    return lines


def _parts(step: document.Step) -> list[str]:
    text = _short(step.text, 2 * LONGEST_VALUE)
    parts = [text if step.result == "None" else f"{text} -> {_short(step.result, LONGEST_VALUE)}"]
    if step.before != step.after:
        parts.append(f"[{_short(step.before, LONGEST_VALUE)} -> {_short(step.after, LONGEST_VALUE)}]")
    if step.file:
        parts.append(f"{step.file}:{step.line}")
    return parts


def _broken(part: str, column: int) -> list[str]:
    if len(part) <= column:
        return [part]
    lines: list[str] = []
    for piece in re.findall(r"(?:-> )?[^\s/,(_]*(?:[/,(_]|\)* ?|$)", part):
        if lines and len(lines[-1]) + len(piece.rstrip()) > column:
            lines.append("  ")
        elif not lines:
            lines.append("")
        lines[-1] += piece
    return [cut for line in lines for cut in _hard_cut(line.rstrip(), column)]


def _hard_cut(line: str, column: int) -> list[str]:
    return [line[k : k + column] for k in range(0, len(line), column)]


def _short(value: str, longest: int) -> str:
    return value if len(value) <= longest else f"{value[: longest // 2]} ... {value[-(longest // 2) :]}"


def _cut(name: str, width: int) -> str:
    return name if len(name) <= width else name[: width - 1] + "~"
