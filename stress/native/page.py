"""``reports/stress.md``: the hour on the correct VFS, and how fast real threads show the known defects."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import msgspec

from weft.report.contention import Contention
from weft.report.stressed import Report
from weft.report.words import count

HOUR = Path("reports/stress_hour.json")
PLANTED = Path("reports/stress_planted.json")
LOADS = Path("reports/stress_loads.json")
SHAPES = {"stats_in_vfs1_shape": Path("reports/contention_vfs1.json"), "stats_in_vfs2_shape": Path("reports/contention_vfs2.json")}


class Tries(msgspec.Struct, frozen=True):
    """What became of one race with a known defect: in how many of ``seeds`` runs it showed, after how many rounds and seconds.

    ``unpaused`` has the round in which it showed in one run without pauses, if it did.
    """

    race: str
    slugs: list[str]
    seeds: int
    rounds: list[int]
    seconds: list[float]
    unpaused: list[int]


class Findings(msgspec.Struct, frozen=True):
    """All of them."""

    python: str
    limit_seconds: float
    unpaused_seconds: float
    races: list[Tries]


class UnderLoad(msgspec.Struct, frozen=True):
    """What a load said of a planted bug: the slug, empty if nothing, and after how many calls and seconds."""

    bug: str
    what: str
    load: str
    slug: str
    calls: int
    seconds: float


class UnderLoads(msgspec.Struct, frozen=True):
    """All of them."""

    python: str
    limit_seconds: float
    found: list[UnderLoad]


def page(found: Findings) -> str:
    """The whole page, with the hour and the bugs under load as far as there are figures."""
    lines = ["# Native stress", ""]
    if HOUR.exists():
        lines += _hour(msgspec.json.decode(HOUR.read_bytes(), type=Report))
    if all(file.exists() for file in SHAPES.values()):
        lines += _shapes([msgspec.json.decode(file.read_bytes(), type=Contention) for file in SHAPES.values()])
    if LOADS.exists():
        lines += _under_loads(msgspec.json.decode(LOADS.read_bytes(), type=UnderLoads))
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


def _shapes(profiles: list[Contention]) -> list[str]:
    lines = [
        "## Two shapes of a VFS under 8 threads",
        "",
        "The same traffic, eight in ten calls a stat, without pauses; samples by "
        f"{profiles[0].how}, {profiles[0].python}. Whole pages: `contention_vfs1.html`, `contention_vfs2.html`.",
        "",
        "| load | calls | steps a call | waits in 1,000 calls | waited at, cells by line | of work, waiting | where most |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    for made in profiles:
        waiting = sum(thread.waiting for thread in made.threads)
        work = waiting + sum(thread.ready for thread in made.threads)
        waits = sum(row.counted_waits for row in made.waits)
        most = "; ".join(f"`{row.cell}` at {row.file}:{row.line} {row.share:.0%}" for row in made.waits[:3])
        places = len(made.waits) + made.left_out
        per_call, per_thousand = made.steps / made.calls, 1000 * waits / made.calls
        figures = f"{made.calls:,} | {per_call:.1f} | {per_thousand:.1f} | {places} | {waiting / work:.0%}"
        lines.append(f"| `{made.name}` | {figures} | {most} |")
    return [
        *lines,
        "",
        "Under the GIL a thread loses the interpreter every 5 ms, wherever it is. If it holds a lock then, whoever wants that "
        "lock waits until its turn comes again: a share of waiting tells for what part of the time a lock is held, not what two "
        "processors would lose. In the VFS2 shape no walk waits for a lock of the VFS, only for the reader/writer locks of "
        "filesystems, which prefer writers and are held for most of a call. In the VFS1 shape walks wait at every component, "
        "and take more steps.",
        "",
    ]


def _under_loads(made: UnderLoads) -> list[str]:
    bugs = {each.bug: each.what for each in made.found}
    loads = list(dict.fromkeys(each.load for each in made.found))
    seen = {(each.bug, each.load): each for each in made.found if each.slug}
    some = sum(any((bug, load) in seen for load in loads) for bug in bugs)
    lines = [
        "## What these loads see",
        "",
        f"The same loads, which know nothing of any defect, with one planted bug at a time in force, one run of at most "
        f"{made.limit_seconds:g} seconds each under {made.python}: {some} of {len(bugs)} were seen so soon. Calls until then, and "
        "seconds of a busy machine.",
        "",
        f"| bug | what | {' | '.join(f'`{load}`' for load in loads)} |",
        f"|---|---|{'---|' * len(loads)}",
    ]
    for bug, what in sorted(bugs.items(), key=lambda item: (not any((item[0], load) in seen for load in loads), item[0])):
        cells = [
            f"`{one.slug}`, {one.calls:,} calls, {one.seconds:.1f} s" if (one := seen.get((bug, load))) else "-" for load in loads
        ]
        lines.append(f"| {bug} | {what.replace('|', chr(92) + '|')} | {' | '.join(cells)} |")
    return [*lines, ""]


def _planted(found: Findings) -> list[str]:
    shown = [tries for tries in found.races if tries.rounds]
    lines = [
        "## Known defects",
        "",
        f"Each race with a defect in it, {count(max(tries.seeds for tries in found.races), 'run')} with different seeds, each "
        f"until the defect shows or {found.limit_seconds:g} seconds are up, under {found.python}. {len(shown)} of "
        f"{len(found.races)} races showed it. Seconds are of a busy machine; rounds are executions, the last of which showed it.",
        "",
        f"The last column is one run of at most {found.unpaused_seconds:g} seconds without pauses: "
        f"{sum(bool(tries.unpaused) for tries in found.races)} of {len(found.races)} show without.",
        "",
        "| race | shown as | runs that did | rounds, median | most | seconds, median | most | without pauses |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for tries in sorted(found.races, key=lambda each: (not each.rounds, -median(each.rounds or [0]), each.race)):
        slugs = ", ".join(f"`{slug}`" for slug in tries.slugs) or "-"
        if tries.rounds:
            figures = (
                f"{median(tries.rounds):,.0f} | {max(tries.rounds):,} | {median(tries.seconds):.2f} | {max(tries.seconds):.2f}"
            )
        else:
            figures = "- | - | - | -"
        unpaused = f"round {tries.unpaused[0]:,}" if tries.unpaused else "-"
        lines.append(f"| `{tries.race}` | {slugs} | {len(tries.rounds)} of {tries.seeds} | {figures} | {unpaused} |")
    return lines
