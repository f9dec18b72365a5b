"""How long does one wait for the first answer? New processes, as a user starts them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from stress.bench.spin import children_seconds
from weft.check.benchmark import Row, benchmark
from weft.search.budget import Budget

ROUNDS = 5

RACE = """\
from weft import AtomicInt64, Results, Setting, require, scenario
@scenario(expect="VIOLATED", why="add is split into load and store")
def lost_update(s: Setting) -> None:
    counter = AtomicInt64(0)
    def add_one() -> None:
        counter.store(counter.load() + 1)
    s.thread(add_one, name="first")
    s.thread(add_one, name="second")
    @s.final
    def both_counted(results: Results) -> None:
        require(counter.load() == 2, f"counter is {counter.load()}")
"""


def _waited(*command: str, folder: str) -> dict[str, float]:
    """Seconds, and those of processor time, of the best of a few runs of ``command``, which must succeed."""
    best = {"seconds": float("inf"), "cpu_seconds": float("inf")}
    for _ in range(ROUNDS):
        used, started = children_seconds(), time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        took = {"seconds": time.perf_counter() - started, "cpu_seconds": children_seconds() - used}
        best = {name: min(best[name], took[name]) for name in best}
    return best


@benchmark("How long does one wait for the first answer? The best of five new processes each")
def cold_start(_: Budget) -> Iterator[Row]:
    """The interpreter alone, the help, and the first verdict of the race in the help."""
    weft = (sys.executable, "-m", "weft")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "race.py").write_text(RACE)
        yield Row("python -c pass", times=_waited(sys.executable, "-c", "pass", folder=folder))
        yield Row("weft --help", times=_waited(*weft, "--help", folder=folder))
        times = _waited(*weft, "check", "race.py", "--json", "found.json", folder=folder)
        found = json.loads(Path(folder, "found.json").read_text())["races"][0]
        counts: dict[str, int | str] = {"verdict": found["verdict"], "states": found["states"]}
        yield Row("weft check race.py", counts, times, wrong=found["verdict"] != "VIOLATED")
