"""A finding as text: the program, then its violation as every race shows one."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from weft.check.run import Checked
from weft.fuzz.alphabet import Alphabet
from weft.fuzz.probe import Probed
from weft.fuzz.program import Program, text
from weft.report import record
from weft.report.prose import headline, violation, wrapped
from weft.report.words import count

if TYPE_CHECKING:
    from weft.fuzz.document import AlphabetRun, Found
    from weft.fuzz.hunt import Finding


def program_lines(alphabet: Alphabet, program: Program, *, width: int) -> list[str]:
    """The calls, a line a thread."""
    lines = text(alphabet, program)
    wide = max(len(who) for who, _ in lines)
    made = []
    for who, calls in lines:
        made += textwrap.wrap(calls, width, initial_indent=f"  {who:<{wide}}   ", subsequent_indent=" " * (wide + 5))
    return made


def explained(
    alphabet: Alphabet, found: Probed, checked: Checked | None, *, width: int, whole: bool = False, file: str = ""
) -> list[str]:
    """The whole finding: program, violation, schedule, and the command that replays it if the race is in ``file``."""
    program = found.program
    many = f"{count(program.calls, 'call')} in {count(len(program.threads), 'thread')}"
    lines = [f"the smallest program: {many}{', after what is done before' * bool(program.before)}"]
    lines += program_lines(alphabet, program, width=width)
    shown = None if checked is None else record.race(checked)
    if shown is None or not shown.violations:
        return [*lines, *wrapped(f"VIOLATED {found.slug}: {found.message}", width=width, indent=0)]
    lines += [line.plain for line in violation(shown, shown.violations[0], width=width, whole=whole)]
    trace = shown.violations[0].trace
    if trace is not None:
        lines.pop()  # the command that replays it where it is not
        lines += [f"replay   weft replay {file}::{shown.name} {trace.schedule}"] * bool(file)
    return lines


def finding_lines(alphabet: Alphabet, finding: Finding, found: Found, *, width: int, whole: bool) -> list[str]:
    """A finding with how it was come by."""
    lines = explained(alphabet, finding.found, finding.checked, width=width, whole=whole, file=found.file)
    come_by = f"as program {found.examples:,} of those drawn: {found.drawn}; {count(found.shrinking, 'program')} tried to shrink it"
    lines += headline(f"found    {come_by}", width=width)
    return [
        *lines,
        f"race     {found.file}" if found.file else "race     --write DIR writes it as a file that weft check and weft replay run",
    ]


def tally_lines(made: AlphabetRun, *, width: int) -> list[str]:
    """What was drawn, and which known disagreements were met."""
    large = made.programs - made.searched
    how = f"{made.searched:,} searched whole" + f", {large:,} larger and walked through at random" * bool(large)
    lines = headline(
        f"{made.name}: {count(made.programs, 'program')} ({made.drawn:,} drawn): {how}; {count(made.states, 'state')}", width=width
    )
    lines += headline(
        f"conflicts: in {made.conflicts:,} the order of the calls matters to the model; "
        f"{made.several_outcomes:,} end in more than one way",
        width=width,
    )
    lines += [f"ended by {made.stopped_by}"] * bool(made.stopped_by)
    for known in made.known:
        if known.programs or known.together:
            together = f", in {known.together:,} more together with others" * bool(known.together)
            met = f"known {known.name}: in {count(known.programs, 'program')}{together}"
            lines += headline(f"{met}{f', such as {known.smallest}' * bool(known.smallest)}; {known.why}", width=width)
    return lines
