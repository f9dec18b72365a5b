"""The naive search: every schedule of the real code, one execution each. The oracle for everything cleverer.

No states, no merging, no reduction: it runs the scenario from its set-up once for each interleaving. So it is slow, and
obviously right. It cannot finish where threads may retry for ever; a budget then ends it. What is read off the automata (lock
orders, progress classes) is not looked for.
"""

from __future__ import annotations

from weft.scenario import Scenario
from weft.search.budget import Budget, Meter
from weft.search.exhaustive import never_shown
from weft.search.pulse import Pulse
from weft.search.replay import conclude
from weft.search.result import Exploration, Violation
from weft.search.schedule import Schedule
from weft.worlds.controlled import Execution

LONGEST = 10_000
"""Steps after which one execution is given up; the search is then inconclusive."""


def explore_naively(scenario: Scenario, *, budget: Budget | None = None, pulse: Pulse | None = None) -> Exploration:
    """Execute ``scenario`` once for every interleaving; see ``exhaustive.explore`` for arguments and result."""
    meter = Meter(budget or Budget())
    first = Execution(scenario)
    result = Exploration("naive", first.setting.letters(), tuple(first.setting.names))
    first.close()
    result.reached = {condition.name: False for condition in first.setting.conditions}
    work: list[tuple[int, ...]] = [()]
    try:
        while work and not result.stopped_by:
            _execute(scenario, work.pop(), work, result)
            if pulse is not None and not result.executions % 64:
                pulse(result.executions, result.transitions, meter.seconds)
            if work:
                result.stopped_by = meter.exceeded(states=result.executions, transitions=result.transitions)
    except KeyboardInterrupt:
        result.stopped_by = "Ctrl-C"
    result.exhausted = not result.stopped_by
    result.interleavings = result.executions if result.exhausted else None
    if result.exhausted and not result.violations:
        result.violations += [
            Violation(f"never:{name}", never_shown(name), Schedule(()), minimal=True)
            for name, shown in result.reached.items()
            if not shown
        ]
    result.seconds = meter.seconds
    return result


def _execute(scenario: Scenario, prefix: tuple[int, ...], work: list[tuple[int, ...]], result: Exploration) -> None:
    """Follow ``prefix``, then always the first enabled thread; leave the alternatives met on the way in ``work``."""
    execution = Execution(scenario)
    taken = list(prefix)
    try:
        for number in prefix:
            execution.step(number)
        while able := execution.enabled():
            work.extend((*taken, number) for number in able[1:])
            taken.append(able[0])
            execution.step(able[0])
            if len(taken) > LONGEST:
                result.stopped_by = f"an execution of more than {LONGEST:,} steps"
                return
        ended = conclude(execution)
        assert ended is not None
    finally:
        execution.close()
    for name in execution.reached:
        result.reached[name] = True
    result.executions += 1
    result.finals += 1
    result.transitions += len(taken)
    result.outcomes.setdefault(ended.outcome, ended)
    if ended.slug and all(v.slug != ended.slug for v in result.violations):
        result.violations.append(Violation(ended.slug, ended.message, Schedule(tuple(taken)), replayed=True))
