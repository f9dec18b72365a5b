"""The baseline: what a run found, without times and machines, to be committed and compared with.

Format ``weft-baseline/1``. A later run differs where a race has another verdict or other violations, needs more than a factor more
states, or is gone although the same was asked for. A new race is no difference, nor are fewer states; writing the baseline again
takes both up.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from weft.errors import UsageError
from weft.report import document

FACTOR = 2.0
"""By how much states may grow."""


class Found(msgspec.Struct, kw_only=True, frozen=True):
    """A violation: its slug, and the best schedule to it (empty where no schedule shows it) with what that costs."""

    slug: str
    minimal: bool
    schedule: str
    preemptions: int
    steps: int


class BaselineRace(msgspec.Struct, kw_only=True, frozen=True):
    """A race by its ``FILE::RACE``."""

    name: str
    verdict: str
    states: int
    transitions: int
    nodes: int
    interleavings: str | None
    cyclic: bool
    violations: list[Found]


class Baseline(msgspec.Struct, kw_only=True, frozen=True):
    """What was asked for and what came of it. Races are in the order of their names."""

    format: str = "weft-baseline/1"
    paths: list[str]
    keywords: str | None
    slow: bool
    races: list[BaselineRace]


def baseline(report: document.Report, *, paths: list[str], keywords: str | None, slow: bool) -> Baseline:
    """The baseline of ``report``.

    Raises:
        UsageError: A race came to no verdict; that is nothing to compare with.
    """
    open_ends = [f"{race.file}::{race.name}" for race in report.races if race.verdict in (None, "INCONCLUSIVE")]
    if open_ends:
        raise UsageError(f"no baseline was written: {', '.join(open_ends)} came to no verdict; raise its limits or leave it out")
    races = sorted((_race(race) for race in report.races), key=lambda race: race.name)
    return Baseline(paths=paths, keywords=keywords, slow=slow, races=races)


def _race(race: document.Race) -> BaselineRace:
    return BaselineRace(
        name=f"{race.file}::{race.name}",
        verdict=race.verdict or "",
        states=race.states,
        transitions=race.transitions,
        nodes=race.nodes,
        interleavings=race.interleavings,
        cyclic=race.cyclic,
        violations=[_found(violation) for violation in sorted(race.violations, key=lambda v: v.slug)],
    )


def _found(violation: document.Violation) -> Found:
    trace = violation.trace
    return Found(
        slug=violation.slug,
        minimal=violation.minimal,
        schedule="" if trace is None else trace.schedule,
        preemptions=0 if trace is None else trace.preemptions,
        steps=0 if trace is None else len(trace.steps),
    )


def encoded(found: Baseline) -> bytes:
    """The file."""
    return msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"


def decoded(text: bytes, *, name: str) -> Baseline:
    """The baseline in a file.

    Raises:
        UsageError: It is none.
    """
    try:
        found = msgspec.json.decode(text, type=Baseline)
    except msgspec.DecodeError as error:
        raise UsageError(f"{name} is not a baseline: {error}; `weft check ... --baseline-write {name}` writes one") from None
    if found.format != "weft-baseline/1":
        raise UsageError(f"{name} has the format {found.format!r}, expected 'weft-baseline/1'; write it again")
    return found


def differences(before: Baseline, report: document.Report, *, factor: float, same_question: bool) -> list[str]:
    """What ``report`` has otherwise than ``before``, a sentence each.

    Args:
        before: What was found once.
        report: What was found now.
        factor: By how much states may grow.
        same_question: Whether the same races were asked for, so that one that is missing is gone.
    """
    old = {race.name: race for race in before.races}
    now = {f"{race.file}::{race.name}": race for race in report.races}
    gone = [f"{name} is gone; it was {race.verdict}" for name, race in old.items() if same_question and name not in now]
    return [text for name, race in now.items() if name in old for text in _differences(old[name], race, factor)] + gone


def _differences(old: BaselineRace, race: document.Race, factor: float) -> Iterator[str]:
    if race.judgement == "not run":
        return
    if race.verdict != old.verdict:
        yield f"{old.name} is {race.verdict or race.judgement}, was {old.verdict}"
        return
    slugs, before = sorted(v.slug for v in race.violations), [v.slug for v in old.violations]
    if slugs != before:
        yield f"{old.name} shows {', '.join(slugs)}, showed {', '.join(before)}"
    if old.states and race.states > factor * old.states:
        yield f"{old.name} has {race.states:,} states, had {old.states:,}: more than {factor:g} times as many"
