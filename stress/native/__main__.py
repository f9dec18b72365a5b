"""``python -m stress.native races loads profiles``: known defects on real threads, in their races and under load; the two shapes.

Writes ``reports/stress.md`` and the figures that it is made from.

Also on the page: ``reports/stress_hour.json``, which is written by

    weft stress stress/loads/explained_calls.py stress/loads/every_call.py --hours 0.5 --json reports/stress_hour.json

``races``, ``loads`` and ``profiles`` measure again; without them the page is made from the figures that are there. The contention
pages of the two shapes, ``reports/contention_*.html``, are written by ``profiles``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import msgspec

from stress.loads.every_call import every_call
from stress.loads.explained_calls import explained_calls
from stress.native.page import LOADS, PLANTED, SHAPES, Findings, Tries, UnderLoad, UnderLoads, page
from weft.check.mutants.collecting import collect_planted
from weft.check.subjects import Subject, collect_subjects
from weft.native import interpreter
from weft.native.findings import Plan
from weft.native.stress import stress
from weft.report.contention import Contention
from weft.report.contention_page import rendered

PAGE = Path("reports/stress.md")
UNPAUSED_SECONDS = 4.0


def tried(subject: Subject, *, seeds: int, seconds: float) -> Tries:
    """Stress one race with several seeds, each until it is found or the time is up."""
    found_seconds: list[float] = []
    found_rounds: list[int] = []
    slugs: set[str] = set()
    for seed in range(seeds):
        done = stress(subject.what, Plan(seconds=seconds, seed=seed, hang_seconds=seconds / 4))
        if done.stopped_by:
            raise KeyboardInterrupt
        for finding in done.findings:
            found_seconds.append(round(finding.seconds, 3))
            found_rounds.append(finding.round)
            slugs.add(finding.slug)
    plain = stress(subject.what, Plan(seconds=UNPAUSED_SECONDS, pauses=False, hang_seconds=UNPAUSED_SECONDS / 2))
    unpaused = [finding.round for finding in plain.findings]
    return Tries(subject.what.name, sorted(slugs), seeds, sorted(found_rounds), sorted(found_seconds), unpaused)


def under_loads(*, seconds: float) -> UnderLoads:
    """Each planted bug under the mixed loads."""
    planted, _ = collect_planted(["stress/planted"])
    plan = Plan(seconds=seconds, seed=1, hang_seconds=seconds)
    found: list[UnderLoad] = []
    for bug in planted:
        for load in (explained_calls, every_call):
            done = stress(replace(load, within=bug), plan)
            first = done.findings[0] if done.findings else None
            seen = "" if first is None else first.slug
            found.append(UnderLoad(bug.slug, bug.what, load.name, seen, done.calls, round(done.seconds, 2)))
    return UnderLoads(interpreter.said(), seconds, found)


def written(file: Path, data: Findings | UnderLoads) -> None:
    """Write figures."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n")


def profiled(name: str, to: Path, *, seconds: float) -> None:
    """Profile a load of ``stress/loads/shapes.py`` and write its page."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--threads", "8", "--seconds", str(seconds), "--seed", "1", "--out", folder]
        subprocess.run([sys.executable, "-m", "weft", "profile", f"stress/loads/shapes.py::{name}", *options], check=True)
        figures = (Path(folder) / "contention.json").read_bytes()
    to.write_bytes(figures)
    to.with_suffix(".html").write_text(rendered(msgspec.json.decode(figures, type=Contention)), encoding="utf-8")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m stress.native", description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, default=5, help="runs of each race")
    parser.add_argument("--seconds", type=float, default=12.0, help="the longest a run may take")
    parser.add_argument("parts", nargs="*", metavar="races|loads|profiles", help="what to measure again before the page is written")
    given = parser.parse_args()
    if unknown := set(given.parts) - {"races", "loads", "profiles"}:
        parser.error(f"{', '.join(sorted(unknown))}: expected races, loads, profiles")
    if "races" in given.parts:
        races = [each for each in collect_subjects(["stress/races"], slow=True) if each.what.expect == "VIOLATED"]
        rows = [tried(race, seeds=given.seeds, seconds=given.seconds) for race in races]
        written(PLANTED, Findings(interpreter.said(), given.seconds, UNPAUSED_SECONDS, rows))
    if "loads" in given.parts:
        written(LOADS, under_loads(seconds=given.seconds))
    if "profiles" in given.parts:
        for name, to in SHAPES.items():
            profiled(name, to, seconds=given.seconds)
    PAGE.write_text(page(msgspec.json.decode(PLANTED.read_bytes(), type=Findings)), encoding="utf-8")


if __name__ == "__main__":
    main()
