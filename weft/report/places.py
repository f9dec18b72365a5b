"""Where in the code a finding is shown: one line for an annotation, though it takes several steps to come about."""

from __future__ import annotations

from weft.report import document


def place(race: document.Race, found: document.Violation | None) -> tuple[str, int]:
    """File and line: of the last decisive step that is in somebody's code, else of the race itself."""
    steps = found.trace.steps if found is not None and found.trace is not None else []
    decisive = [step for step in steps if step.part == "decisive" and in_project(step.file)]
    if decisive:
        return decisive[-1].file, decisive[-1].line
    return race.file, max(race.line, 1)


def in_project(file: str) -> bool:
    """Whether a file, as shown, is under the current directory, so that others find it too."""
    return bool(file) and not file.startswith(("../", "/"))


def unexpected(report: document.Report) -> list[tuple[document.Race, document.Violation | None]]:
    """Every race that is not as expected with each of its violations, or with ``None`` where it has none."""
    found: list[tuple[document.Race, document.Violation | None]] = []
    for race in report.races:
        if race.judgement != "as expected":
            violations = race.violations if race.judgement == "not as expected" else []
            found += [(race, violation) for violation in violations] or [(race, None)]
    return found
