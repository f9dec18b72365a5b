"""What do checks in every state cost? The same race searched with all of them and with none, in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stress.linearizable import TrackedProcess, tracked
from stress.machine import Machine
from weft import Scenario, Setting
from weft.check.benchmark import Row, benchmark, searched
from weft.search.budget import Budget

MOUNTED = (("mkdir", "/a"), ("mount", "/a", "M"), ("create", "/a/f"))


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


def nothing(s: Setting) -> None:
    _plain(s, watched=False)


def invariants_and_races(s: Setting) -> None:
    _plain(s, watched=True)


def linearizability_too(s: Setting) -> None:
    process: TrackedProcess = tracked(s, *MOUNTED)[1]
    _threads(s, lambda: process.where("/a/f", "h"), lambda: process.umount("/a"))


@benchmark("What do checks in every state cost? open(/a/f); close || umount(/a) || umount(/a), on the whole VFS")
def cost_of_checks(limit: Budget) -> Iterator[Row]:
    """States differ a little, since the history of the linearizability monitor is part of a state."""
    for build in (nothing, invariants_and_races, linearizability_too):
        yield searched(build.__name__.replace("_", " "), Scenario(build.__name__, build), limit)
