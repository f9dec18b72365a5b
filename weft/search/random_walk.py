"""The uniform random walk: at every step a thread is drawn among the enabled ones, on the real code.

Finds shallow bugs fast and proves nothing: without a violation its verdict is ``INCONCLUSIVE``.
"""

from __future__ import annotations

import random

from weft.scenario import Scenario
from weft.search.budget import Budget, Meter
from weft.search.naive import LONGEST
from weft.search.pulse import Pulse
from weft.search.replay import conclude
from weft.search.result import Exploration, Violation
from weft.search.schedule import Schedule
from weft.worlds.controlled import Execution


def sample(
    scenario: Scenario,
    *,
    runs: int,
    seed: int,
    budget: Budget | None = None,
    stop_at_first: bool = True,
    pulse: Pulse | None = None,
) -> Exploration:
    """Execute ``scenario`` ``runs`` times with random schedules.

    Args:
        scenario: What to execute.
        runs: How many executions.
        seed: Of the schedules; equal seeds give equal runs.
        budget: Further limits.
        stop_at_first: End at the first violation.
        pulse: For progress.
    """
    meter = Meter(budget or Budget())
    choose = random.Random(seed)
    first = Execution(scenario)
    result = Exploration("random", first.setting.letters(), tuple(first.setting.names))
    first.close()
    try:
        while result.executions < runs and not result.stopped_by:
            _walk(scenario, choose, result)
            if pulse is not None and not result.executions % 64:
                pulse(result.executions, result.transitions, meter.seconds)
            if result.violations and stop_at_first:
                break
            result.stopped_by = meter.exceeded(states=result.executions, transitions=result.transitions)
    except KeyboardInterrupt:
        result.stopped_by = "Ctrl-C"
    result.seconds = meter.seconds
    return result


def _walk(scenario: Scenario, choose: random.Random, result: Exploration) -> None:
    execution = Execution(scenario)
    taken: list[int] = []
    try:
        while (able := execution.enabled()) and len(taken) < LONGEST:
            taken.append(choose.choice(able))
            execution.step(taken[-1])
        ended = conclude(execution)
    finally:
        execution.close()
    result.executions += 1
    result.transitions += len(taken)
    if ended is None:
        result.stopped_by = f"an execution of more than {LONGEST:,} steps"
        return
    result.outcomes.setdefault(ended.outcome, ended)
    if ended.slug and all(v.slug != ended.slug for v in result.violations):
        result.violations.append(Violation(ended.slug, ended.message, Schedule(tuple(taken)), replayed=True))
