"""What do checks in every state cost? The same race searched with all of them and with none, in one run.

    python -m stress.bench.checks

Each variant is searched three times over automata that are already known, so only the loop is timed, and the best is taken. What
matters is the ratio; states differ a little, since the history of the linearizability monitor is part of a state.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from stress.linearizable import TrackedProcess, tracked
from stress.machine import Machine
from weft import Scenario, Setting
from weft.automaton.automaton import Automaton
from weft.search.budget import Budget
from weft.search.compiled_loop import AVAILABLE, CompiledDepthFirst
from weft.search.depth_first import DepthFirst

MOUNTED = (("mkdir", "/a"), ("mount", "/a", "M"), ("create", "/a/f"))
ROUNDS = 3


def _threads(s: Setting, where: Callable[[], str], umount: Callable[[], str]) -> None:
    s.thread(where, name="opener")
    s.thread(umount, name="umounter")
    s.thread(umount, name="umounter")


def _plain(s: Setting, *, watched: bool) -> None:
    machine = Machine()
    process = machine.process
    for name, *arguments in MOUNTED:
        getattr(process, name)(*arguments)
    s.data_races = watched
    if watched:
        machine.watch(s)
    _threads(s, lambda: process.where("/a/f"), lambda: process.umount("/a"))


def without_checks(s: Setting) -> None:
    """open(/a/f); close || umount(/a) || umount(/a), and nothing is looked at."""
    _plain(s, watched=False)


def with_invariants(s: Setting) -> None:
    """The same with every invariant of the mount layer, lock rules and data races."""
    _plain(s, watched=True)


def with_everything(s: Setting) -> None:
    """The same with linearizability against the model on top."""
    process: TrackedProcess = tracked(s, *MOUNTED)[1]
    _threads(s, lambda: process.where("/a/f", "h"), lambda: process.umount("/a"))


def measure(build: Callable[[Setting], None]) -> tuple[int, int, float]:
    """States, transitions, and transitions a second of the best round."""
    automaton = Automaton(Scenario(build.__name__, build))
    best = 0.0
    states = transitions = 0
    for _ in range(ROUNDS + 1):  # the first round learns the automata
        loop = (
            CompiledDepthFirst(automaton, lambda _: False, budget=Budget(), most_edges=0)
            if AVAILABLE
            else DepthFirst(automaton, lambda _: False)
        )
        started = time.perf_counter()
        for _ in loop.run():
            pass
        states, transitions = loop.states, loop.transitions
        best = max(best, transitions / (time.perf_counter() - started))
    return states, transitions, best


def main() -> None:
    """Print the table."""
    print(f"{'checks':18}{'states':>10}{'transitions':>13}{'transitions/s':>15}{'ratio':>8}")
    base = 0.0
    for build in (without_checks, with_invariants, with_everything):
        states, transitions, pace = measure(build)
        base = base or pace
        print(f"{build.__name__:18}{states:>10,}{transitions:>13,}{pace:>15,.0f}{pace / base:>8.2f}")


if __name__ == "__main__":
    main()
