"""The best schedules of a scenario by another method than the engine's: executions of the real code, one after the other.

No states, no tables, no graph: schedules are tried in the order of their preemptions, as Musuvathi and Qadeer do it (PLDI 2007).
"""

from __future__ import annotations

from weft import Scenario
from weft.search.replay import conclude
from weft.worlds.controlled import Execution

Best = tuple[int, int, tuple[int, ...]]
"""Preemptions, steps, threads: what a better schedule has less of."""


def best_schedules(scenario: Scenario, *, most_preemptions: int) -> dict[str, Best]:
    """By slug the best of all schedules with at most so many preemptions; the empty slug is for executions that end well."""
    found: dict[str, Best] = {}
    work: list[tuple[int, ...]] = [()]
    while work:
        slug, executed = _execute(scenario, work.pop(), work, most_preemptions)
        found[slug] = min(found.get(slug, executed), executed)
    return found


def _execute(scenario: Scenario, prefix: tuple[int, ...], work: list[tuple[int, ...]], most: int) -> tuple[str, Best]:
    """Follow ``prefix``, then whoever costs nothing; leave what else the bound allows in ``work``."""
    execution = Execution(scenario)
    try:
        taken: list[int] = []
        preemptions = 0
        while able := execution.enabled():
            running = taken[-1] if taken and taken[-1] in able else None
            if len(taken) < len(prefix):
                number = prefix[len(taken)]
            else:
                number = able[0] if running is None else running
                if running is None or preemptions < most:
                    work.extend((*taken, other) for other in able if other != number)
            preemptions += running is not None and number != running
            taken.append(number)
            execution.step(number)
        ended = conclude(execution)
        assert ended is not None
        return ended.slug, (preemptions, len(taken), tuple(taken))
    finally:
        execution.close()
