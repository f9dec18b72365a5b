"""Replaying a schedule on the real code, step by step."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from types import FrameType
from typing import Any, Literal

from weft.cells.effects import BLOCKED
from weft.errors import EngineBug, UsageError
from weft.scenario import Scenario
from weft.search.result import Violation
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
        text: Cell, operation and operands.
        result: What it returned, portable.
        before, after: The cell's value, portable.
        file, line, function: The code under test that asked for it.
    """

    thread: int
    text: str
    result: Any
    before: Any
    after: Any
    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Fate:
    """What has become of a thread: how, and its value, its exception or the step it has not taken, as text."""

    how: Literal["returned", "raised", "misused", "waiting", "ready"]
    what: str


@dataclass(frozen=True, slots=True)
class Replay:
    """An execution along a schedule. ``ending`` is ``None`` if the schedule stops before the end.

    ``fates`` has one entry a thread; ``preemptions`` counts the switches away from a thread that could have gone on.
    """

    names: tuple[str, ...]
    letters: tuple[str, ...]
    steps: tuple[Step, ...]
    ending: Ending | None
    schedule: Schedule
    unfinished: tuple[str, ...] = ()
    fates: tuple[Fate, ...] = ()
    preemptions: int = 0


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
            return ending.judge(setting, values)
    waiting = [
        Waiting(t.number, t.request.cell, t.request.kind, t.request.cell.value) for t in execution.threads if t.request is not None
    ]
    return ending.deadlocked(setting, values, waiting)


def replay(scenario: Scenario, schedule: Schedule) -> Replay:
    """Execute ``scenario`` along ``schedule``.

    Raises:
        UsageError: The schedule does not fit: a thread in it cannot take a step when its turn comes.
    """
    execution = Execution(scenario)
    try:
        steps: list[Step] = []
        preemptions = 0
        for position, number in enumerate(schedule):
            able = execution.enabled()
            if number not in able:
                raise UsageError(_misfit(execution, schedule, position, number))
            preemptions += bool(steps) and steps[-1].thread != number and steps[-1].thread in able
            steps.append(_step(execution, number))
        ended = conclude(execution)
        setting = execution.setting
        unfinished = tuple(setting.names[t.number] for t in execution.threads if t.request is not None)
        fates = tuple(_fate(execution, number) for number in range(len(execution.threads)))
        return Replay(tuple(setting.names), setting.letters(), tuple(steps), ended, schedule, unfinished, fates, preemptions)
    finally:
        execution.close()


def _fate(execution: Execution, number: int) -> Fate:
    thread = execution.threads[number]
    if thread.error is not None:
        return Fate("raised", f"{type(thread.error).__name__}: {thread.error}".rstrip(": "))
    if thread.request is None:
        return Fate("returned", repr(ending.portable(thread.value)))
    if execution.misuse is not None and execution.misuse[0] == number:
        return Fate("misused", _asked(thread.request))
    blocked = thread.request.kind.effect(thread.request.cell.value, *thread.request.operands) is BLOCKED
    return Fate("waiting" if blocked else "ready", _asked(thread.request))


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


def _step(execution: Execution, number: int) -> Step:
    thread = execution.threads[number]
    request = thread.request
    assert request is not None
    file, line, function = code_under_test(thread.frame)
    cell, names = request.cell, execution.setting.names
    before = ending.shown(cell, cell.value, names)
    result = execution.step(number)
    after = ending.shown(cell, cell.value, names)
    return Step(number, _asked(request), ending.portable(result), before, after, file, line, function)


def code_under_test(frame: FrameType | None) -> tuple[str, int, str]:
    """File, line and function of the innermost frame that is neither weft's own nor ``contextlib``'s."""
    while frame is not None and frame.f_code.co_filename.startswith((_OWN_FOLDER, contextlib.__file__)):
        frame = frame.f_back
    if frame is None:
        return "", 0, ""
    return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_qualname


LIVELOCK_PATIENCE = 200
"""How many steps a livelock's replay watches for somebody to finish."""


def confirm(scenario: Scenario, violation: Violation) -> None:
    """Make sure that the real code shows ``violation``.

    Raises:
        EngineBug: It does not. The message has everything needed to look into it.
    """
    seen = _livelock(scenario, violation.schedule) if violation.slug == "livelock" else _ends(scenario, violation.schedule)
    if seen[0] != violation.slug:
        letters = Execution(scenario).setting.letters()
        raise EngineBug(
            f"{scenario.name}: the search found {violation.slug} ({violation.message}) by {violation.schedule.text(letters)}, but "
            f"on the real code that schedule gives {seen[0] or 'no violation'} ({seen[1]}); please report this with the race's file"
        )


def _ends(scenario: Scenario, schedule: Schedule) -> tuple[str, str]:
    try:
        result = replay(scenario, schedule)
    except UsageError as misfit:
        return "misfit", str(misfit)
    if result.ending is None:
        return "unfinished", f"still running: {', '.join(result.unfinished)}"
    return result.ending.slug, result.ending.message


def _livelock(scenario: Scenario, schedule: Schedule) -> tuple[str, str]:
    """Follow ``schedule``, then let all threads go on in turn and see that the unfinished ones stay so."""
    execution = Execution(scenario)
    try:
        for number in schedule:
            if number not in execution.enabled():
                return "misfit", "the schedule does not fit"
            execution.step(number)
        running = len([t for t in execution.threads if t.request is not None])
        for turn in range(LIVELOCK_PATIENCE):
            able = execution.enabled()
            if not able:
                return "", "everybody stops"
            execution.step(able[turn % len(able)])
        return ("livelock", "") if any(t.request is not None for t in execution.threads) and running else ("", "all finish")
    finally:
        execution.close()
