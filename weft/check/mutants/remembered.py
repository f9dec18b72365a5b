"""What races have said of generated mutants so far, in a file that grows with every answer.

An answer counts as long as its question is the same: the mutant's text, the race with all that it imports and the data files beside
it, what of weft it runs on, the reductions and the limits. So a run that was interrupted goes on, and after a change only the races
that it concerns are searched again.

Limit: the search itself is no part of the question, but for weft's version. A search that came to another verdict over the same
code would be a bug of weft; whoever looks for one begins with a new file.

Format ``weft-mutants-answers/1``: a line of JSON with that name, then a line an answer, its question as a digest. A line that is
cut off, as after a power failure, is no answer.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from weft.certificate.sources import hashes
from weft.check.collect import Race
from weft.check.mutants.coverage import Covered
from weft.check.mutants.generated import Generated
from weft.check.mutants.outcome import Run
from weft.check.paths import shown
from weft.check.run import Plan
from weft.errors import UsageError

FORMAT = "weft-mutants-answers/1"


class Remembered:
    """Answers by question.

    Args:
        file: Where they are kept; with ``None`` only here.
        version: Of weft.

    Raises:
        UsageError: ``file`` holds something else.
    """

    def __init__(self, file: str | None, *, version: str = "") -> None:
        self._version = version
        self._file = file
        self._answers: dict[str, Any] = {}
        self._texts: dict[tuple[str, str], str] = {}
        if file is not None:
            self._read(file)

    def _read(self, file: str) -> None:
        content = ""
        if os.path.exists(file):
            with open(file, encoding="utf-8", errors="replace") as stream:
                content = stream.read()
        first, *lines = content.splitlines() or [""]
        if content and first != json.dumps(FORMAT):
            raise UsageError(f"--resume {file!r} does not hold answers of `weft mutants --resume`; name another file, or a new one")
        for line in lines:
            try:
                question, answer = json.loads(line)
            except ValueError:
                continue
            self._answers[question] = answer
        try:
            with open(file, "a", encoding="utf-8") as stream:
                stream.write("" if content.endswith("\n") else "\n" if content else json.dumps(FORMAT) + "\n")
        except OSError as error:
            raise UsageError(f"--resume {file!r}: {error.strerror}; name a file that can be written") from None

    def run(self, mutant: object, race: Race, plan: Plan, cpu_seconds: int) -> Run | None:
        """What ``race`` said of ``mutant``."""
        known = self._answers.get(self._about_run(mutant, race, plan, cpu_seconds))
        return None if known is None else Run(**known)

    def note_run(self, mutant: object, race: Race, plan: Plan, cpu_seconds: int, said: Run) -> None:
        """``race`` has said ``said`` of ``mutant``."""
        self._note(self._about_run(mutant, race, plan, cpu_seconds), asdict(said))

    def covered(self, race: Race, plan: Plan, files: Iterable[str]) -> Covered | None:
        """Which lines of ``files`` ``race`` executes."""
        known = self._answers.get(self._about_lines(race, plan, files))
        if known is None:
            return None
        lines = frozenset((os.path.abspath(file), line) for file, numbers in known["lines"].items() for line in numbers)
        return Covered(lines, known["states"])

    def note_covered(self, race: Race, plan: Plan, files: Iterable[str], found: Covered) -> None:
        """``race`` executes ``found``."""
        lines: dict[str, list[int]] = {}
        for file, line in sorted(found.lines):
            lines.setdefault(shown(file), []).append(line)
        self._note(self._about_lines(race, plan, files), {"lines": lines, "states": found.states})

    def _note(self, question: str, answer: Any) -> None:
        if question in self._answers or not question:
            return
        self._answers[question] = answer
        if self._file is not None:
            with open(self._file, "a", encoding="utf-8") as stream:
                stream.write(json.dumps([question, answer]) + "\n")

    def _about_run(self, mutant: object, race: Race, plan: Plan, cpu_seconds: int) -> str:
        """The question; none about planted bugs, which are Python and not text."""
        if not isinstance(mutant, Generated):
            return ""
        return _digest("run", self._race(race), mutant.name, mutant.difference(), _limits(plan), cpu_seconds)

    def _about_lines(self, race: Race, plan: Plan, files: Iterable[str]) -> str:
        return _digest("lines", self._race(race), sorted(map(shown, files)), plan.reduction.names)

    def _race(self, race: Race) -> list[str]:
        files = (race.file, race.scenario.file)
        if files not in self._texts:
            self._texts[files] = _digest(self._version, hashes(files), _beside(race.file))
        return [race.name, self._texts[files]]


def _limits(plan: Plan) -> list[Any]:
    return [plan.reduction.names, plan.budget.max_states, plan.budget.max_memory_bytes]


def _beside(file: str) -> dict[str, str]:
    """SHA-256 of the files in the same folder that are not Python: what the race may read."""
    folder = os.path.dirname(os.path.abspath(file))
    found = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and not name.endswith(".py") and not name.startswith("."):
            with open(path, "rb") as stream:
                found[name] = hashlib.sha256(stream.read()).hexdigest()
    return found


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
