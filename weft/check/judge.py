"""Judging: is what a search says what the scenario expects."""

from __future__ import annotations

from enum import Enum

from weft.scenario import Scenario
from weft.search.result import Exploration


class Judgement(Enum):
    """What a race came to. The value is what people read."""

    AS_EXPECTED = "as expected"
    WRONG = "not as expected"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    ENGINE_BUG = "engine bug"
    NOT_RUN = "not run"


def shows_expected(scenario: Scenario, exploration: Exploration) -> bool:
    """Whether a violation of the kind that ``scenario`` expects was found."""
    return any(violation.slug.startswith(scenario.violates) for violation in exploration.violations)


def judge(scenario: Scenario, exploration: Exploration) -> tuple[Judgement, str]:
    """The judgement, and one sentence why where it is not plain from the verdicts."""
    seen = ", ".join(violation.slug for violation in exploration.violations)
    if exploration.verdict == "VIOLATED":
        if scenario.expect != "VIOLATED":
            return Judgement.WRONG, f"expected {scenario.expect}, found {seen}"
        if not shows_expected(scenario, exploration):
            return Judgement.WRONG, f"expected a violation {scenario.violates!r}, found {seen}"
        return Judgement.AS_EXPECTED, ""
    if exploration.verdict == "INCONCLUSIVE":
        return Judgement.INCONCLUSIVE, f"the search ended at {exploration.stopped_by or 'its budget'}, before everything was seen"
    if exploration.verdict != scenario.expect:
        kind = f" {scenario.violates!r}" if scenario.violates else ""
        return Judgement.WRONG, f"expected a violation{kind}; every interleaving was searched and none has one"
    return Judgement.AS_EXPECTED, ""


EXIT_CODES = {
    Judgement.AS_EXPECTED: 0,
    Judgement.WRONG: 1,
    Judgement.ERROR: 2,
    Judgement.INCONCLUSIVE: 3,
    Judgement.NOT_RUN: 3,
    Judgement.ENGINE_BUG: 4,
}
DIFFERS = 5
"""The exit code of a run that differs from its baseline."""

_GRAVEST_FIRST = (4, 2, 1, DIFFERS, 3, 0)


def exit_code(judgements: list[Judgement], *, differs: bool = False) -> int:
    """The exit code for several races: an engine bug outweighs an error, that a wrong verdict, that an unfinished search.

    ``differs`` from the baseline comes before the last of these.
    """
    codes = {EXIT_CODES[judgement] for judgement in judgements} | ({DIFFERS} if differs else set())
    return next(code for code in _GRAVEST_FIRST if code in codes or code == 0)
