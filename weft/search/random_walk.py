"""Sampling: runs of a scenario along random schedules, drawn by one of the strategies of ``sampling/``.

Finds bugs fast where they are not rare, and proves nothing: without a violation its verdict is ``INCONCLUSIVE``. What is read off
all executions together (lock orders, situations never reached) is not looked for, and a livelock only where a run was too long.
A violation that was met on automata is executed on the real code before anybody is told.
"""

from __future__ import annotations

from dataclasses import replace

from weft.errors import SharedStateError
from weft.scenario import Scenario
from weft.search.budget import Budget, Meter
from weft.search.confirm import confirm
from weft.search.pulse import Pulse
from weft.search.result import Exploration, Violation
from weft.search.sampling.course import World
from weft.search.sampling.strategies import strategy as strategy_named
from weft.search.sampling.strategy import Strategy
from weft.search.sampling.walk import Ground, walk
from weft.search.schedule import Schedule

_PULSE_EVERY = 64


def sample(
    scenario: Scenario,
    *,
    runs: int,
    seed: int,
    strategy: str = "uniform",
    world: World | None = None,
    budget: Budget | None = None,
    stop_at_first: bool = True,
    pulse: Pulse | None = None,
) -> Exploration:
    """Run ``scenario`` ``runs`` times with random schedules.

    Args:
        scenario: What to run.
        runs: How many runs.
        seed: Of the schedules; equal seeds give equal runs.
        strategy: Who chooses: ``uniform``, ``pct:3``, ``pos``, ``surw``, ``states``, ``reads-from``.
        world: Where: by default on the automata, and on the real code if they refuse the program. Both give the same schedules.
        budget: Further limits.
        stop_at_first: End at the first violation.
        pulse: For progress.

    Raises:
        UsageError, NondeterminismError: The scenario is at fault, or there is no such strategy.
        EngineBug: A violation does not show on the real code.
    """
    with Ground(scenario, world=world) as ground:
        return sample_on(
            ground, scenario, strategy, runs=runs, seed=seed, budget=budget, stop_at_first=stop_at_first, pulse=pulse
        ).exploration


class Trial:
    """The runs of one strategy with one seed.

    Attributes:
        exploration: What was found; its ``executions`` are the runs.
        strategy: The strategy, with what it has learnt.
        cut: How many runs were too long.
    """

    def __init__(self, exploration: Exploration, strategy: Strategy) -> None:
        self.exploration = exploration
        self.strategy = strategy
        self.cut = 0

    @property
    def first(self) -> int | None:
        """Which run was the first to fail; only where runs ended with it."""
        return self.exploration.executions if self.exploration.violations else None


def sample_on(
    ground: Ground,
    scenario: Scenario,
    strategy: str,
    *,
    runs: int,
    seed: int,
    budget: Budget | None = None,
    stop_at_first: bool = True,
    pulse: Pulse | None = None,
) -> Trial:
    """``sample`` on a ground that others have used before, and so at less cost."""
    meter = Meter(budget or Budget())
    while True:
        course = ground.course
        trial = Trial(Exploration("random", course.letters, course.names), strategy_named(strategy, seed))
        try:
            _go_on(trial, scenario, ground, meter, runs=runs, stop_at_first=stop_at_first, pulse=pulse)
        except SharedStateError as refusal:
            ground.retreat(refusal)
            continue
        except KeyboardInterrupt:
            trial.exploration.stopped_by = "Ctrl-C"
        trial.exploration.seconds = meter.seconds
        return trial


def _go_on(
    trial: Trial, scenario: Scenario, ground: Ground, meter: Meter, *, runs: int, stop_at_first: bool, pulse: Pulse | None
) -> None:
    result = trial.exploration
    while result.executions < runs and not result.stopped_by:
        _run(trial, scenario, ground)
        if pulse is not None and not result.executions % _PULSE_EVERY:
            pulse(result.executions, result.transitions, meter.seconds)
        if result.violations and stop_at_first:
            break
        if result.executions < runs:
            result.stopped_by = meter.exceeded(states=result.executions, transitions=result.transitions)


def _run(trial: Trial, scenario: Scenario, ground: Ground) -> None:
    result = trial.exploration
    threads, ended = walk(ground.course, trial.strategy)
    result.transitions += len(threads)
    result.executions += 1
    violation = None
    if ended is None:
        violation = _livelock(ground, threads)
        trial.cut += violation is None
    else:
        result.outcomes.setdefault(ended.outcome, ended)
        if ended.slug:
            violation = Violation(ended.slug, ended.message, Schedule(threads))
    if violation is not None and all(v.slug != violation.slug for v in result.violations):
        if ground.course.world == "automata":
            confirm(scenario, violation)
        result.violations.append(replace(violation, replayed=True))


def _livelock(ground: Ground, threads: tuple[int, ...]) -> Violation | None:
    """What a run that was too long shows: a livelock if no continuation ends, and nothing if others could have gone on."""
    since = ground.course.stuck_since(threads)
    if since is None:
        return None
    return Violation("livelock", "from here no execution ends any more, although steps are possible", Schedule(threads[:since]))
