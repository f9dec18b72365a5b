"""A finding as text: the program, then its violation as every race shows one."""

from __future__ import annotations

import textwrap

from weft.check.run import Checked
from weft.fuzz.alphabet import Alphabet
from weft.fuzz.probe import Probed
from weft.fuzz.program import Program, text
from weft.report import record
from weft.report.prose import violation


def program_lines(alphabet: Alphabet, program: Program, *, width: int) -> list[str]:
    """The calls, a line a thread."""
    lines = text(alphabet, program)
    wide = max(len(who) for who, _ in lines)
    made = []
    for who, calls in lines:
        made += textwrap.wrap(calls, width, initial_indent=f"  {who:<{wide}}   ", subsequent_indent=" " * (wide + 5))
    return made


def explained(alphabet: Alphabet, found: Probed, checked: Checked, *, width: int) -> list[str]:
    """The whole finding. The command that replays it needs the race in a file, so it is left out."""
    lines = [f"program of {found.program.calls} calls in {len(found.program.threads)} threads", *program_lines(alphabet, found.program, width=width)]
    shown = record.race(checked)
    for each in shown.violations[:1]:
        lines += [line.plain for line in violation(shown, each, width=width) if not line.plain.startswith("replay ")]
    return lines if shown.violations else [*lines, f"{found.slug}: {found.message}"]
