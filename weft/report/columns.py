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

from rich.text import Text

from weft.report import document

NARROWEST = 24
LONGEST_VALUE = 72
"""Longer values are shortened in the middle; the JSON has them whole."""

_GAP = 2
_STYLES = ("cyan", "magenta", "green", "yellow", "blue", "red")


def interleaving(trace: document.Trace, *, width: int) -> list[Text]:
    """The lines of a trace, none wider than ``width``."""
    names = [thread.name for thread in trace.threads]
    gutter = max(len("step"), len(str(len(trace.steps)))) + _GAP
    column = (width - gutter) // len(names) - _GAP
    if column < NARROWEST:
        return list(_in_one_column(trace, gutter=gutter, width=width))
    return list(_in_columns(trace, gutter=gutter, column=column))


def _in_columns(trace: document.Trace, *, gutter: int, column: int) -> Iterator[Text]:
    names = [thread.name for thread in trace.threads]
    head = "step".ljust(gutter) + (" " * _GAP).join(f"{_cut(name, column):<{column}}" for name in names)
    yield Text(head.rstrip(), style="bold")
    for step in trace.steps:
        which = names.index(step.thread)
        start = gutter + which * (column + _GAP)
        for k, line in enumerate(_lines(step, column)):
            number = f"{step.number:>{gutter - _GAP}}" if k == 0 else ""
            yield Text.assemble(number.ljust(start), (line, _STYLES[which % len(_STYLES)]))


def _in_one_column(trace: document.Trace, *, gutter: int, width: int) -> Iterator[Text]:
    names = [thread.name for thread in trace.threads]
    widest = min(max(map(len, names)), 20)
    yield Text("step".ljust(gutter) + "thread", style="bold")
    for step in trace.steps:
        style = _STYLES[names.index(step.thread) % len(_STYLES)]
        for k, line in enumerate(_lines(step, max(NARROWEST, width - gutter - widest - _GAP))):
            number = f"{step.number:>{gutter - _GAP}}" if k == 0 else ""
            name = _cut(step.thread, widest) if k == 0 else ""
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
