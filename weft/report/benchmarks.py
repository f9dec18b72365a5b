"""What a benchmark measured, as a table and as a file.

Format ``weft-bench/1``. One JSON object, written with a row a line, so that a difference in version control shows what moved:

- ``format``, ``name``, ``question``, ``file``;
- ``counts``: for each row what is equal in every run on every machine;
- ``times``: for each row seconds, rates and their ratios, from one run on ``machine``;
- ``notes``: for some rows what a reader must know beside the numbers;
- ``machine`` (kind of processor, cores, system, and how many processes wanted to run at the end) and ``versions``.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table

import weft
from weft.check.benchmark import Benchmark, Row
from weft.errors import UsageError

FORMAT = "weft-bench/1"

HEADS = {
    "states": "states",
    "re_executions": "re-\nexec.",
    "bytes_per_state": "bytes/\nstate",
    "seconds": "sec.",
    "cpu_seconds": "cpu\nsec.",
    "transitions_per_second": "trans./s",
}
"""How columns are called; others by their names, a word a line."""

MANY = 100_000
"""From here on rates are shown in millions."""


def machine() -> dict[str, Any]:
    """What kind of machine this is; nothing that identifies it."""
    kind = {"processor": _processor(), "cores": os.cpu_count(), "system": f"{platform.system()} {platform.machine()}"}
    return {**kind, "load": round(os.getloadavg()[0])} if hasattr(os, "getloadavg") else kind


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def report(benchmark: Benchmark, rows: Sequence[Row], *, file: str) -> dict[str, Any]:
    """The record of one run, as it is written."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return {
        "format": FORMAT,
        "name": benchmark.name,
        "question": benchmark.question,
        "file": file,
        "counts": {row.label: dict(row.counts) for row in rows if row.counts},
        "times": {row.label: {name: _rounded(value) for name, value in row.times.items()} for row in rows if row.times},
        "notes": {row.label: row.note for row in rows if row.note},
        "machine": machine(),
        "versions": {"weft": weft.__version__, "python": python, **benchmark.versions()},
    }


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def encoded(made: Mapping[str, Any]) -> str:
    """``made`` as JSON, a row a line."""
    parts = []
    for key, value in made.items():
        if isinstance(value, dict) and value:
            lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(inner)}" for name, inner in value.items())
            parts.append(f" {json.dumps(key)}: {{\n{lines}\n }}")
        else:
            parts.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def earlier(file: str) -> dict[str, Any] | None:
    """The report of an earlier run, if there is one.

    Raises:
        UsageError: The file is something else.
    """
    try:
        with open(file, encoding="utf-8") as stream:
            made = json.load(stream)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: not a report of weft bench ({error}); move it away") from None
    if not isinstance(made, dict) or made.get("format") != FORMAT:
        raise UsageError(f"{file}: not a report in format {FORMAT}; move it away")
    return made


def moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Which counts are not what they were, a line each; rows that only one of the two has are left out."""
    lines = []
    for label, counts in after["counts"].items():
        for name, value in counts.items():
            old = before["counts"].get(label, {}).get(name, value)
            if old != value:
                lines.append(f"{label}: {name} {_shown(name, old)}, now {_shown(name, value)}")
    return lines


def table(rows: Sequence[Row]) -> Table:
    """All rows, with a column for every name that one of them has; what a search did not finish is a lower limit."""
    names = list(dict.fromkeys(name for row in rows for name in _columns(row)))
    names.sort(key=lambda name: name != "verdict")
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    drawn.add_column("", overflow="fold")
    for name in names:
        drawn.add_column(_head(name), justify="left" if name == "verdict" else "right", overflow="fold")
    for row in rows:
        drawn.add_row(row.label, *(_cell(row, name) for name in names))
    return drawn


def _head(name: str) -> str:
    return HEADS.get(name, name.replace("_", "\n").replace("transitions", "transi-\ntions"))


def _columns(row: Row) -> list[str]:
    if "states_so_far" in row.times:
        return ["verdict", "states", *(name for name in row.times if name != "states_so_far")]
    return [*row.counts, *row.times]


def notes(rows: Sequence[Row]) -> list[str]:
    """What stands below the table."""
    return [f"{row.label}: {row.note}" for row in rows if row.note]


def _cell(row: Row, name: str) -> str:
    values = {**row.counts, **row.times}
    if name in values:
        return _shown(name, values[name])
    if "states_so_far" in values and name == "verdict":
        return "unfinished"
    if "states_so_far" in values and name == "states":
        return f"> {values['states_so_far']:,.0f}"
    return "-"


def _shown(name: str, value: float | str) -> str:
    if isinstance(value, str):
        return value
    if "per_second" in name:
        return f"{value / 1e6:.2f} M" if value >= MANY else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if name.endswith("_calls"):
        return f"{value:,.0f}"
    return f"{value:.2f}" if value >= 1 else f"{value:.2g}"
