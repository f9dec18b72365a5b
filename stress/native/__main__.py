"""``python -m stress.native``: run every race that has a known defect on real threads, and write ``reports/stress.md``.

Also on the page: ``reports/stress_hour.json``, which is written by

    weft stress stress/loads/explained_calls.py stress/loads/every_call.py --hours 0.5 --json reports/stress_hour.json

With ``--profile`` the contention pages of the two shapes are written again too.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from stress.native.page import HOUR, PLANTED, Findings, Tries, page
from weft.check.subjects import Subject, collect_subjects
from weft.native import interpreter
from weft.native.findings import Plan
from weft.native.stress import stress
from weft.report.contention import Contention
from weft.report.contention_page import rendered

PAGE = Path("reports/stress.md")
SHAPES = {"stats_in_vfs1_shape": Path("reports/contention_vfs1.html"), "stats_in_vfs2_shape": Path("reports/contention_vfs2.html")}


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
    return Tries(subject.what.name, sorted(slugs), seeds, sorted(found_rounds), sorted(found_seconds))


def profiled(name: str, to: Path, *, seconds: float) -> None:
    """Profile a load of ``stress/loads/shapes.py`` and write its page."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--threads", "8", "--seconds", str(seconds), "--seed", "1", "--out", folder]
        subprocess.run([sys.executable, "-m", "weft", "profile", f"stress/loads/shapes.py::{name}", *options], check=True)
        made = msgspec.json.decode((Path(folder) / "contention.json").read_bytes(), type=Contention)
    to.write_text(rendered(made), encoding="utf-8")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m stress.native", description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, default=5, help="runs of each race")
    parser.add_argument("--seconds", type=float, default=20.0, help="the longest a run may take")
    parser.add_argument("--profile", action="store_true", help="write the contention pages too")
    parser.add_argument("--only-page", action="store_true", help="from the figures that are there")
    given = parser.parse_args()
    if not given.only_page:
        races = [each for each in collect_subjects(["stress/races"], slow=True) if each.what.expect == "VIOLATED"]
        rows = [tried(race, seeds=given.seeds, seconds=given.seconds) for race in races]
        made = Findings(interpreter.said(), given.seconds, rows)
        PLANTED.write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")
    if given.profile:
        for name, to in SHAPES.items():
            profiled(name, to, seconds=given.seconds)
    PAGE.write_text(page(msgspec.json.decode(PLANTED.read_bytes(), type=Findings), HOUR), encoding="utf-8")


if __name__ == "__main__":
    main()
