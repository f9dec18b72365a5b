"""The page of the seed's benchmark: costs, fits beside upstream's, why the ratio is what it is, and two plots.

Made from the rows of the benchmark alone, so that the page says what the report beside it has.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from stress.bench.stat.fit import Costs, least_squares
from stress.bench.stat.shapes import DEPTHS, SHAPES, Place
from weft.check.benchmark import Row
from weft.report.plot import Curve, lines

PLACES = tuple(Place(depth, mounted) for mounted in (False, True) for depth in DEPTHS)
PARTS = ("constant", "per component", "per crossing")

UPSTREAM = {
    "VFS2": (197, 233, 268, 477, 2592, 4045, 317, 361, 387, 582, 2699, 4133),
    "VFS1": (497, 676, 904, 1944, 14067, 21700, 679, 912, 1113, 2118, 14251, 22397),
}
"""Nanoseconds of one stat in ``PLACES``, from the message of the seed's commit."""

UPSTREAM_READS = {"VFS2": ("160", "35", "80"), "VFS1": ("280", "215", "-")}
"""What that message infers from them."""


def upstream_costs(shape: str) -> Costs:
    """Upstream's figures fitted as ours are."""
    return least_squares(dict(zip(PLACES, map(float, UPSTREAM[shape]), strict=True)))


def pages(rows: Sequence[Row]) -> Mapping[str, str]:
    """The page and its plots, by file name."""
    known = {row.label: row for row in rows}
    threads = [count for count in range(1, 65) if f"VFS2, {threads_label(count)}" in known]
    return {
        "stat.md": "\n".join(_page(known, threads)) + "\n",
        "stat.svg": _depths(known),
        "stat_threads.svg": _threads(known, threads),
    }


def _page(known: Mapping[str, Row], threads: Sequence[int]) -> list[str]:
    return [
        "# What stat costs, in the shape of VFS2 and of VFS1",
        "",
        "`weft bench stat` writes this page. Processor time on one thread, both shapes in one run, in rounds of changing order;",
        "about a hundred times Go's, as each operation on a cell is several Python calls. Counts are the same in every run.",
        "",
        "![Cost by depth](stat.svg)",
        "",
        "## Measured",
        "",
        "Depth d is d directories and a file, mounted one directory more. Medians over rounds, least in brackets.",
        "",
        *_measured(known),
        "",
        "## Fitted",
        "",
        "Cost = constant + component x directories + crossing x mounts, by least squares, each point by its relative error; in",
        "brackets where 95 of 100 fits to resampled rounds are. Upstream: as its message reads its figures, and fitted like ours.",
        "",
        *_fitted(known),
        "",
        "## Why",
        "",
        "Cell operations that one component costs, and what they cost alone, on cells that nobody else uses.",
        "",
        *_why(known),
        "",
        "## Threads",
        "",
        "All stat one path: depth 8, mounted. Microseconds of the clock and of processors for one stat, over all threads. Clock",
        "times mean something on an idle machine only. With the interpreter's lock, several threads cannot be faster than one;",
        "what grows is the price of waiting for each other.",
        "",
        "![Cost by threads](stat_threads.svg)",
        "",
        *_by_threads(known, threads),
    ]


def _measured(known: Mapping[str, Row]) -> list[str]:
    lines = ["| | VFS2 | VFS1 | VFS1 / VFS2 | cell operations | Python calls |", "|---|--:|--:|--:|--:|--:|"]
    for place in PLACES:
        two, one = (known[f"{shape}, {place}"] for shape in SHAPES)
        costs = " | ".join(f"{row.times['cpu_us']:,.1f} ({row.times['least_us']:,.1f}) µs" for row in (two, one))
        times = one.times["cpu_us"] / two.times["cpu_us"]
        operations, calls = (
            f"{two.counts['cell_operations']:,}, {one.counts['cell_operations']:,}",
            f"{two.times['python_calls']:,.0f}, {one.times['python_calls']:,.0f}",
        )
        lines.append(f"| {place} | {costs} | {times:.1f} | {operations} | {calls} |")
    return lines


def _fitted(known: Mapping[str, Row]) -> list[str]:
    lines = ["| | VFS2 | VFS1 | VFS1 / VFS2 | cell operations | upstream reads, ns | upstream fitted, ns | upstream's ratio |"]
    lines.append("|---|--:|--:|--:|--:|--:|--:|--:|")
    upstream = [upstream_costs(shape) for shape in SHAPES]
    for k, part in enumerate(PARTS):
        two, one = (known[f"{shape}, {part}"] for shape in SHAPES)
        ratio = known.get(f"VFS1 / VFS2, {part}")
        reads = " / ".join(UPSTREAM_READS[shape][k] for shape in SHAPES)
        fits = " / ".join(f"{costs[k]:.0f}" for costs in upstream)
        theirs = f"{upstream[1][k] / upstream[0][k]:.1f}" if ratio else "-"
        counts = f"{two.counts['cell_operations']}, {one.counts['cell_operations']}"
        cells = [_interval(two, "µs"), _interval(one, "µs"), _interval(ratio, "") if ratio else "-", counts, reads, fits, theirs]
        lines.append(f"| {part} | " + " | ".join(cells) + " |")
    worst = " and ".join(f"{_worst(known, shape):.0%} in {shape}" for shape in SHAPES)
    return [*lines, "", f"The fit misses a median by at most {worst}."]


def _costs(known: Mapping[str, Row], shape: str) -> Costs:
    return Costs(*(known[f"{shape}, {part}"].times["cpu_us"] for part in PARTS))


def _worst(known: Mapping[str, Row], shape: str) -> float:
    medians = {place: known[f"{shape}, {place}"].times["cpu_us"] for place in PLACES}
    return max(abs(_costs(known, shape).at(place) - median) / median for place, median in medians.items())


def _interval(row: Row, unit: str) -> str:
    value = row.times["cpu_us"] if unit else row.times["ratio"]
    return f"{value:,.2f} ({row.times['low']:,.2f} to {row.times['high']:,.2f}) {unit}".rstrip()


def _why(known: Mapping[str, Row]) -> list[str]:
    lines = ["| operation on a cell | shape | times | together, alone |", "|---|---|--:|--:|"]
    cells = dict.fromkeys(SHAPES, 0.0)
    for shape in SHAPES:
        for label, row in known.items():
            if label.startswith(f"{shape}: ") and row.counts:
                name = label.partition(": ")[2]
                cells[shape] += row.times["cpu_us"]
                lines.append(f"| `{name}` | {shape} | {row.counts['cell_operations']} | {row.times['cpu_us']:.2f} µs |")
    two, one = (known[f"{shape}, per component"].times["cpu_us"] for shape in SHAPES)
    counts = [int(known[f"{shape}, per component"].counts["cell_operations"]) for shape in SHAPES]
    entered = [_entered(known, shape) for shape in SHAPES]
    inside = [functions.pop("cells") for functions in entered]
    around = [sum(functions.values()) for functions in entered]
    left = two - cells["VFS2"], one - cells["VFS1"]
    theirs = upstream_costs("VFS1").component / upstream_costs("VFS2").component
    said = (
        f"In operations on shared state a component of VFS1 costs {counts[1] / counts[0]:.1f} times as much ({counts[1]} to "
        f"{counts[0]}), in time {one / two:.1f} times; upstream's times say {theirs:.1f}. The difference is what Python adds "
        f"around the cells. Alone, the operations of a component cost {cells['VFS2']:.2f} µs in VFS2 and {cells['VFS1']:.2f} µs "
        f"in VFS1, {cells['VFS1'] / cells['VFS2']:.1f} times as much. What is left of a component, {left[0]:.2f} and "
        f"{left[1]:.2f} µs, is only {left[1] / left[0]:.1f} times as much: the functions around the cells, of which a component "
        f"enters {around[0]:.0f} in VFS2 and {around[1]:.0f} in VFS1 (besides {inside[0]:.0f} and {inside[1]:.0f} of the cells "
        "themselves), the code in them, and memory that is not at hand as it is in a loop over one cell. Compiled, such "
        "functions cost little beside an atomic operation, and the ratio of the operations shows."
    )
    crossing = (
        "VFS1 pays nothing to cross a mount, which has replaced an entry of its tree; VFS2 looks the mount up in the table, takes "
        "a reference, and locks a second filesystem."
    )
    lists = [
        f"Around the cells a component of {shape} enters " + ", ".join(f"{count:.0f} `{name}`" for name, count in functions.items())
        for shape, functions in zip(SHAPES, entered, strict=True)
    ]
    paragraphs = (said, *(f"{text}." for text in lists), crossing)
    return [*lines, *(line for text in paragraphs for line in ("", *textwrap.wrap(text, 130, break_on_hyphens=False)))]


def _entered(known: Mapping[str, Row], shape: str) -> dict[str, float]:
    """How often one component enters each function around the cells, and ``cells``."""
    start = f"{shape} enters "
    return {label.removeprefix(start): row.times["python_calls"] for label, row in known.items() if label.startswith(start)}


def _by_threads(known: Mapping[str, Row], threads: Sequence[int]) -> list[str]:
    lines = ["| threads | VFS2, clock | processors | VFS1, clock | processors | VFS1 / VFS2, clock |", "|--:|--:|--:|--:|--:|--:|"]
    for count in threads:
        two, one = (known[f"{shape}, {threads_label(count)}"].times for shape in SHAPES)
        costs = " | ".join(f"{each['wall_us']:,.1f} µs | {each['cpu_us']:,.1f} µs" for each in (two, one))
        lines.append(f"| {count} | {costs} | {one['wall_us'] / two['wall_us']:.1f} |")
    return lines


def threads_label(count: int) -> str:
    """How rows say it."""
    return f"{count} thread{'s' if count > 1 else ''}"


def _depths(known: Mapping[str, Row]) -> str:
    curves = []
    for shape in SHAPES:
        for mounted in (False, True):
            places = [place for place in PLACES if place.mounted is mounted]
            costs = [known[f"{shape}, {place}"].times["cpu_us"] for place in places]
            name = f"{shape}{', mounted' if mounted else ''}"
            curves.append(Curve(name, [place.directories for place in places], costs, shown="points"))
            fit = _costs(known, shape)
            xs = [place.directories for place in places]
            curves.append(Curve("", xs, [fit.at(place) for place in places], shown="line", like=len(curves) - 1))
    title = "One stat: measured (points) and fitted (lines)"
    return lines(curves, title=title, x_label="directories in the path", y_label="processor time, µs", log="xy", x_ticks=DEPTHS)


def _threads(known: Mapping[str, Row], threads: Sequence[int]) -> str:
    curves = []
    for shape in SHAPES:
        times = [known[f"{shape}, {threads_label(count)}"].times for count in threads]
        curves.append(Curve(f"{shape}, clock", threads, [each["wall_us"] for each in times]))
        processors = [each["cpu_us"] for each in times]
        curves.append(Curve(f"{shape}, processors", threads, processors, shown="line", like=len(curves) - 1))
    title = "One stat, many threads on one path (depth 8, mounted)"
    return lines(curves, title=title, x_label="threads", y_label="µs a stat, all threads", x_ticks=threads, height=3.2)
