"""Race files: a finding as a file that ``weft check`` runs, and that reads as if somebody had written it."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from weft.fuzz.alphabet import Alphabet
from weft.fuzz.probe import Probed
from weft.fuzz.program import Program, first_call, text
from weft.fuzz.spelling import spelled
from weft.report import document, record

if TYPE_CHECKING:
    from weft.fuzz.hunt import Finding

WIDTH = 132


@dataclass(frozen=True, slots=True)
class Place:
    """Where something at module level is: its module, its name there, and its file as shown."""

    module: str
    variable: str
    file: str

    @property
    def name(self) -> str:
        """``FILE::NAME``."""
        return f"{self.file}::{self.variable}"

    @property
    def importing(self) -> str:
        """The line that imports it."""
        if self.module.startswith("weft_race_"):  # its path is no dotted name
            return f"{self.variable} = import_file({spelled(self.file)}).{self.variable}"
        return f"from {self.module} import {self.variable}"


def race_name(alphabet: Alphabet, program: Program, *, taken: Sequence[str] = ()) -> str:
    """``mount_vs_umount``: by the first calls of the threads."""
    wanted = "_vs_".join(first_call(alphabet, calls) for calls in program.threads)
    return wanted if wanted not in taken else next(f"{wanted}_{k}" for k in range(2, 99) if f"{wanted}_{k}" not in taken)


def race_file(
    alphabet: Alphabet, place: Place, found: Probed, shown: document.Race, *, file: str, origin: str, within: Place | None = None
) -> str:
    """The text of the file.

    Args:
        alphabet: What the program is made of.
        place: Where the alphabet is.
        found: The finding.
        shown: Its search, for the schedule.
        file: Where the text goes, for the command that replays it.
        origin: The command that found it.
        within: A planted bug that was in force.
    """
    imports: set[tuple[str, str]] = {("weft", "Setting"), ("weft", "scenario")}
    body = _body(place.variable, found.program, imports)
    by_path = [each for each in (place, within) if each is not None and each.module.startswith("weft_race_")]
    imports |= {(each.module, each.variable) for each in (place, within) if each is not None and each not in by_path}
    imports |= {("weft.check.loading", "import_file")} if by_path else set()
    parts = [
        _header(alphabet, found, shown, file=file, origin=origin),
        "from __future__ import annotations",
        "\n".join(_imports(imports)),
        *(["\n".join(each.importing for each in by_path)] if by_path else []),
    ]
    return "\n\n".join(parts) + "\n\n\n" + _race(alphabet, found, shown, body, within=within)


def _header(alphabet: Alphabet, found: Probed, shown: document.Race, *, file: str, origin: str) -> str:
    wide = max(len(who) for who, _ in text(alphabet, found.program))
    lines = [f"Found by `{origin}`: {found.slug}.", "", *textwrap.wrap(f"{shown.violations[0].message}.", WIDTH - 4), ""]
    for who, calls in text(alphabet, found.program):
        lines += textwrap.wrap(calls, WIDTH - 4, initial_indent=f"    {who:<{wide}}  ", subsequent_indent=" " * (wide + 6))
    trace = shown.violations[0].trace
    if trace is not None:
        lines += ["", f"weft replay {file}::{shown.name} {trace.schedule}"]
    escaped = "\n".join(lines).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{escaped}\n"""'


def _imports(imports: set[tuple[str, str]]) -> list[str]:
    modules = sorted({module for module, _ in imports})
    return [f"from {module} import {', '.join(sorted(name for m, name in imports if m == module))}" for module in modules]


def _race(alphabet: Alphabet, found: Probed, shown: document.Race, body: str, *, within: Place | None) -> str:
    options = ['    expect="VIOLATED",', f"    violates={spelled(found.slug)},"]
    options += [f"    within={within.variable},"] if within is not None else []
    options.append(
        '    why="found by fuzzing: the calls do not do what the model says; once they do, this is to be expected to hold",'
    )
    calls = " || ".join(said for who, said in text(alphabet, found.program) if who != "before")
    docstring = f"{calls[: WIDTH - 12]}." if len(calls) < WIDTH - 12 else "See above."
    head = ["@scenario(", *options, ")", f"def {shown.name}(s: Setting) -> None:", f'    """{docstring}"""', body]
    return "\n".join(head) + "\n"


def _body(variable: str, program: Program, imports: set[tuple[str, str]]) -> str:
    lines = [f"    {variable}.program(", "        s,"]
    if program.before:
        lines.append(f"        before=[{', '.join(spelled(call, imports) for call in program.before)}],")
        if len(lines[-1]) > WIDTH:
            lines[-1:] = ["        before=[", *(f"            {spelled(call, imports)}," for call in program.before), "        ],"]
    lines.append("        threads=[")
    for calls in program.threads:
        lines.append(f"            [{', '.join(spelled(call, imports) for call in calls)}],")
        if len(lines[-1]) > WIDTH:
            lines[-1:] = ["            [", *(f"                {spelled(call, imports)}," for call in calls), "            ],"]
    return "\n".join([*lines, "        ],", "    )"])


def write(alphabet: Alphabet, place: Place, finding: Finding, *, folder: str, origin: str, within: Place | None) -> str:
    """Write a finding into ``folder``, in a file of its own that is not there yet; returns its path."""
    assert finding.checked is not None
    path = os.path.join(folder, f"{finding.name}.py")
    if os.path.exists(path):
        path = next(each for k in count(2) if not os.path.exists(each := os.path.join(folder, f"{finding.name}_{k}.py")))
    shown = record.race(finding.checked)
    text = race_file(alphabet, place, finding.found, shown, file=path, origin=origin, within=within)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    return path
