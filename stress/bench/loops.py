"""How fast is the search alone, over automata that are already known: the loop in C against the same loop in Python?"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator

from stress.bench.miniature import race
from stress.bench.mixes import mix
from weft import Scenario
from weft.automaton.automaton import Automaton
from weft.check.benchmark import Row, benchmark
from weft.search.budget import Budget
from weft.search.compiled_loop import AVAILABLE, CompiledDepthFirst
from weft.search.depth_first import DepthFirst

ROUNDS = 3
CASES = (
    ("miniature wuu", race("wuu")),
    ("miniature wwuu", race("wwuu")),
    ("VFS 2 walk + 1 umount", mix(walkers=2, umounters=1)),
    ("VFS 1 walk + 2 umount", mix(walkers=1, umounters=2)),
)


def _paced(automaton: Automaton, *, compiled: bool, limit: Budget) -> tuple[tuple[int, int], float]:
    """States and transitions, and the processor seconds of the best round.

    Raises:
        TimeoutError: One round takes longer than the limit.
    """
    best = float("inf")
    for _ in range(ROUNDS):
        gc.collect()
        loop = CompiledDepthFirst(automaton, lambda _: False, budget=limit) if compiled else DepthFirst(automaton, lambda _: False)
        started = time.process_time()
        for _ in loop.run():
            if limit.max_seconds is not None and time.process_time() - started > limit.max_seconds:
                raise TimeoutError
        best = min(best, time.process_time() - started)
    return (loop.states, loop.transitions), best


def _row(label: str, scenario: Scenario, limit: Budget) -> Row:
    automaton = Automaton(scenario)
    _paced(automaton, compiled=AVAILABLE, limit=limit)  # which grows the automata
    (states, transitions), plain = _paced(automaton, compiled=False, limit=limit)
    counts: dict[str, int | str] = {"states": states, "transitions": transitions}
    times = {"python_per_second": transitions / plain}
    if not AVAILABLE:
        return Row(label, counts, times, note="the compiled loop was not built")
    counted, compiled = _paced(automaton, compiled=True, limit=limit)
    wrong = counted != (states, transitions)
    times |= {"compiled_per_second": transitions / compiled, "pace_ratio": plain / compiled}
    return Row(label, counts, times, note=f"WRONG: the compiled loop counts {counted}" if wrong else "", wrong=wrong)


@benchmark("How many transitions a second makes the search loop, in C and in Python, over automata that are already known?")
def loops(limit: Budget) -> Iterator[Row]:
    """The counts of both loops must be equal."""
    for label, scenario in CASES:
        try:
            yield _row(label, scenario, limit)
        except TimeoutError:
            yield Row(label, note=f"a loop is not finished after {limit.max_seconds:g} s")
