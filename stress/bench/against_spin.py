"""How many states does weft need for ordinary Python, next to SPIN on a model written by hand? The umount race in miniature.

    python -m stress.bench.against_spin [WORD ...]

``umount.pml`` has the steps of ``miniature.py``, one transition a step, with dead locals cleared. SPIN searches it exhaustively
without storing less than whole states; weft searches the Python. Both sides exclude building: compiling the verifier there,
growing the automata here. Where ``spin`` or a C compiler is missing, only weft's side is printed. What matters are the counts
and the ratio of times within one run; no reduction is on at either side.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from stress.bench.miniature import race
from weft.automaton.automaton import Automaton
from weft.search.budget import Budget
from weft.search.compiled_loop import AVAILABLE, CompiledDepthFirst
from weft.search.depth_first import DepthFirst

WORDS = ("wu", "wwu", "wuu", "ppu", "puu", "wwpp", "wwuu")
MODEL = Path(__file__).with_name("umount.pml")
ROUNDS = 3


class Count(NamedTuple):
    """One search: states, transitions, seconds of the best round."""

    states: int
    transitions: int
    seconds: float


def by_weft(word: str) -> Count:
    """Search the Python, over automata that a first round has grown."""
    automaton = Automaton(race(word))
    best = float("inf")
    for _ in range(ROUNDS + 1):
        loop = (
            CompiledDepthFirst(automaton, lambda _: False, budget=Budget(), most_edges=0)
            if AVAILABLE
            else DepthFirst(automaton, lambda _: False)
        )
        started = time.perf_counter()
        for _ in loop.run():
            pass
        best = min(best, time.perf_counter() - started)
    return Count(loop.states, loop.transitions, best)


def by_spin(word: str) -> Count | None:
    """Search the Promela model; ``None`` where SPIN or a compiler is missing."""
    if not shutil.which("spin") or not shutil.which("gcc"):
        return None
    sizes = [f"-DN{letter.upper()}={word.count(letter)}" for letter in "wup"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["spin", *sizes, "-a", str(MODEL)], cwd=folder, check=True, capture_output=True)
        build = ["gcc", "-O2", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c"]
        subprocess.run(build, cwd=folder, check=True, capture_output=True)
        best = float("inf")
        for _ in range(ROUNDS):
            started = time.perf_counter()
            said = subprocess.run(["./pan", "-m100000", "-w22"], cwd=folder, check=True, capture_output=True, text=True).stdout
            best = min(best, time.perf_counter() - started)
    return Count(_number(said, "states, stored"), _number(said, "transitions"), best)


def _number(said: str, what: str) -> int:
    found = re.search(rf"(\d+) {what}", said)
    if found is None:
        raise RuntimeError(f"SPIN did not say how many {what}: {said[:200]}")
    return int(found.group(1))


def main(words: tuple[str, ...]) -> None:
    """Print the table."""
    heads = {"SPIN states": 13, "weft states": 13, "ratio": 7, "SPIN trans.": 13, "weft trans.": 13, "SPIN s": 9, "weft s": 9}
    print("race  " + "".join(f"{head:>{width}}" for head, width in heads.items()))
    for word in words:
        spin, ours = by_spin(word), by_weft(word)
        if spin is None:
            print(f"{word:6}{'-':>13}{ours.states:>13,}{'-':>7}{'-':>13}{ours.transitions:>13,}{'-':>9}{ours.seconds:>9.4f}")
            continue
        print(
            f"{word:6}{spin.states:>13,}{ours.states:>13,}{ours.states / spin.states:>7.2f}"
            f"{spin.transitions:>13,}{ours.transitions:>13,}{spin.seconds:>9.4f}{ours.seconds:>9.4f}"
        )
    print("SPIN's seconds include starting its process and clearing its tables; weft's are the search loop alone.")


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or WORDS)
