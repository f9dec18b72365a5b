"""The page: how many runs each strategy needs for each bug, as a table and as a plot, and what a run costs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stress.bench.sampling import MOST_RUNS, SEEDS, cell_read
from weft.check.median import Median
from weft.errors import UsageError
from weft.report.plot import Curve, Group, dots, lines
from weft.search.sampling.strategies import ALL

Medians = dict[str, dict[str, Median]]
"""By bug and strategy."""

EASY_UP_TO = 3
"""Bugs that every strategy meets in so few runs are left out of the table."""

PLAIN_UP_TO = 10
"""The same for the plot."""

HEAD = f"""# Random strategies on known bugs

How many runs `weft sample` needs until the first one fails: the median of {SEEDS} seeds and its 95 % confidence interval, with up
to {MOST_RUNS:,} runs a seed; `>{MOST_RUNS}` is more than that for half of the seeds and more. `weft bench -k sampling` measures,
and `python -m stress.sampling` writes this page. Runs are on automata; each first failure was executed on the real code. The best
median of a row is bold. PCT's first run, and SURW's, is a uniform walk, which counts.

![how many bugs are met within how many runs](sampling.svg)
"""


@dataclass(frozen=True)
class Measured:
    """What was measured: planted bugs, small programs, and the pace by label."""

    planted: Medians
    small: Medians
    pace: Mapping[str, Mapping[str, float]]


def measured(folder: Path) -> Measured:
    """What the reports in ``folder`` say.

    Raises:
        UsageError: There are none.
    """
    return Measured(_medians(folder, "sampling"), _medians(folder, "sampling_small"), _report(folder, "sampling_pace")["times"])


def _report(folder: Path, name: str) -> Any:
    try:
        return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{folder}/{name}.json: {error.strerror}; run `weft bench -k sampling` first") from None


def _medians(folder: Path, name: str) -> Medians:
    counts = _report(folder, name)["counts"]
    return {bug: {strategy: cell_read(cells[strategy]) for strategy in ALL if strategy in cells} for bug, cells in counts.items()}


def page(found: Measured) -> str:
    """The whole page."""
    hard = {bug: row for bug, row in found.planted.items() if _is_hard(row, EASY_UP_TO)}
    easy = [bug for bug in found.planted if bug not in hard]
    return (
        HEAD
        + f"\n## Planted bugs\n\n{_table(hard)}\n\nThe other {len(easy)} are met by every strategy within {EASY_UP_TO} runs "
        + f"in the median, nearly all in the first: {', '.join(easy)}.\n"
        + f"\n{_tally(found.planted)}\n\n![runs to the first failure, by bug](sampling-bugs.svg)\n"
        + f"\n## Small programs of the literature\n\n{_table(found.small)}\n"
        + f"\n## What a run costs\n\n{_pace(found.pace)}\n"
    )


def _is_hard(row: Mapping[str, Median], limit: int) -> bool:
    return any(median.value > limit for median in row.values())


def _table(medians: Medians) -> str:
    rows = [f"| bug | {' | '.join(ALL)} |", f"|---|{'--:|' * len(ALL)}"]
    for bug, row in medians.items():
        best = min(median.value for median in row.values())
        rows.append(f"| {bug} | {' | '.join(_cell(row.get(strategy), best) for strategy in ALL)} |")
    return "\n".join(rows)


def _cell(median: Median | None, best: float) -> str:
    if median is None:
        return "not finished"
    value = f"**{_runs(median.value)}**" if median.value == best else _runs(median.value)
    return value if math.isinf(median.low) else f"{value} ({_runs(median.low)} to {_runs(median.high)})"


def _runs(value: float) -> str:
    return f">{MOST_RUNS}" if math.isinf(value) else f"{value:.0f}"


def _tally(planted: Medians) -> str:
    rows = [
        "| strategy | bugs with a median within 10 runs | 100 | 2,000 | geometric mean of medians, at least |",
        "|---|--:|--:|--:|--:|",
    ]
    for strategy in ALL:
        values = [row[strategy].value for row in planted.values() if strategy in row]
        within = " | ".join(f"{sum(value <= limit for value in values)} of {len(values)}" for limit in (10, 100, MOST_RUNS))
        mean = math.exp(sum(math.log(min(value, MOST_RUNS)) for value in values) / len(values))
        rows.append(f"| {strategy} | {within} | {mean:.1f} |")
    return "\n".join(rows)


def _pace(pace: Mapping[str, Mapping[str, float]]) -> str:
    rows = ["| race and strategy | microseconds a run on automata | on the real code | ratio |", "|---|--:|--:|--:|"]
    for label, times in pace.items():
        code = f"{1e6 / times['code_per_second']:,.0f}" if "code_per_second" in times else "-"
        ratio = f"{times['ratio']:.0f}" if "ratio" in times else "-"
        rows.append(f"| {label} | {1e6 / times['automata_per_second']:,.0f} | {code} | {ratio} |")
    return "\n".join(rows)


def plot(planted: Medians) -> str:
    """The SVG: how many planted bugs each strategy meets within how many runs, in the median."""
    curves = []
    for strategy in ALL:
        values = sorted(row[strategy].value for row in planted.values() if strategy in row)
        met = [(value, number) for number, value in enumerate(values, 1) if math.isfinite(value)]
        curves.append(Curve(strategy, [value for value, _ in met], [number for _, number in met], shown="line"))
    title = f"Planted bugs met, out of {len(planted)}"
    return lines(curves, title=title, x_label="runs to the first failure, median", y_label="bugs", log="x")


def plot_of_bugs(planted: Medians) -> str:
    """The SVG: the planted bugs that not every strategy meets at once, the easiest first."""
    hard = {bug: row for bug, row in planted.items() if _is_hard(row, PLAIN_UP_TO)}
    order = sorted(hard, key=lambda bug: sum(math.log(min(median.value, MOST_RUNS)) for median in hard[bug].values()))
    groups = [
        Group(
            strategy,
            [_shown(hard[bug].get(strategy)) for bug in order],
            [None if (median := hard[bug].get(strategy)) is None else min(median.low, MOST_RUNS) for bug in order],
            [_high(hard[bug].get(strategy)) for bug in order],
        )
        for strategy in ALL
    ]
    title = f"Runs to the first failure: median of {SEEDS} seeds, 95 % interval"
    return dots(order, groups, title=title, value_label=f"runs (an arrow: more than {MOST_RUNS:,})", log=True)


def _shown(median: Median | None) -> float | None:
    return None if median is None else min(median.value, MOST_RUNS)


def _high(median: Median | None) -> float | None:
    """The upper end; beyond the axis where the median itself is, and at its end where only the interval is."""
    if median is None:
        return None
    return math.inf if math.isinf(median.value) else min(median.high, MOST_RUNS)
