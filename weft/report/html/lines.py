"""Which lines of the code under test the searches went through.

Two measures a line: how many local states wait there for a step (the automata's nodes), and whether some thread executed it. Lines
at module level run at import, before any thread, so only lines inside functions count.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import coverage  # its notion of a statement is the one that people know
import msgspec
from coverage.exceptions import CoverageException

from weft.report.html.payload import source_files
from weft.report.html.portrait import Pictured


class SourceFile(msgspec.Struct, frozen=True):
    """A file of the code under test.

    Attributes:
        name: As shown.
        text: Its lines.
        statements: Numbers of the lines inside functions that hold a statement; none in a file with races, whose functions
            are set-ups and checks as well.
        executed: Those that some thread executed.
        nodes: By line, how many local states wait there.
        is_race: It defines races.
    """

    name: str
    text: list[str]
    statements: list[int]
    executed: list[int]
    nodes: dict[int, int]
    is_race: bool

    @property
    def ran(self) -> int:
        """How many statements threads executed."""
        return len(self.executed)

    @property
    def counted(self) -> int:
        """How many there are."""
        return len(self.statements)

    @property
    def percent(self) -> float:
        """How much of it threads executed."""
        return 100 * self.ran / self.counted if self.counted else 0.0


def files(races: Sequence[Pictured]) -> list[SourceFile]:
    """The code under test: files under the current directory in which some thread was."""
    executed: dict[str, set[int]] = {}
    waits: dict[str, Counter[int]] = {}
    for made in races:
        if made.portrait is not None:
            for name, lines in made.portrait.lines.items():
                executed.setdefault(name, set()).update(lines)
            for node in made.portrait.nodes:
                if node.file and node.line:
                    waits.setdefault(node.file, Counter())[node.line] += 1
    of_races = {made.race.file for made in races}
    found = []
    for name, path in source_files(races).items():
        if _is_ours(name):
            one = _file(name, path, executed.get(name, set()), waits.get(name, Counter()), is_race=name in of_races)
            found += [one] if one is not None else []
    return found


def _is_ours(name: str) -> bool:
    """Whether a file, as shown, is under the current directory and not somebody's library."""
    return name.endswith(".py") and not name.startswith(("../", "/")) and "site-packages/" not in name


def _file(name: str, path: str, executed: set[int], waits: Counter[int], *, is_race: bool) -> SourceFile | None:
    try:
        text = Path(path).read_text(encoding="utf-8")
        inside = set(_lines_in_functions(ast.parse(text)))
        statements = _statements(path)
    except (OSError, SyntaxError, ValueError, CoverageException):
        return None
    counted = sorted(inside.intersection(statements))
    ran = sorted((executed | set(waits)).intersection(counted))
    return SourceFile(name, text.splitlines(), [] if is_race else counted, ran, dict(sorted(waits.items())), is_race)


def _statements(path: str) -> list[int]:
    nothing_ran = coverage.Coverage(data_file=None, config_file=False, messages=False)
    _, statements, _, _, _ = nothing_ran.analysis2(path)
    nothing_ran.get_data().close(force=True)
    return statements


def _lines_in_functions(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0]
            yield from range(first.lineno, (node.body[-1].end_lineno or first.lineno) + 1)
