"""Search one program with another checker, and print what it said as JSON. Run by the interpreter that has it.

    PYTHON search.py CHECKER PROGRAM N SECONDS

frontrun is asked for everything. interleave-test is left at its default of at most two preemptions: without a bound it does not
finish even two increments.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from programs import PROGRAMS, Program  # type: ignore[import-not-found]  # a neighbour: this file runs alone

MANY = 10**6


def by_frontrun(program: type[Program], seconds: float) -> dict[str, Any]:
    """Its DPOR, without the preemption bound that is its default. It does not say when its time was up."""
    import frontrun  # type: ignore[import-not-found]

    started = time.perf_counter()
    found = frontrun.explore(
        setup=program,
        workers=list(program().workers()),
        invariant=lambda state: state.holds(),
        preemption_bound=None,
        stop_on_first=False,
        reproduce_on_failure=0,
        total_timeout=seconds,
    )
    return {
        "violated": not found.property_holds,
        "executions": found.num_explored,
        "finished": time.perf_counter() - started < seconds,
    }


def by_interleave_test(program: type[Program], seconds: float) -> dict[str, Any]:
    """Its exhaustive strategy, between bytecode instructions, within two preemptions. It ends at the first violation."""
    import interleave_test  # type: ignore[import-not-found]

    runs = 0
    started = time.perf_counter()

    class OutOfTime(Exception):
        """The time is up."""

    def model() -> None:
        nonlocal runs
        if time.perf_counter() - started > seconds:
            raise OutOfTime
        runs += 1
        with interleave_test.no_interleave():
            state = program()
            workers = state.workers()
        tasks = [interleave_test.spawn(worker, state) for worker in workers]
        for task in tasks:
            task.join()
        if not state.holds():
            raise AssertionError("does not hold")

    found = interleave_test.explore(model, iterations=MANY, strategy="dfs", raise_on_failure=False)
    out_of_time = found.failure is not None and "OutOfTime" in repr(found.failure)
    violated = found.failure is not None and not out_of_time
    return {"violated": violated, "executions": runs, "finished": violated or found.exhausted}


CHECKERS: dict[str, Callable[[type[Program], float], dict[str, Any]]] = {
    "frontrun": by_frontrun,
    "interleave-test": by_interleave_test,
}


def main(checker: str, name: str, size: str, seconds: str) -> None:
    """Search, and print what was found."""
    started = time.process_time()
    found = CHECKERS[checker](PROGRAMS[name](int(size)), float(seconds))
    print(json.dumps({**found, "seconds": time.process_time() - started, "version": version(checker)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
