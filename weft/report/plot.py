"""Plots as SVG text: curves with intervals, and grouped bars or dots, for pages that are read in light and in dark.

    svg = lines([Curve("full", threads, states)], title="States", x_label="threads", y_label="states", log="y")
    svg = dots(["S1", "S3"], [Group("uniform", [12, 480], [9, 350], [15, 700])], title="Runs to failure", value_label="runs")

Equal arguments give equal bytes under one version of matplotlib, whatever the user's own settings, fonts and clock are. Text stays
text, so that it can be searched, read aloud and compared. Everything that is not data has the colour ``currentColor``: dark on a
light page and light on a dark one; the background is the page's. Series differ by marker and dash too, not by colour alone.

matplotlib is an extra, ``weft[plots]``, and takes half a second to import, which happens when something is drawn.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from weft.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#3572c6", "#c8600a", "#258a5f", "#a04fc0", "#c9405a", "#7a7a22", "#168799", "#8a6a4f")
"""Of the series in their order; each has a contrast of at least 3 on white and on ``#161b22``."""

MARKERS = "osD^vPX*"
DASHES = ("-", "--", "-.", ":")

_INK = "#010203"
"""Stands for ``currentColor`` while matplotlib draws, which knows no such colour."""

_THEME = "<style>.weft-plot{color:#24292f}@media (prefers-color-scheme:dark){.weft-plot{color:#d0d7de}}</style>"


@dataclass(frozen=True, slots=True)
class Curve:
    """One series of ``lines``.

    Attributes:
        label: In the legend; empty: not there.
        x: Where.
        y: How much; as many as ``x``.
        low: Lower ends of the intervals around ``y``, or empty.
        high: Their upper ends; given with ``low``.
        shown: ``both`` a line and its points, or one of them: measured points and a fitted line are two curves.
        like: The index of another curve whose colour this one has, say that of the points that it is fitted to.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    shown: Literal["both", "line", "points"] = "both"
    like: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """One series of ``bars`` or ``dots``: a value for each category.

    Attributes:
        label: In the legend.
        values: One a category; ``None`` where there is none.
        low: Lower ends of the intervals around the values, or empty.
        high: Their upper ends, given with ``low``; ``inf`` says that the value is only a lower limit, and is drawn as an arrow.
    """

    label: str
    values: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()


def lines(
    curves: Sequence[Curve],
    *,
    title: str,
    x_label: str,
    y_label: str,
    log: str = "",
    x_ticks: Sequence[float] = (),
    height: float = 4.0,
) -> str:
    """Curves over common axes.

    Args:
        curves: In the order of the legend.
        title: Above the plot, and what a screen reader says.
        x_label: With its unit.
        y_label: With its unit.
        log: The axes that are logarithmic: ``""``, ``"x"``, ``"y"`` or ``"xy"``.
        x_ticks: Where the ticks of the x axis are, in place of matplotlib's choice.
        height: In inches; the width is 7.
    """

    def draw(axes: Axes) -> None:
        for number, curve in enumerate(curves):
            _curve(axes, number, curve)
        _scales(axes, x="x" in log, y="y" in log)
        if x_ticks:
            axes.set_xticks(list(x_ticks), labels=[f"{x:g}" for x in x_ticks])
            axes.set_xticks([], minor=True)
        axes.set(xlabel=x_label, ylabel=y_label)
        _legend(axes)

    return drawn(draw, title=title, height=height)


def bars(categories: Sequence[str], groups: Sequence[Group], *, title: str, value_label: str, log: bool = False) -> str:
    """Horizontal bars, a cluster for each category from the top down; intervals as whiskers. See ``dots``."""
    return _clustered(categories, groups, title=title, value_label=value_label, log=log, as_bars=True)


def dots(categories: Sequence[str], groups: Sequence[Group], *, title: str, value_label: str, log: bool = False) -> str:
    """Dots with intervals, a row for each category from the top down and a dot for each group in it.

    Args:
        categories: Names of the rows.
        groups: In the order of the legend.
        title: Above the plot, and what a screen reader says.
        value_label: Of the value axis, with its unit.
        log: Whether the value axis is logarithmic.
    """
    return _clustered(categories, groups, title=title, value_label=value_label, log=log, as_bars=False)


def drawn(draw: Callable[[Axes], None], *, title: str, width: float = 7.0, height: float = 4.0) -> str:
    """The SVG of what ``draw`` puts on one pair of axes; for shapes that the functions above do not have.

    Args:
        draw: Is given empty axes under this module's settings.
        title: Above the plot, and what a screen reader says.
        width: In inches.
        height: In inches.

    Raises:
        UsageError: matplotlib is not installed.
    """
    matplotlib = _matplotlib()
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_settings(salt=title))
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots()
        axes.set_title(title)
        draw(axes)
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _for_pages(written.getvalue(), title)


def _matplotlib() -> Any:
    try:
        import matplotlib
    except ImportError:
        raise UsageError("plots are drawn with matplotlib, which is not installed; pip install 'weft[plots]'") from None
    return matplotlib


def _settings(*, salt: str) -> dict[str, Any]:
    ink = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "grid.color")
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": salt,  # ids differ between plots of one page
        "font.family": "DejaVu Sans",  # comes with matplotlib, so texts are measured alike everywhere
        "font.size": 10,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "axes.titlesize": 11,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.alpha": 0.15,
        "legend.frameon": False,
        **dict.fromkeys(ink, _INK),
    }


def _for_pages(svg: str, title: str) -> str:
    """``svg`` as an element: without a prologue, in the page's ink and fonts, with a name for screen readers."""
    svg = svg[svg.index("<svg") :].replace(_INK, "currentColor").replace("'DejaVu Sans'", "'DejaVu Sans', system-ui, sans-serif")
    svg = re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE).replace("*{stroke", ".weft-plot *{stroke")
    name = escape(title)
    head = f'<svg class="weft-plot" role="img" aria-label="{name}"'
    svg = svg.replace("<svg", head, 1)
    return svg.replace(">", f">\n <title>{name}</title>{_THEME}", 1)


def _curve(axes: Axes, number: int, curve: Curve) -> None:
    style = number if curve.like is None else curve.like
    axes.errorbar(
        list(curve.x),
        list(curve.y),
        yerr=_spans(curve.y, curve.low, curve.high) if curve.low else None,
        label=curve.label or "_",
        color=COLOURS[style % len(COLOURS)],
        linestyle="none" if curve.shown == "points" else DASHES[number % len(DASHES)],
        marker="" if curve.shown == "line" else MARKERS[style % len(MARKERS)],
        markersize=5,
        linewidth=1.5,
        capsize=3,
    )


def _clustered(
    categories: Sequence[str], groups: Sequence[Group], *, title: str, value_label: str, log: bool, as_bars: bool
) -> str:
    thick = 0.8 / max(len(groups), 1)

    def draw(axes: Axes) -> None:
        for number, group in enumerate(groups):
            rows = [row + (number - (len(groups) - 1) / 2) * thick for row in range(len(categories))]
            _group(axes, number, rows, group, thick=thick if as_bars else 0.0)
        _scales(axes, x=log, y=False)
        axes.set_yticks(range(len(categories)), labels=list(categories))
        axes.set_ylim(len(categories) - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(value_label)
        _legend(axes)

    return drawn(draw, title=title, height=1.3 + max(0.3, 0.17 * len(groups)) * len(categories))


def _group(axes: Axes, number: int, rows: Sequence[float], group: Group, *, thick: float) -> None:
    """One group's values at ``rows``: those that are known, and those that are lower limits with a marker of their own."""
    low, high = group.low or group.values, group.high or group.values
    points = [(row, value, at, to) for row, value, at, to in zip(rows, group.values, low, high, strict=True) if value is not None]
    colour = COLOURS[number % len(COLOURS)]
    if thick:
        axes.barh([p[0] for p in points], [p[1] for p in points], height=thick * 0.9, color=colour, label=group.label)
    named = bool(thick)
    for limit in (False, True):
        chosen = [p for p in points if (p[3] == math.inf) is limit]
        if not chosen:
            continue
        values = [p[1] for p in chosen]
        ends = [p[1] if limit or p[3] is None else p[3] for p in chosen]
        axes.errorbar(
            values,
            [p[0] for p in chosen],
            xerr=_spans(values, [p[1] if p[2] is None else p[2] for p in chosen], ends) if group.low else None,
            label="_" if named else group.label,
            color=_INK if thick else colour,
            linestyle="none",
            marker=">" if limit else ("" if thick else MARKERS[number % len(MARKERS)]),
            markerfacecolor="none" if limit else None,
            markersize=6,
            capsize=2,
        )
        named = True


def _spans(values: Sequence[float], low: Sequence[float], high: Sequence[float]) -> list[list[float]]:
    """Intervals as matplotlib wants them: how far they reach below and above the values."""
    below = [value - end for value, end in zip(values, low, strict=True)]
    return [below, [end - value for value, end in zip(values, high, strict=True)]]


def _scales(axes: Axes, *, x: bool, y: bool) -> None:
    """Logarithmic axes, with plain numbers where those are short."""
    for wanted, axis, scale in ((x, axes.xaxis, axes.set_xscale), (y, axes.yaxis, axes.set_yscale)):
        if wanted:
            scale("log")
        axis.set_major_formatter(lambda value, _position: f"{value:,.0f}" if 10 <= abs(value) < 1e7 else f"{value:g}")


def _legend(axes: Axes) -> None:
    if len(axes.get_legend_handles_labels()[1]) > 1:
        axes.legend()
