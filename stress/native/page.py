"""``reports/stress.md``: the hour on the correct VFS, and how fast real threads show the known defects."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec

from weft.report.stressed import Report
from weft.report.words import count

HOUR = Path("reports/stress_hour.json")
PLANTED = Path("reports/stress_planted.json")


class Tries(NamedTuple):
    """What became of one race with a known defect: in how many of ``seeds`` runs it showed, after how many rounds and seconds."""

    race: str
    slugs: list[str]
    seeds: int
    rounds: list[int]
    seconds: list[float]


class Findings(NamedTuple):
    """All of them."""

    python: str
    limit_seconds: float
    races: list[Tries]


def page(found: Findings, hour: Path) -> str:
    """The whole page."""
    lines = ["# Native stress", ""]
    if hour.exists():
        lines += _hour(msgspec.json.decode(hour.read_bytes(), type=Report))
    return "\n".join([*lines, *_planted(found)]).rstrip() + "\n"


def _hour(made: Report) -> list[str]:
    seconds = sum(one.seconds for one in made.stressed)
    violations = sum(len(one.violations) for one in made.stressed)
    left = sum(not one.checked_at_end for one in made.stressed)
    lines = [
        "## The correct VFS",
        "",
        f"{seconds / 60:.0f} minutes under {made.python}, pauses on, seed {made.seed}, on a machine busy with other work: "
        f"{count(sum(one.calls for one in made.stressed), 'operation')}, {count(sum(one.steps for one in made.stressed), 'step')}, "
        f"{count(violations, 'violation')}, {'nothing' if not left else 'something'} leaked. That proves nothing; `weft check` "
        "does.",
        "",
        "| load | threads | minutes | operations | explained by the model | steps | rests | pauses | violations | leaks |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for one in made.stressed:
        explained = f"{one.explained:,}" if one.explained else "not asked"
        numbers = f"{one.calls:,} | {explained} | {one.steps:,} | {one.rounds:,} | {one.pauses:,} | {len(one.violations)}"
        leaks = "none" if one.checked_at_end else "not looked for"
        lines.append(f"| `{one.name}` | {len(one.threads)} | {one.seconds / 60:.1f} | {numbers} | {leaks} |")
    return [
        *lines,
        "",
        "At every rest each reference count of each mount, filesystem and inode was compared with its known holders, and every "
        "index with the mounts; at the end everything was let go, and what was left was counted.",
        "",
    ]


def _planted(found: Findings) -> list[str]:
    shown = [tries for tries in found.races if tries.rounds]
    lines = [
        "## Known defects",
        "",
        f"Each race with a defect in it, {count(max(tries.seeds for tries in found.races), 'run')} with different seeds, each "
        f"until the defect shows or {found.limit_seconds:g} seconds are up, under {found.python}. {len(shown)} of "
        f"{len(found.races)} races showed it. Seconds are of a busy machine; rounds are executions, the last of which showed it.",
        "",
        "| race | shown as | runs that did | rounds, median | most | seconds, median | most |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for tries in sorted(found.races, key=lambda each: (not each.rounds, -median(each.rounds or [0]), each.race)):
        slugs = ", ".join(f"`{slug}`" for slug in tries.slugs) or "-"
        if tries.rounds:
            figures = (
                f"{median(tries.rounds):,.0f} | {max(tries.rounds):,} | {median(tries.seconds):.2f} | {max(tries.seconds):.2f}"
            )
        else:
            figures = "- | - | - | -"
        lines.append(f"| `{tries.race}` | {slugs} | {len(tries.rounds)} of {tries.seeds} | {figures} |")
    return lines
