"""Making sure that the real code shows what a search over tables has found, before anybody is told."""

from __future__ import annotations

from weft.errors import EngineBug, UsageError
from weft.scenario import Scenario
from weft.search.replay import replay
from weft.search.result import Violation
from weft.search.schedule import Schedule
from weft.worlds.controlled import Execution

LIVELOCK_PATIENCE = 200
"""How many steps a livelock's replay watches for somebody to finish."""


def confirm(scenario: Scenario, violation: Violation) -> None:
    """Make sure that the real code shows ``violation``.

    Raises:
        EngineBug: It does not. The message has everything needed to look into it.
    """
    seen = _livelock(scenario, violation.schedule) if violation.slug == "livelock" else _ends(scenario, violation.schedule)
    if seen[0] != violation.slug:
        letters = Execution(scenario).setting.letters()
        raise EngineBug(
            f"{scenario.name}: the search found {violation.slug} ({violation.message}) by {violation.schedule.text(letters)}, but "
            f"on the real code that schedule gives {seen[0] or 'no violation'} ({seen[1]}); please report this with the race's file"
        )


def _ends(scenario: Scenario, schedule: Schedule) -> tuple[str, str]:
    try:
        result = replay(scenario, schedule)
    except UsageError as misfit:
        return "misfit", str(misfit)
    if result.ending is None:
        return "unfinished", f"still running: {', '.join(result.unfinished)}"
    return result.ending.slug, result.ending.message


def _livelock(scenario: Scenario, schedule: Schedule) -> tuple[str, str]:
    """Follow ``schedule``, then let all threads go on in turn and see that the unfinished ones stay so."""
    execution = Execution(scenario)
    try:
        for number in schedule:
            if number not in execution.enabled():
                return "misfit", "the schedule does not fit"
            execution.step(number)
        running = len([t for t in execution.threads if t.request is not None])
        for turn in range(LIVELOCK_PATIENCE):
            able = execution.enabled()
            if not able:
                return "", "everybody stops"
            execution.step(able[turn % len(able)])
        return ("livelock", "") if any(t.request is not None for t in execution.threads) and running else ("", "all finish")
    finally:
        execution.close()
