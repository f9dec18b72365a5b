"""SPIN, run on a Promela model written here; nothing of it where SPIN or a C compiler is not installed.

A time is the processor's for ``pan`` at -O2, less that for a ``pan`` made from an empty model: starting the process and clearing
its hash table. Writing and compiling ``pan`` is not counted. States are stored whole (no hashing that may miss some).
"""

from __future__ import annotations

import functools
import re
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).with_name("promela")
ROUNDS = 8
HASH_BITS = 22
DEPTH = 1_000_000
SECONDS = 300
RESOLUTION = 0.0005
"""Seconds that cannot be told from the noise of starting a process."""

EMPTY = "active proctype nothing() { (0) }\n"


class Pan(NamedTuple):
    """One verification: what ``pan`` counted, how long it took, and whether it found an error."""

    states: int
    transitions: int
    seconds: float
    errors: int


def available() -> bool:
    """Whether both SPIN and a C compiler are there."""
    return shutil.which("spin") is not None and shutil.which("gcc") is not None


def versions() -> dict[str, str]:
    """Of SPIN and the compiler."""
    if not available():
        return {"spin": "not installed"}
    said = subprocess.run(["spin", "-V"], check=True, capture_output=True, text=True).stdout
    compiler = subprocess.run(["gcc", "-dumpfullversion"], check=True, capture_output=True, text=True).stdout
    return {"spin": said.strip().removeprefix("Spin Version "), "gcc": compiler.strip()}


def verify(model: str, defines: Mapping[str, int | str] | None = None, *, reduced: bool) -> Pan:
    """Search all of ``promela/MODEL.pml``; invalid end states are errors.

    ``reduced`` is SPIN as it comes: partial-order reduction, and variables that are never read (what threads answered) left out of
    states. Without it, states are those that weft tells apart.
    """
    said, seconds = _run(_text(model), tuple((defines or {}).items()), reduced)
    return _read(said, max(seconds - _overhead(reduced), RESOLUTION))


def count(model: str, defines: Mapping[str, int | str]) -> Pan:
    """The same without reduction, once and without optimising the verifier: for who wants counts and no times."""
    return _read(_run(_text(model), tuple(defines.items()), False, rounds=1, optimised="-O0")[0], 0.0)  # noqa: FBT003


def _text(model: str) -> str:
    return (FOLDER / f"{model}.pml").read_text()


def _read(said: str, seconds: float) -> Pan:
    stored, made, errors = (_number(said, what) for what in (r"(\d+) states, stored", r"(\d+) transitions", r"errors: (\d+)"))
    return Pan(stored, made, seconds, errors)


@functools.cache
def _overhead(reduced: bool) -> float:  # noqa: FBT001 - the key of a cache
    return _run(EMPTY, (), reduced)[1]


def _run(
    text: str,
    defines: tuple[tuple[str, int | str], ...],
    reduced: bool,  # noqa: FBT001
    *,
    rounds: int = ROUNDS,
    optimised: str = "-O2",
) -> tuple[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "model.pml").write_text(text)
        options = [f"-D{name}={value}" for name, value in defines] + ([] if reduced else ["-o2"])
        _call(["spin", *options, "-a", "model.pml"], folder)
        build = ["gcc", optimised, "-DSAFETY", *([] if reduced else ["-DNOREDUCE"]), "-o", "pan", "pan.c"]
        _call(build, folder)
        best, spent = float("inf"), 0.0
        for _ in range(rounds):
            started = children_seconds()
            said = _call(["./pan", f"-m{DEPTH}", f"-w{HASH_BITS}"], folder)
            took = children_seconds() - started
            best, spent = min(best, took), spent + took
            if spent > 1:
                break
    if "max search depth too small" in said:
        raise RuntimeError(f"SPIN was cut off at depth {DEPTH:,}: {said[:200]}")
    return said, best


def children_seconds() -> float:
    """Processor time of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _call(command: list[str], folder: str) -> str:
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {(done.stdout + done.stderr).strip()[:300]}")
    return done.stdout


def _number(said: str, pattern: str) -> int:
    found = re.search(pattern, said)
    if found is None:
        raise RuntimeError(f"SPIN did not say {pattern!r}: {said[:200]}")
    return int(found.group(1))
