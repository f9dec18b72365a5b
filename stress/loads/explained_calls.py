"""Calls of many threads on one small tree, each answer explained by the sequential model.

Files and directories come and go everywhere; each thread mounts, stacks, umounts and remounts at a place of its own, through which
all others walk, and holds files open. Every call is one operation of the model.

What is left out is what no order of instants can explain, here and on Linux alike, since a call that names two things, or looks
first and acts later, is not one instant: links, binds, renames across directories, "..", stat of what was opened before a mount hid
it, and two threads that mount and lazily umount at one place (a lazy umount takes what was stacked on its mount meanwhile with it).
``every_call`` has all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import model
from model import operations as op
from stress.adapters import VfsAdapter
from stress.linearizable import say
from stress.loads.books import keep_books
from stress.visible import model_tree, visible_tree
from weft import require
from weft.native.load import Traffic, load
from weft.scenario import History

NAMESPACE = "init"
ALLOWED = model.Allowances(busy_umount=True, busy_remount=True)
NAMES = ("f", "g", "d")
MOST_HANDLES = 3
MOST_STACKED = 2


def alternatives(state: model.State, operation: Any, overlapping: tuple[Any, ...]) -> Iterable[tuple[Any, Any]]:
    """What calls may do beyond the model while others overlap: be EBUSY."""
    if not isinstance(operation, op.Umount | op.Remount):  # the only ones that can be EBUSY for a moment
        return []
    found = model.alternatives(state, operation, overlapping=overlapping, scratch="", allowances=ALLOWED)
    return [(after, result) for after, result in found if not isinstance(result, model.Unfinished)]


class Caller:
    """One thread's calls, drawn at random. ``number`` is also that of its own mount point; most traffic is at that of the first."""

    def __init__(self, number: int, threads: int, call: Callable[[op.Operation], Any]) -> None:
        self.number = number
        self.points = [f"/m{k}" for k in range(threads)]
        self.free = [f"t{number}.{k}" for k in range(MOST_HANDLES)]
        self.open: list[str] = []
        self.stacked = 0
        self.call = call

    def one_call(self, choose: Random) -> None:
        """Make a call."""
        draws = choose.random()
        mounts = 0.15 if self.number else 0.6
        if draws < mounts:
            self._mounts(choose)
        elif draws < mounts + 0.25:
            self._handles(choose)
        else:
            self._names(choose)

    def _place(self, choose: Random) -> str:
        hot = self.points[0]
        return choose.choice([*self.points, "", hot, hot, hot])

    def _path(self, choose: Random) -> str:
        return f"{self._place(choose)}/{choose.choice(NAMES)}"

    def _mounts(self, choose: Random) -> None:
        own = self.points[self.number]
        kind = choose.randrange(5)
        if kind == 4:
            self.call(op.Remount(NAMESPACE, own, read_only=choose.random() < 0.5))
        elif self.stacked and (kind < 2 or self.stacked == MOST_STACKED):
            self.stacked -= self.call(op.Umount(NAMESPACE, own, lazy=choose.random() < 0.5)) == ("ok", None)
        else:
            self.stacked += self.call(op.Mount(NAMESPACE, own, filesystem=f"M{self.number}")) == ("ok", None)

    def _handles(self, choose: Random) -> None:
        if self.open and (not self.free or choose.random() < 0.5):
            handle = self.open.pop(choose.randrange(len(self.open)))
            self.call(op.Close(handle))
            self.free.append(handle)
            return
        handle = self.free.pop()
        access = choose.choice(["r", "w"])
        path = choose.choice([self._path(choose), self._place(choose) or "/"]) if access == "r" else self._path(choose)
        opened = self.call(op.Open(NAMESPACE, path, handle=handle, access=access, create=access == "w"))  # type: ignore[arg-type]
        (self.free if isinstance(opened, str) else self.open).append(handle)

    def _names(self, choose: Random) -> None:
        path = self._path(choose)
        match choose.randrange(7):
            case 0:
                self.call(op.Mkdir(NAMESPACE, choose.choice([path, *self.points])))
            case 1:
                self.call(op.Rmdir(NAMESPACE, choose.choice([path, path, path, *self.points])))
            case 2:
                self.call(op.Unlink(NAMESPACE, path))
            case 3:
                old, new = (f"/{choose.choice(NAMES)}" for _ in range(2))
                self.call(op.Rename(NAMESPACE, old, new=new))
            case _:
                self.call(op.Stat(NAMESPACE, choose.choice([path, self._place(choose) or "/"])))


@load(
    why="whatever overlaps, some order of the calls gives these answers; no reference is lost; nothing is left", threads=4, calls=12
)
def explained_calls(t: Traffic) -> None:
    """One namespace, a mount point for each thread."""
    adapter = VfsAdapter()
    state = model.State()
    setup: list[op.Operation] = [op.CreateNamespace(NAMESPACE, filesystem="R")]
    setup += [op.Mkdir(NAMESPACE, f"/m{k}") for k in range(t.wanted)]
    for operation in setup:
        state, result = model.step(state, operation)
        require(adapter.call(operation) == result, f"the set-up's {operation!r} differs from the model's {result!r}")
    history: History = t.linearizable(state, model.step, alternatives=alternatives, say=say)

    def call(operation: op.Operation) -> Any:
        return history.call(operation, adapter.call, operation)

    callers = [Caller(number, t.wanted, call) for number in range(t.wanted)]

    @t.callers
    def one_call(choose: Random, number: int) -> None:
        callers[number].one_call(choose)

    @t.invariant
    def the_tree_is_one_that_the_model_has() -> None:
        found = visible_tree(adapter.vfs, adapter.contexts[NAMESPACE])
        possible = [model_tree(end, NAMESPACE) for end in history.monitor.states()]
        require(found in possible, f"the tree is {found}, the model has {' or '.join(sorted(map(str, possible)))}")

    keep_books(t, adapter)
