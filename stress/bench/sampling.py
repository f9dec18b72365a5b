"""Which random strategy meets planted bugs in how few runs, and what does a run cost on automata and on the real code?"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator
from dataclasses import replace

from tests.programs import classic, lockfree, sctbench
from weft import Planted, Scenario
from weft.check.benchmark import Row, benchmark
from weft.check.collect import Race, collect
from weft.check.judge import Judgement
from weft.check.median import Median
from weft.check.mutants.collecting import collect_planted
from weft.check.sampling import Sampling, Tried, sample_all
from weft.errors import UsageError
from weft.search.budget import Budget
from weft.search.random_walk import sample_on
from weft.search.sampling.novelty import NeedsAutomata
from weft.search.sampling.strategies import ALL
from weft.search.sampling.walk import Ground

SEEDS = 25
MOST_RUNS = 2_000
RACES = "stress/races"

SMALL = (
    sctbench.reorder(4),
    sctbench.reorder(10),
    sctbench.two_stage(),
    sctbench.wrong_lock(3),
    sctbench.deadlock_01(),
    sctbench.carter_01(),
    lockfree.treiber_aba(versions=False),
    lockfree.queue_linearizable(2, 1, links_by_store=True),
    classic.dekker(asks_once=True),
)


@benchmark(
    "How many runs does each strategy need for a planted bug? The median of 25 seeds with its 95 % interval, up to 2,000 runs"
)
def sampling(limit: Budget) -> Iterator[Row]:
    """The planted bugs that a race of several threads shows. Each strategy has the limit's seconds for a bug."""
    races = {race.scenario.name: race for race in collect([RACES])}
    for bug in collect_planted(["stress/planted"])[0]:
        if bug.race in races:
            race = races[bug.race]
            yield _row(bug.slug, broken_by(bug, race.scenario), race.file, limit)


def broken_by(bug: Planted, scenario: Scenario) -> Scenario:
    """``scenario`` with ``bug`` planted."""
    return replace(scenario, name=f"{scenario.name} with {bug.slug}", within=bug, expect="VIOLATED", violates=bug.check)


@benchmark("The same for small programs of the literature, one bug each")
def sampling_small(limit: Budget) -> Iterator[Row]:
    """Kernels of SCTBench and the broken twins of classic programs."""
    for scenario in SMALL:
        yield _row(scenario.name, scenario, "tests/programs", limit)


def _row(label: str, scenario: Scenario, file: str, limit: Budget) -> Row:
    how = Sampling(strategies=ALL, runs=MOST_RUNS, seed=1, seeds=SEEDS, max_seconds=limit.max_seconds)
    started = time.process_time()
    [sampled] = sample_all([Race(scenario, file)], how)
    seconds = time.process_time() - started
    if sampled.checked.judgement is not Judgement.AS_EXPECTED:
        stopped = {one.stopped_by for one in sampled.tried} - {""}
        if sampled.checked.judgement is Judgement.INCONCLUSIVE and stopped:
            return Row(label, times={"cpu_seconds": seconds}, note=f"not finished: {', '.join(sorted(stopped))}")
        return Row(label, note=f"WRONG: {sampled.checked.reason}", wrong=True)
    unfinished = [one.strategy for one in sampled.tried if one.stopped_by]
    note = f"not finished: max-seconds {limit.max_seconds:g} for {', '.join(unfinished)}" if unfinished else ""
    return Row(label, {one.strategy: cell(one) for one in sampled.tried if not one.stopped_by}, {"cpu_seconds": seconds}, note)


def cell(tried: Tried) -> str:
    """A strategy's median and interval, as ``cell_read`` reads them: ``12 (9-31)``, ``1900 (820->2000)``, ``>2000``."""
    median = tried.median
    if median is None:
        raise UsageError(f"{tried.strategy} did not finish")
    if math.isinf(median.low):
        return _runs(median.value)
    return f"{_runs(median.value)} ({_runs(median.low)}-{_runs(median.high)})"


def _runs(value: float) -> str:
    return f">{MOST_RUNS}" if math.isinf(value) else f"{value:.0f}"


def cell_read(text: str) -> Median:
    """The median and interval that ``cell`` has written."""
    numbers = [math.inf if number.startswith(">") else float(number) for number in re.findall(r">?\d+", text)]
    return Median(*(numbers * 3)[:3]) if len(numbers) == 1 else Median(*numbers)


PACED = ("walk_vs_eager_umount", "mount_vs_rmdir", "walk_vs_two_eager_umounts", "lazy_umount_is_one_step")
RUNS_ON_AUTOMATA, RUNS_ON_CODE = 3_000, 60


@benchmark("How many runs a second on automata, once 500 runs have made them grow, and how many on the real code?")
def sampling_pace(_: Budget) -> Iterator[Row]:
    """Processor time. Equal seeds give equal runs in both, so only the time differs."""
    races = {race.scenario.name: race.scenario for race in collect([RACES])}
    for name in PACED:
        with Ground(races[name]) as automata, Ground(races[name], world="code") as code:
            for strategy in ALL:
                yield _pace(f"{name} {strategy}", races[name], strategy, automata, code)


def _pace(label: str, scenario: Scenario, strategy: str, automata: Ground, code: Ground) -> Row:
    sample_on(automata, scenario, strategy, runs=500, seed=1, stop_at_first=False)
    steps, fast = _per_second(automata, scenario, strategy, RUNS_ON_AUTOMATA)
    counts: dict[str, int | str] = {"steps": steps}
    try:
        _, slow = _per_second(code, scenario, strategy, RUNS_ON_CODE)
    except NeedsAutomata:
        return Row(label, counts, {"automata_per_second": fast})
    return Row(label, counts, {"automata_per_second": fast, "code_per_second": slow, "ratio": fast / slow})


def _per_second(ground: Ground, scenario: Scenario, strategy: str, runs: int) -> tuple[int, float]:
    started = time.process_time()
    found = sample_on(ground, scenario, strategy, runs=runs, seed=2, stop_at_first=False).exploration
    return found.transitions, found.executions / (time.process_time() - started)
