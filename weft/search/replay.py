"""Replaying a schedule on the real code, step by step."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Literal

from weft.cells.cell import Cell
from weft.cells.effects import BLOCKED
from weft.cells.monitor import Invoke
from weft.cells.world import Tag
from weft.errors import UsageError
from weft.scenario import Scenario
from weft.search.schedule import Schedule
from weft.worlds import ending
from weft.worlds.controlled import Execution
from weft.worlds.ending import Ending, Waiting
from weft.worlds.thread import Request

_OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a replay.

    Attributes:
        thread: Who took it.
        cell: The name of the cell it worked on, which no other cell of this replay has.
        operation: The name of what it did there, such as ``load``.
        reads_only: Whether that never changes the cell.
        text: Cell, operation and operands.
        result: What it returned, portable.
        before, after: The cell's value, portable.
        file, line, function: The code under test that asked for it.
    """

    thread: int
    cell: str
    operation: str
    reads_only: bool
    text: str
    result: Any
    before: Any
    after: Any
    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Fate:
    """What has become of a thread: how, and its value, its exception or the step it has not taken, as text.

    ``cell`` and ``operation`` are those of that step, ``held`` what the cell holds, ``file`` and ``line`` where it is written:
    empty for threads that have ended.
    """

    how: Literal["returned", "raised", "misused", "waiting", "ready"]
    what: str
    cell: str = ""
    operation: str = ""
    held: Any = None
    file: str = ""
    line: int = 0


@dataclass(slots=True)
class Call:
    """A call that a history explains: its words, and the numbers of its first and last steps from 1 (0 where it has none)."""

    thread: int
    text: str
    result: Any = None
    ended: bool = False
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a violation is about: the cells, by name, and the threads whose results or steps were looked at."""

    cells: tuple[str, ...] = ()
    threads: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Replay:
    """An execution along a schedule. ``ending`` is ``None`` if the schedule stops before the end.

    ``fates`` has one entry a thread; ``preemptions`` counts the switches away from a thread that could have gone on. ``kinds`` says
    for each cell by name what it is; ``calls`` is empty without a history.
    """

    names: tuple[str, ...]
    letters: tuple[str, ...]
    steps: tuple[Step, ...]
    ending: Ending | None
    schedule: Schedule
    unfinished: tuple[str, ...] = ()
    fates: tuple[Fate, ...] = ()
    preemptions: int = 0
    kinds: Mapping[str, str] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    evidence: Evidence = Evidence()


def conclude(execution: Execution) -> Ending | None:
    """How ``execution`` has ended, or ``None`` while somebody can take a step."""
    if execution.enabled():
        return None
    setting = execution.setting
    values = [None if t.error is not None else t.value for t in execution.threads]
    if execution.misuse is not None:
        number, fault = execution.misuse
        request = execution.threads[number].request
        assert request is not None
        shown = request.operands[1:] if request.kind.by_thread else request.operands
        step = f"{request.cell.label}.{request.kind.name}({', '.join(map(repr, shown))})"
        return ending.misused(setting, values, number=number, step=step, slug=fault.slug, message=fault.message)
    for thread in execution.threads:
        if thread.error is not None:
            return ending.broken(setting, values, number=thread.number, error=thread.error)
    if execution.fault is not None:
        return ending.faulty(values, slug=execution.fault.slug, message=execution.fault.message)
    if execution.finished:
        with execution.alone():
            return ending.judge(setting, values, before_check=execution.look_afresh)
    waiting = [
        Waiting(t.number, t.request.cell, t.request.kind, t.request.cell.value) for t in execution.threads if t.request is not None
    ]
    return ending.deadlocked(setting, values, waiting)


def replay(scenario: Scenario, schedule: Schedule, *, before_step: Callable[[Execution, int], None] | None = None) -> Replay:
    """Execute ``scenario`` along ``schedule``.

    Args:
        scenario: What to execute.
        schedule: Who takes which step; it may stop before the end.
        before_step: Called before each step with its number, from 1, and once more after the last.

    Raises:
        UsageError: The schedule does not fit: a thread in it cannot take a step when its turn comes.
    """
    execution = Execution(scenario)
    try:
        recorder = _Recorder(execution)
        preemptions, before = 0, -1
        for position, number in enumerate(schedule):
            if before_step is not None:
                before_step(execution, position + 1)
            able = execution.enabled()
            if number not in able:
                raise UsageError(_misfit(execution, schedule, position, number))
            preemptions += before not in (-1, number) and before in able
            recorder.step(number)
            before = number
        if before_step is not None:
            before_step(execution, len(schedule) + 1)
        return recorder.replay(schedule, preemptions)
    finally:
        execution.close()


class _Recorder:
    """Writes down what an execution does."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._steps: list[Step] = []
        self._names: dict[Tag, str] = {}
        self._kinds: dict[str, str] = {}
        self._calls: list[Call] = []
        self._under_way: dict[int, tuple[Call, Any]] = {}
        self._heard = 0
        self._listen()

    def step(self, number: int) -> None:
        """Let a thread take its step."""
        execution, thread = self._execution, self._execution.threads[number]
        request = thread.request
        assert request is not None
        file, line, function = code_under_test(thread.frame)
        cell, kind, names = request.cell, request.kind, execution.setting.names
        before = ending.shown(cell, cell.value, names)
        result = execution.step(number)
        after = ending.shown(cell, cell.value, names)
        text = _asked(request)
        self._steps.append(
            Step(
                thread=number,
                cell=self._name(cell),
                operation=kind.name,
                reads_only=kind.reads_only,
                text=text,
                result=ending.portable(result),
                before=before,
                after=after,
                file=file,
                line=line,
                function=function,
            )
        )
        self._listen()
        if number in self._under_way:
            self._count_in(self._under_way[number][0])

    def _name(self, cell: Cell) -> str:
        """The cell's label, numbered where another cell has it."""
        if cell.tag not in self._names:
            name, k = cell.label, 1
            while name in self._kinds:
                k += 1
                name = f"{cell.label} ({k})"
            self._names[cell.tag] = name
            self._kinds[name] = type(cell).__name__
        return self._names[cell.tag]

    def _listen(self) -> None:
        """Beginnings and ends of calls since the last step."""
        for number, event in self._execution.events[self._heard :]:
            if isinstance(event, Invoke):
                call = Call(number, repr(ending.portable(event.operation)))
                self._calls.append(call)
                self._under_way[number] = call, event.operation
            else:
                self._end_call(number, event.result)
        self._heard = len(self._execution.events)

    def _end_call(self, number: int, result: Any) -> None:
        call, operation = self._under_way.pop(number)
        history = self._execution.setting.history
        assert history is not None
        call.text = history.monitor.say(operation, result)
        call.result, call.ended = ending.portable(result), True
        if self._steps and self._steps[-1].thread == number:
            self._count_in(call)

    def _count_in(self, call: Call) -> None:
        call.first, call.last = call.first or len(self._steps), len(self._steps)

    def replay(self, schedule: Schedule, preemptions: int) -> Replay:
        """All that was written down, with how it ends here."""
        execution = self._execution
        ended = conclude(execution)
        setting = execution.setting
        return Replay(
            names=tuple(setting.names),
            letters=setting.letters(),
            steps=tuple(self._steps),
            ending=ended,
            schedule=schedule,
            unfinished=tuple(setting.names[t.number] for t in execution.threads if t.request is not None),
            fates=tuple(self._fate(number) for number in range(len(execution.threads))),
            preemptions=preemptions,
            kinds=self._kinds,
            calls=tuple(self._calls),
            evidence=self._evidence(ended),
        )

    def _evidence(self, ended: Ending | None) -> Evidence:
        fault, looked = self._execution.fault, self._execution.looked
        if fault is not None and not fault.slug.startswith("invariant:"):
            return Evidence(tuple(map(self._name, fault.cells)), fault.threads)
        if fault is None and (ended is None or not ended.slug.startswith("final:")):
            return Evidence()
        results = None if fault is not None else self._execution.results
        cells = tuple(dict.fromkeys(map(self._name, looked)))
        return Evidence(cells, () if results is None else tuple(sorted(results.seen)))

    def _fate(self, number: int) -> Fate:
        execution, thread = self._execution, self._execution.threads[number]
        if thread.error is not None:
            return Fate("raised", f"{type(thread.error).__name__}: {thread.error}".rstrip(": "))
        request = thread.request
        if request is None:
            return Fate("returned", repr(ending.portable(thread.value)))
        blocked = request.kind.effect(request.cell.value, *request.operands) is BLOCKED
        misused = execution.misuse is not None and execution.misuse[0] == number
        file, line, _ = code_under_test(thread.frame)
        return Fate(
            how="misused" if misused else "waiting" if blocked else "ready",
            what=_asked(request),
            cell=self._name(request.cell),
            operation=request.kind.name,
            held=ending.shown(request.cell, request.cell.value, execution.setting.names),
            file=file,
            line=line,
        )


def _asked(request: Request) -> str:
    shown = request.operands[1:] if request.kind.by_thread else request.operands
    return f"{request.cell.label}.{request.kind.name}({', '.join(repr(ending.portable(o)) for o in shown)})"


def _misfit(execution: Execution, schedule: Schedule, position: int, number: int) -> str:
    names, thread = execution.setting.names, execution.threads[number]
    where = f"the schedule does not fit the race: step {position + 1} of {len(schedule)} is {names[number]}'s"
    able = ", ".join(names[t] for t in execution.enabled()) or "nobody"
    if thread.request is None:
        return f"{where}, but it has ended; able to move: {able}"
    return f"{where}, but it waits at {thread.request.cell.label}.{thread.request.kind.name}; able to move: {able}"


def code_under_test(frame: FrameType | None) -> tuple[str, int, str]:
    """File, line and function of the innermost frame that is neither weft's own nor ``contextlib``'s."""
    frame = code_under_test_frame(frame)
    if frame is None:
        return "", 0, ""
    return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_qualname


def code_under_test_frame(frame: FrameType | None) -> FrameType | None:
    """That frame itself."""
    while frame is not None and frame.f_code.co_filename.startswith((_OWN_FOLDER, contextlib.__file__)):
        frame = frame.f_back
    return frame
