"""The record of ``weft sample`` as data: what ``--json`` writes, and what the table is made from.

Format ``weft-sample/1``; ``weft schema sample`` prints its JSON Schema. Violations are as in the record of a check. Two records of
equal runs are equal bytes, apart from the fields called ``seconds``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import msgspec

import weft
from weft.check.judge import Judgement, exit_code
from weft.check.median import Median
from weft.check.paths import scrubbed
from weft.check.run import INTERRUPTED
from weft.check.sampling import Sampled, Sampling, Tried
from weft.report import document, record, words
from weft.report.tables import Column
from weft.search.sampling.walk import LONGEST

FORMAT = "weft-sample/1"

_FAILED = (Judgement.ENGINE_BUG, Judgement.ERROR, Judgement.NOT_RUN)


class Bound(msgspec.Struct, kw_only=True, frozen=True):
    """What a strategy promises of each run for a bug of that depth.

    ``probability`` is 1 / (``threads`` * ``steps`` ** (``depth`` - 1)), and good as long as no execution takes more than ``steps``,
    which is what the longest run took.
    """

    threads: int
    steps: int
    depth: int
    probability: float


class Strategy(msgspec.Struct, kw_only=True, frozen=True):
    """What one strategy did on one race.

    ``first``: for each seed, in their order, which run was the first to fail; ``null`` where none did.
    ``median`` is that of ``first``, and ``low`` and ``high`` are its 95 % confidence interval; ``null`` is beyond all runs. Without
    an interval (fewer than six seeds) both are ``null`` and ``interval`` is false. After a stop there is no median either.
    ``slugs``: how many seeds ended with which violation. ``cut``: runs that were too long. ``outcomes``: how many kinds of end.
    """

    strategy: str
    first: list[int | None]
    median: float | None
    interval: bool
    low: float | None
    high: float | None
    slugs: dict[str, int]
    runs: int
    steps: int
    cut: int
    outcomes: int
    bound: Bound | None
    stopped_by: str
    left_out: str
    seconds: float


class SampledRace(msgspec.Struct, kw_only=True, frozen=True):
    """A race. ``world``: where it ran; ``refused``: why not on the automata, if so; ``reason``: what went wrong with it, if so."""

    name: str
    file: str
    line: int
    expect: str
    violates: str
    judgement: str
    reason: str
    world: Literal["automata", "code"] | None
    refused: str
    violations: list[document.Violation]
    strategies: list[Strategy]


class SampleReport(msgspec.Struct, kw_only=True, frozen=True):
    """The whole document. ``runs`` are the most with one seed; seeds are ``seed``, ``seed`` + 1 and so on."""

    format: str = FORMAT
    weft: str
    seed: int
    seeds: int
    runs: int
    max_seconds: float | None
    left_out_slow: int
    exit_code: int
    races: list[SampledRace]


class Recorded(msgspec.Struct, kw_only=True, frozen=True):
    """What is kept of one race: for the document, and for what is said of its violations."""

    race: SampledRace
    whole: document.Race


def report(races: Sequence[SampledRace], how: Sampling, *, left_out_slow: int) -> SampleReport:
    """The document of one ``weft sample``."""
    return SampleReport(
        weft=weft.__version__,
        seed=how.seed,
        seeds=how.seeds,
        runs=how.runs,
        max_seconds=how.max_seconds,
        left_out_slow=left_out_slow,
        exit_code=exit_code([_weight(race) for race in races]),
        races=list(races),
    )


def _weight(race: SampledRace) -> Judgement:
    """What a race means for the exit code: that no violation was met means nothing, nor that a limit was."""
    judgement = Judgement(race.judgement)
    if judgement in _FAILED:
        return judgement
    if race.violations and race.expect != "VIOLATED":
        return Judgement.WRONG
    interrupted = any(one.stopped_by == INTERRUPTED for one in race.strategies)
    return Judgement.NOT_RUN if interrupted else Judgement.AS_EXPECTED


def recorded(one: Sampled) -> Recorded:
    """One race."""
    shown = record.race(one.checked)
    race = SampledRace(
        name=shown.name,
        file=shown.file,
        line=shown.line,
        expect=shown.expect,
        violates=shown.violates,
        judgement=shown.judgement,
        reason=shown.reason if one.checked.judgement in _FAILED else "",
        world=one.world,
        refused=scrubbed(one.refused),
        violations=shown.violations,
        strategies=[_strategy(tried) for tried in one.tried],
    )
    return Recorded(race=race, whole=shown)


def _strategy(tried: Tried) -> Strategy:
    median = tried.median or Median(math.inf, math.nan, math.nan)
    bound = tried.bound
    return Strategy(
        strategy=tried.strategy,
        first=tried.first,
        median=_finite(median.value),
        interval=median.has_interval,
        low=_finite(median.low),
        high=_finite(median.high),
        slugs={slug: tried.slugs.count(slug) for slug in dict.fromkeys(tried.slugs)},
        runs=tried.runs,
        steps=tried.steps,
        cut=tried.cut,
        outcomes=tried.outcomes,
        bound=None if bound is None else Bound(**bound._asdict(), probability=bound.probability),
        stopped_by=tried.stopped_by,
        left_out=tried.left_out,
        seconds=round(tried.seconds, 3),
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def encoded(made: SampleReport) -> bytes:
    """``made`` as indented JSON with a final newline."""
    return msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"


def decoded(text: bytes) -> SampleReport:
    """The report in ``text``; ``msgspec.ValidationError`` says what does not fit and where."""
    return msgspec.json.decode(text, type=SampleReport)


class Line(msgspec.Struct, kw_only=True, frozen=True):
    """A line of the table: one strategy on one race; ``None`` where the race did not run."""

    name: str
    file: str
    race: SampledRace
    strategy: Strategy | None
    most_runs: int


def lines(made: SampleReport) -> list[Line]:
    """The lines of the table."""
    return [
        Line(name=race.name, file=race.file, race=race, strategy=strategy, most_runs=made.runs)
        for race in made.races
        for strategy in (race.strategies or (None,))
    ]


def columns(made: SampleReport) -> tuple[Column[Line], ...]:
    """The columns that say something: strategies and seeds only where there are several."""
    bounds = any(one.bound is not None for race in made.races for one in race.strategies)
    every: list[tuple[bool, Column[Line]]] = [
        (any(len(race.strategies) > 1 for race in made.races), Column("strategy", _strategy_name, "left")),
        (True, Column("expected", lambda line: "a violation" if line.race.expect == "VIOLATED" else "none", "left", rank=4)),
        (True, Column("met", _met, "left", rank=1)),
        (made.seeds > 1, Column("seeds", _seeds)),
        (True, Column("runs to\nfirst", _first, name="runs to first")),
        (made.seeds > 1, Column("95 %", _interval)),
        (bounds, Column("pct's bound\n1/(n·k^(d-1))", _bound, name="pct's bound", rank=3)),
        (True, Column("runs", lambda line: _count(line, "runs"))),
        (True, Column("steps", lambda line: _count(line, "steps"), rank=5)),
        (True, Column("out-\ncomes", lambda line: _count(line, "outcomes"), rank=6)),
        (True, Column("sec.", lambda line: "-" if line.strategy is None else words.seconds(line.strategy.seconds), rank=2)),
    ]
    return tuple(column for wanted, column in every if wanted)


def _strategy_name(line: Line) -> str:
    return "-" if line.strategy is None else line.strategy.strategy


def _met(line: Line) -> str:
    if line.strategy is None:
        return line.race.judgement
    if line.strategy.left_out:
        return "left out"
    return ", ".join(line.strategy.slugs) or "no violation"


def _seeds(line: Line) -> str:
    one = line.strategy
    return "-" if one is None or one.left_out else f"{sum(one.slugs.values())} of {len(one.first)}"


def _first(line: Line) -> str:
    one = line.strategy
    if one is None or not one.first or not one.slugs or one.stopped_by:
        return "-"
    return _runs(one.median, line)


def _interval(line: Line) -> str:
    one = line.strategy
    if one is None or not one.interval or not one.slugs:
        return "-"
    return f"{_runs(one.low, line)} to {_runs(one.high, line)}"


def _runs(value: float | None, line: Line) -> str:
    return f"> {line.most_runs:,}" if value is None else f"{value:,.1f}".removesuffix(".0")


def _bound(line: Line) -> str:
    bound = None if line.strategy is None else line.strategy.bound
    return "" if bound is None else f"1/({bound.threads}·{bound.steps}^{bound.depth - 1}) = {bound.probability:.2g}"


def _count(line: Line, name: str) -> str:
    number = 0 if line.strategy is None else getattr(line.strategy, name)
    return f"{number:,}" if number else "-"


def remarks(made: SampleReport) -> list[str]:
    """What stands below the table, a sentence a line."""
    every = [one for race in made.races for one in race.strategies]
    met = sum(bool(race.violations) for race in made.races)
    last = made.seed + made.seeds - 1
    seeds = f"seed {made.seed}" if last == made.seed else f"seeds {made.seed} to {last}"
    said = [remark for race in made.races for remark in _of_race(race)]
    if any(one.bound is not None for one in every):
        said.append("pct: a run shows a bug of depth d with that probability or more, while no execution takes more than k steps")
    return [
        *said,
        f"{seeds}: {words.count(sum(one.runs for one in every), 'run')}, {words.count(sum(one.steps for one in every), 'step')}; "
        f"a violation in {met} of {words.count(len(made.races), 'race')}, up to {made.runs:,} runs each",
        "random schedules can only find; `weft check` searches every interleaving",
    ]


def _of_race(race: SampledRace) -> list[str]:
    said = []
    if race.refused:
        said.append(f"{race.name}: on the real code, since the automata refuse it: {race.refused}")
    for one in race.strategies:
        if one.cut:
            said.append(f"{race.name}: {one.strategy}: {words.count(one.cut, 'run')} ended undecided after {LONGEST:,} steps")
        if one.stopped_by:
            said.append(f"{race.name}: {one.strategy} ended at {one.stopped_by}")
        if one.left_out:
            said.append(f"{race.name}: {one.strategy} left out: {one.left_out}")
    return said
