"""How long does one wait for the first answer? New processes, as a user starts them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

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


def _waited(*command: str, folder: str) -> float:
    """Seconds of the best of a few runs of ``command``, which must succeed."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        best = min(best, time.perf_counter() - started)
    return best


@benchmark("How long does one wait for the first answer? The best of five new processes each")
def cold_start(_: Budget) -> Iterator[Row]:
    """The interpreter alone, the help, and the first verdict of the race in the help."""
    weft = (sys.executable, "-m", "weft")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "race.py").write_text(RACE)
        yield Row("python -c pass", times={"seconds": _waited(sys.executable, "-c", "pass", folder=folder)})
        yield Row("weft --help", times={"seconds": _waited(*weft, "--help", folder=folder)})
        seconds = _waited(*weft, "check", "race.py", "--json", "found.json", folder=folder)
        found = json.loads(Path(folder, "found.json").read_text())["races"][0]
        counts: dict[str, int | str] = {"verdict": found["verdict"], "states": found["states"]}
        yield Row("weft check race.py", counts, {"seconds": seconds}, wrong=found["verdict"] != "VIOLATED")
