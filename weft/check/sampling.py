"""Sampling many races with several strategies and many seeds, so that all of it stands in one table.

Every strategy runs with each seed up to the race's first violation. The strategies of a race share its automata, so what one of
them has made them grow is there for the next. Each violation is shown once a race, by the strategy that met it first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from weft.check.collect import Race
from weft.check.judge import Judgement
from weft.check.median import Median, median
from weft.check.mutants.forking import Answer, Task, Watch, do_each
from weft.check.parallel import death
from weft.check.run import INTERRUPTED, Checked, Unwatched, Watcher, each_race, shortened
from weft.search.budget import Budget
from weft.search.pulse import Pulse
from weft.search.random_walk import Trial, sample_on
from weft.search.result import Exploration, Outcome
from weft.search.sampling.course import World
from weft.search.sampling.novelty import NeedsAutomata
from weft.search.sampling.strategy import Bound
from weft.search.sampling.walk import Ground

RecordT = TypeVar("RecordT")

_NO_LIMIT = 86_400 * 365


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to sample.

    Attributes:
        strategies: Their names in full.
        runs: The most runs with one seed.
        seed: The first seed.
        seeds: How many: ``seed``, ``seed + 1``, and so on.
        max_seconds: For each strategy on each race, with all its seeds; ``None`` is no limit.
        world: Where to run; by default on the automata, and on the real code where they refuse.
    """

    strategies: tuple[str, ...] = ("uniform",)
    runs: int = 1000
    seed: int = 0
    seeds: int = 1
    max_seconds: float | None = None
    world: World | None = None


@dataclass(slots=True)
class Tried:
    """What one strategy did on one race.

    Attributes:
        strategy: Its name.
        first: For each seed that was begun: which run failed first; ``None`` if none did.
        slugs: For each of those that failed: how.
        runs, steps: In all.
        cut: Runs that were too long.
        outcomes: How many ways to end it met.
        seconds: Wall time.
        bound: What the strategy promises for a run, by the longest run of all.
        stopped_by: What ended it before all seeds had their runs, or empty.
        left_out: Why it did not run at all, or empty.
    """

    strategy: str
    first: list[int | None] = field(default_factory=list)
    slugs: list[str] = field(default_factory=list)
    runs: int = 0
    steps: int = 0
    cut: int = 0
    outcomes: int = 0
    seconds: float = 0.0
    bound: Bound | None = None
    stopped_by: str = ""
    left_out: str = ""

    @property
    def median(self) -> Median | None:
        """Of the runs to the first violation; ``None`` if it was stopped, for then the runs of the last seed say nothing."""
        return median(self.first) if self.first and not self.stopped_by else None


@dataclass(slots=True)
class Sampled:
    """What became of one race.

    Attributes:
        checked: Its violations, replayed, or what went wrong with it.
        tried: One for each strategy.
        world: Where it ran; ``None`` where it could not.
        refused: Why not on the automata, or empty.
    """

    checked: Checked
    tried: list[Tried]
    world: World | None = None
    refused: str = ""


def sample_all(races: Sequence[Race], how: Sampling, *, watcher: Watcher | None = None) -> list[Sampled]:
    """Sample every race; one answer each, in their order. Ctrl-C ends the race that runs and leaves the rest as not run."""
    done: dict[str, tuple[list[Tried], World, str]] = {}

    def search(race: Race, pulse: Pulse) -> Exploration:
        with Ground(race.scenario, world=how.world) as ground:
            tried, found = _sampled(race, ground, how, pulse)
            done[race.name] = tried, ground.course.world, ground.refused
        return shortened(race, found)

    checked = each_race(races, search, watcher or Unwatched())
    return [Sampled(one, *done.get(one.race.name, ([], None, ""))) for one in checked]


def sample_each(
    races: Sequence[Race], how: Sampling, *, jobs: int, record: Callable[[Sampled], RecordT], watch: Watch
) -> list[RecordT]:
    """``sample_all`` with each race in a process of its own, ``jobs`` at a time. Equal arguments give equal answers.

    Args:
        races: What to sample.
        how: How.
        jobs: At most how many processes.
        record: Makes of an answer what pickles, in the process that has it.
        watch: For progress.
    """

    def task(race: Race) -> Task:
        return lambda send: send(record(sample_all([race], how)[0]))

    answers = do_each([task(race) for race in races], jobs=jobs, cpu_seconds=_NO_LIMIT, watch=watch)
    return [
        answer.sent[0] if answer.sent else record(Sampled(_lost(race, answer), []))
        for race, answer in zip(races, answers, strict=True)
    ]


def _lost(race: Race, answer: Answer) -> Checked:
    """A race whose process did not answer."""
    if answer.end == "not run":
        return Checked(race, Judgement.NOT_RUN, f"{INTERRUPTED} came before its answer")
    return Checked(race, *death(answer.code))


def _sampled(race: Race, ground: Ground, how: Sampling, pulse: Pulse) -> tuple[list[Tried], Exploration]:
    """What each strategy did, and all that they found, together."""
    tried: list[Tried] = []
    found = Exploration("random", ground.course.letters, ground.course.names)
    for name in how.strategies:
        try:
            tried.append(_tried(race, ground, name, how, found, pulse))
        except NeedsAutomata as reason:
            tried.append(Tried(name, left_out=str(reason)))
        if found.stopped_by == INTERRUPTED:
            break
    return tried, found


def _tried(race: Race, ground: Ground, name: str, how: Sampling, found: Exploration, pulse: Pulse) -> Tried:
    tried = Tried(name)
    outcomes: set[Outcome] = set()
    for seed in range(how.seed, how.seed + how.seeds):
        left = None if how.max_seconds is None else max(0.0, how.max_seconds - tried.seconds)
        trial = sample_on(ground, race.scenario, name, runs=how.runs, seed=seed, budget=Budget(max_seconds=left), pulse=pulse)
        outcomes.update(trial.exploration.outcomes)
        _add(tried, trial)
        _join(found, trial.exploration)
        if tried.stopped_by:
            tried.stopped_by = tried.stopped_by if tried.stopped_by == INTERRUPTED else f"max-seconds {how.max_seconds:g}"
            found.stopped_by = tried.stopped_by
            break
    tried.outcomes = len(outcomes)
    return tried


def _add(tried: Tried, trial: Trial) -> None:
    one = trial.exploration
    tried.first.append(trial.first)
    tried.slugs += [violation.slug for violation in one.violations]
    tried.runs += one.executions
    tried.steps += one.transitions
    tried.cut += trial.cut
    tried.seconds += one.seconds
    tried.bound = max(filter(None, (tried.bound, trial.strategy.bound)), key=lambda bound: bound.steps, default=None)
    tried.stopped_by = one.stopped_by


def _join(found: Exploration, trial: Exploration) -> None:
    found.executions += trial.executions
    found.transitions += trial.transitions
    found.seconds += trial.seconds
    for outcome, ending in trial.outcomes.items():
        found.outcomes.setdefault(outcome, ending)
    known = {violation.slug for violation in found.violations}
    found.violations += [violation for violation in trial.violations if violation.slug not in known]
