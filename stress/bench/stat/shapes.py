"""Equal trees in both shapes, and what one stat in them does, counted.

As at the seed: depth d is d nested directories and a file at the bottom; mounted, the directories are in a second filesystem, which
is mounted on "/tmp" of the first, so the path has one more component and one crossing. What is walked through is the number of
directories: d, or d + 1 mounted. The file is part of the constant cost, as in the seed's own reading of its figures.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple

import weft
from impl.errors import InvariantError
from stress.baseline.vfs1 import Vfs1
from stress.machine import Machine
from weft.cells import world
from weft.cells.cell import Cell
from weft.cells.effects import Kind

DEPTHS = (1, 2, 3, 8, 64, 100)
SHAPES = ("VFS2", "VFS1")

Call = Callable[[], object]


class Place(NamedTuple):
    """One column of the benchmark: how deep, and whether through a mount."""

    depth: int
    mounted: bool

    @property
    def directories(self) -> int:
        """How many directories the path goes through."""
        return self.depth + self.mounted

    def __str__(self) -> str:
        return f"{'mounted, ' if self.mounted else ''}depth {self.depth}"


class Operation(NamedTuple):
    """A kind of cell operation: what the cell is called, its class, and what is done."""

    cell: str
    kind: str
    step: str

    def __str__(self) -> str:
        return f"{self.cell}.{self.step}"


def both(place: Place) -> dict[str, Call]:
    """One stat in each shape, by its name; both answer the same.

    Raises:
        InvariantError: They do not, so nothing measured on them would mean anything.
    """
    machine, vfs1 = Machine(), Vfs1()
    process = machine.process
    path = ""
    if place.mounted:
        path = "/tmp"
        made = [process.mkdir(path), process.mount(path, "M")]
        vfs1.mkdir(path)
        vfs1.mount(path, "M")
        _must_be_ok(made)
    for number in range(place.depth, 0, -1):
        path += f"/{number}"
        _must_be_ok([process.mkdir(path)])
        vfs1.mkdir(path)
    path += "/file"
    _must_be_ok([process.create(path)])
    vfs1.create(path)
    vfs2, context = machine.vfs, process.context
    calls: dict[str, Call] = {"VFS2": lambda: vfs2.stat_at(context.at(path)), "VFS1": lambda: vfs1.stat(path)}
    answers = [call() for call in calls.values()]
    if answers[0] != answers[1]:
        raise InvariantError("equal-answers", f"stat of {path} is {answers[0]!r} in VFS2 and {answers[1]!r} in VFS1")
    return calls


def _must_be_ok(answers: list[str]) -> None:
    if set(answers) != {"ok"}:
        raise InvariantError("equal-answers", f"the tree cannot be built: {answers}")


class CountingWorld:
    """The world it is put in front of, with every step counted."""

    def __init__(self, inner: world.World) -> None:
        self._inner = inner
        self.counts: Counter[Operation] = Counter()
        self.adopt, self.intern = inner.adopt, inner.intern
        self.new_tag, self.emit = inner.new_tag, inner.emit

    def step(self, cell: Cell, kind: Kind, operands: tuple[Any, ...]) -> Any:
        """See ``World.step``."""
        self.counts[Operation(cell.label.rpartition(".")[2], type(cell).__name__, kind.name)] += 1
        return self._inner.step(cell, kind, operands)


def operations(call: Call) -> Counter[Operation]:
    """The cell operations of one call: equal in every run and on every machine."""
    counting = CountingWorld(world.current)
    with world.activate(counting):
        call()
    return counting.counts


class Function(NamedTuple):
    """A Python function: its name, and whether it is of cells and the world below them, or of the VFS."""

    name: str
    of_cells: bool


def python_calls(call: Call) -> Counter[Function]:
    """The Python functions that one call enters, itself not counted; the same in every run under one version of Python."""
    below = os.path.dirname(weft.__file__), threading.__file__
    entered: list[Function] = []

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            code = frame.f_code
            entered.append(Function(code.co_qualname, code.co_filename.startswith(below)))

    before, collecting = sys.getprofile(), gc.isenabled()
    gc.disable()  # a collection calls whoever wants to know of it
    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(before)
        if collecting:
            gc.enable()
    return Counter(entered[1:])
