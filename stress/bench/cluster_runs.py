"""What a cluster brings to one large race, and what happens when workers die: ``python -m stress.bench.cluster_runs``.

``measure`` searches the race with 1, 2 and 4 workers, on loopback and in two network namespaces, and prints a table. ``faults``
searches it again and again while workers are killed with SIGKILL, new ones join, and the coordinator is stopped (SIGTERM, SIGINT or
SIGKILL) and resumed from its checkpoint, and compares every answer with that of one process.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from stress.bench.cluster_machines import Machines

COMPARED = ("verdict", "states", "transitions", "finals", "nodes", "outcomes", "violations", "reached")
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)
SPLIT_FROM = "100000"


def _race_file(folder: Path, word: str) -> str:
    file = folder / "cluster_race.py"
    file.write_text(f"from stress.bench.miniature import race\n\n{word} = race({word!r})\n")
    return f"{file}::{word}"


def _command(race: str, answer: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "weft", "check", race, "--json", str(answer), *options]


def _answer(file: Path) -> dict[str, Any]:
    race: dict[str, Any] = json.loads(file.read_text())["races"][0]
    return race


def _told(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if "worker thread" in line]
    return lines[-1].partition("worker thread")[2].lstrip("s, ") if lines else ""


def measure(folder: Path, word: str, options: list[str], *, counts: list[int]) -> None:
    """Print a row for each number of workers and place."""
    race = _race_file(folder, word)
    alone = folder / "alone.json"
    subprocess.run(_command(race, alone, *options), check=False, stdout=subprocess.DEVNULL)
    expected = _answer(alone)
    print(f"{word} {' '.join(options)}: {expected['states']:,} states, {expected['transitions']:,} transitions", flush=True)
    print(f"one process: {expected['states'] / expected['seconds']:,.0f} states/s", flush=True)
    for place in ("loopback", "two namespaces"):
        for workers in counts:
            with Machines(folder / f"{place.replace(' ', '-')}-{workers}", namespaces=place != "loopback") as machines:
                for _ in range(workers):
                    machines.join()
                machines.wait_for_workers(workers)
                answer, log = folder / "answer.json", folder / f"{place.replace(' ', '-')}-{workers}.log"
                command = _command(race, answer, "--cluster", machines.address, "--split-from", SPLIT_FROM, *options)
                machines.start(command, log=log).wait()
            found = _answer(answer)
            same = all(found[key] == expected[key] for key in COMPARED)
            print(f"{place}, {workers} workers: {'same counts' if same else 'WRONG COUNTS'}; {_told(log)}", flush=True)


def faults(folder: Path, word: str, options: list[str], *, runs: int, seed: int, pause: float) -> int:
    """Runs with deaths, joins and resumes; how many gave another answer than one process."""
    race = _race_file(folder, word)
    subprocess.run(_command(race, folder / "alone.json", *options), check=False, stdout=subprocess.DEVNULL)
    expected = _answer(folder / "alone.json")
    wrong, totals = 0, [0, 0, 0]
    for run in range(runs):
        here = folder / f"run-{run}"
        chance = random.Random(seed * 1_000 + run)
        with Machines(here) as machines:
            for _ in range(2):
                machines.join()
            machines.wait_for_workers(2)
            happened = _disturbed(machines, here, race, options, chance, pause)
        found = _answer(here / "answer.json")
        different = [key for key in COMPARED if found[key] != expected[key]]
        wrong += bool(different)
        totals = [before + more for before, more in zip(totals, happened, strict=True)]
        kills, joins, resumes = happened
        verdict = f"DIFFERS in {different}" if different else "same"
        print(f"run {run}: {verdict}; {kills} kills, {joins} joins, {resumes} resumes", flush=True)
    print(f"{runs} runs of {word} {' '.join(options)}: {wrong} differ; kills, joins, resumes: {totals}", flush=True)
    return wrong


def _disturbed(
    machines: Machines, here: Path, race: str, options: list[str], chance: random.Random, pause: float
) -> tuple[int, int, int]:
    """One search to its end; how many kills, joins and resumes it took."""
    kills = joins = resumes = 0
    saved = here / "saved"
    saved.mkdir()
    answer = here / "answer.json"
    cluster = ["--cluster", machines.address, "--split-from", SPLIT_FROM, "--resume", str(saved), *options]
    while True:
        coordinator = machines.start(_command(race, answer, *cluster), log=here / "coordinator.log")
        stopped = False
        while coordinator.poll() is None:
            time.sleep(chance.uniform(0.2, 2 * pause))
            event = chance.random()
            if event < 0.45 and machines.workers > 1:
                machines.kill(chance)
                kills += 1
            elif event < 0.85 and machines.workers < 4:
                machines.join()
                joins += 1
            elif resumes < 3 and not stopped and list(saved.glob("*.checkpoint")):
                coordinator.send_signal(chance.choice(STOPS))
                stopped = True
        if coordinator.returncode == 0:
            return kills, joins, resumes
        log = (here / "coordinator.log").read_text()
        if not stopped and "has no workers" not in log:
            raise RuntimeError(log[-2_000:])
        resumes += 1


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["measure", "faults"])
    parser.add_argument("--race", default="wwuuu", help="threads of the umount race in miniature")
    parser.add_argument("--reduce", action="store_true")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pause", type=float, default=0.8, help="seconds between two events, on average")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    given = parser.parse_args()
    options = ["--reduce"] if given.reduce else []
    with tempfile.TemporaryDirectory(prefix="weft-cluster-") as name:
        folder = Path(name)
        if given.what == "measure":
            measure(folder, given.race, options, counts=given.workers)
        else:
            sys.exit(bool(faults(folder, given.race, options, runs=given.runs, seed=given.seed, pause=given.pause)))


if __name__ == "__main__":
    main()
