"""Calls on a whole VFS that must be explained by the sequential model.

Each call of a ``TrackedProcess`` is one operation of ``model`` and its answer one of the model's results; the monitor looks for an
order of the calls that explains all of them. The set-up is done on both sides.

Strict but for one allowance: an eager umount may be EBUSY while any walk overlaps it, since a walker pins the mount for a moment
(known and accepted, H9; Linux does the same).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import model
from impl import FileDescription
from impl.flags import O_RDONLY
from impl.sync import Shared
from model import operations as op
from stress.machine import Machine, Process
from stress.visible import model_tree, visible_tree
from weft import Setting, UsageError, require
from weft.scenario import History

NAMESPACE = "init"
ALLOWED = model.Allowances(busy_umount=True)


def alternatives(state: model.State, operation: Any, overlapping: tuple[Any, ...]) -> Iterable[tuple[Any, Any]]:
    """What the implementation may do beyond the model while calls overlap."""
    return [
        (after, result)
        for after, result in model.alternatives(state, operation, overlapping=overlapping, scratch="", allowances=ALLOWED)
        if not isinstance(result, model.Unfinished)
    ]


def says(answered: str) -> object:
    """An answer of ``Process`` in the model's terms."""
    return ("ok", None) if answered == "ok" else answered


def says_opened(opened: FileDescription | str) -> object:
    """An open file in the model's terms: the label of its filesystem."""
    return opened if isinstance(opened, str) else ("ok", opened.vd.mount.fs.name)


def say(operation: Any, result: Any) -> str:
    """A call as a shell would show it: ``umount('/a') = EBUSY``."""
    about = [getattr(operation, name) for name in ("path", "new", "handle") if hasattr(operation, name)]
    answered = result if isinstance(result, str) else "ok" if result[1] is None else f"ok, {result[1]}"
    return f"{type(operation).__name__.lower()}({', '.join(repr(part) for part in about)}) = {answered}"


class TrackedProcess(Shared):
    """A process whose calls are checked. Each method is one operation of the model."""

    def __init__(self, process: Process, history: History) -> None:
        self.name = process.name
        self.process = process
        self.history = history

    def open(self, path: str, handle: str, flags: int = O_RDONLY) -> FileDescription | str:
        """open(2), read-only. ``handle`` is what the model calls the open file."""
        operation = op.Open(NAMESPACE, path, handle=handle)
        return self.history.call(operation, self.process.open, path, flags, says=says_opened)  # type: ignore[no-any-return]

    def close(self, opened: FileDescription | str, handle: str) -> None:
        """close(2), of what was opened."""
        if not isinstance(opened, str):
            self.history.call(op.Close(handle), opened.dec_ref, says=lambda _: ("ok", None))

    def where(self, path: str, handle: str) -> str:
        """Open, look which filesystem it is, and close."""
        opened = self.open(path, handle)
        label = opened if isinstance(opened, str) else opened.vd.mount.fs.name
        self.close(opened, handle)
        return label

    def umount(self, path: str, *, lazy: bool = False) -> str:
        """umount(2)."""
        return self._simple(op.Umount(NAMESPACE, path, lazy=lazy), lambda: self.process.umount(path, lazy=lazy))

    def mount(self, path: str, source: str) -> str:
        """mount(2) of a new memfs."""
        return self._simple(op.Mount(NAMESPACE, path, filesystem=source), lambda: self.process.mount(path, source))

    def mkdir(self, path: str) -> str:
        """mkdir(2)."""
        return self._simple(op.Mkdir(NAMESPACE, path), lambda: self.process.mkdir(path))

    def rmdir(self, path: str) -> str:
        """rmdir(2)."""
        return self._simple(op.Rmdir(NAMESPACE, path), lambda: self.process.rmdir(path))

    def unlink(self, path: str) -> str:
        """unlink(2)."""
        return self._simple(op.Unlink(NAMESPACE, path), lambda: self.process.unlink(path))

    def rename(self, path: str, new: str) -> str:
        """rename(2)."""
        return self._simple(op.Rename(NAMESPACE, path, new=new), lambda: self.process.rename(path, new))

    def _simple(self, operation: Any, function: Callable[[], str]) -> str:
        return self.history.call(operation, function, says=says)  # type: ignore[no-any-return]


def tracked(s: Setting, *setup: tuple[str, ...]) -> tuple[Machine, TrackedProcess]:
    """A machine and a process whose calls are checked, after ``setup`` on both sides.

    Args:
        s: The race.
        setup: Calls by name: ("mkdir", path), ("mount", path, source), ("create", path).

    Raises:
        UsageError: A call of the set-up fails on one side.
    """
    machine = Machine()
    state = model.initial(NAMESPACE, "R")
    for name, *arguments in setup:
        answered = getattr(machine.process, name)(*arguments)
        for operation in _operations(name, arguments):
            state, result = model.step(state, operation)
            if answered != "ok" or isinstance(result, str):
                raise UsageError(f"the set-up {name}{tuple(arguments)} answers {answered}, the model {result}")
    machine.watch(s)
    history = s.linearizable(state, model.step, alternatives=alternatives, say=say)

    @s.final
    def the_tree_is_one_that_the_model_ends_with(_: object) -> None:
        found = visible_tree(machine.vfs, machine.process.context)
        allowed = [model_tree(end, NAMESPACE) for end in history.monitor.states()]
        require(found in allowed, f"the tree is {found}, the model ends with {' or '.join(sorted(map(str, allowed)))}")

    return machine, TrackedProcess(machine.process, history)


def _operations(name: str, arguments: list[str]) -> list[Any]:
    if name == "mkdir":
        return [op.Mkdir(NAMESPACE, arguments[0])]
    if name == "mount":
        return [op.Mount(NAMESPACE, arguments[0], filesystem=arguments[1])]
    return [op.Open(NAMESPACE, arguments[0], handle="setup", access="w", create=True), op.Close("setup")]
