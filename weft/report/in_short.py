"""A race in a line, and as the properties that CI systems are told; for JUnit XML, pytest and whoever has no room for more."""

from __future__ import annotations

from weft.report import document


def properties(race: document.Race) -> dict[str, object]:
    """What CI is told of a race; always the same names, empty where there is nothing to say."""
    first = first_violation(race) if race.violations else None
    return {
        "verdict": race.verdict or race.judgement,
        "expected": race.expect,
        "states": race.states,
        "transitions": race.transitions,
        "nodes": race.nodes,
        "executions": race.executions,
        "interleavings": race.interleavings or ("unbounded" if race.cyclic else ""),
        "slug": "" if first is None else first.slug,
        "schedule": "" if first is None or first.trace is None else first.trace.schedule,
    }


def first_violation(race: document.Race) -> document.Violation:
    """The violation that stands for a race: the expected one if it was found."""
    return next((found for found in race.violations if found.slug.startswith(race.violates)), race.violations[0])


def in_a_line(race: document.Race) -> str:
    """Why a race is not as expected."""
    if race.judgement == "not as expected" and race.violations:
        first = first_violation(race)
        return f"VIOLATED {first.slug}: {first.message}"
    return f"{race.judgement}: {race.reason}"
