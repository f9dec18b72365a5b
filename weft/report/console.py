"""Where reports are drawn: colours on a terminal only; the width is the terminal's, in files and pipes 100 (or ``COLUMNS``)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH = 100
NARROWEST = 40


def output() -> Console:
    """The console of standard output. ``NO_COLOR`` and ``TERM=dumb`` are respected."""
    return _console(stderr=False)


def errors() -> Console:
    """The console of standard error."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    terminal = stream.isatty()
    plain = not terminal or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    console = Console(file=stream, highlight=False, force_terminal=terminal, color_system=None if plain else "auto")
    asked = os.environ.get("COLUMNS", "")
    console.width = max(NARROWEST, console.width if terminal else int(asked) if asked.isdecimal() else WIDTH)
    return console


def write_table(console: Console, table: Table) -> None:
    """Print ``table`` without blanks at the ends of its lines, and an empty line."""
    with console.capture() as drawn:
        console.print(table)
    lines = drawn.get().rstrip().split("\n")
    console.file.write("\n".join(line.rstrip() for line in lines) + "\n\n")


def write(console: Console, lines: Iterable[Text]) -> None:
    """Print ``lines`` as they are: never wrapped, so that what is made to be pasted can be."""
    for line in lines:
        console.print(line, soft_wrap=True)
