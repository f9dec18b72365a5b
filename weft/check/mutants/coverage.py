"""Which lines of the code under test each race executes, while it holds and nothing is planted."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

from weft.check.collect import Race
from weft.check.judge import Judgement
from weft.check.mutants.forking import Answer, Send, Task, Watch, do_each
from weft.check.run import Plan, check
from weft.errors import UsageError

if TYPE_CHECKING:
    from weft.check.mutants.remembered import Remembered

Lines = frozenset[tuple[str, int]]

_NO_LIMIT = 86_400


@dataclass(frozen=True, slots=True)
class Covered:
    """What a race executes in all its interleavings, and how many states they have."""

    lines: Lines
    states: int


def cover(
    races: Sequence[Race], files: Iterable[str], plan: Plan, *, jobs: int, watch: Watch, remembered: Remembered
) -> dict[str, Covered]:
    """Search every race, noting the lines of ``files`` (absolute paths) that are executed; by the race's name.

    Raises:
        UsageError: A race does not hold even now.
    """
    wanted = frozenset(files)
    known = [remembered.covered(race, plan, wanted) for race in races]

    def ended(number: int, answer: Answer) -> None:
        if answer.sent and isinstance(answer.sent[0], Covered):
            remembered.note_covered(races[number], plan, wanted, answer.sent[0])

    tasks = [None if before else _task(race, plan, wanted) for race, before in zip(races, known, strict=True)]
    answers = do_each(tasks, jobs=jobs, cpu_seconds=_NO_LIMIT, watch=watch, ended=ended)
    return {race.name: before or _found(race, answer) for race, before, answer in zip(races, known, answers, strict=True)}


def _found(race: Race, answer: Answer) -> Covered:
    if answer.end == "not run":
        raise KeyboardInterrupt
    if not answer.sent:
        raise UsageError(f"{race.name}: the process that searched it ended with {answer.code}; `weft check` says more")
    found = answer.sent[0]
    if isinstance(found, Covered):
        return found
    raise UsageError(f"{race.name} does not hold without any mutant: {found}; correct that first (`weft check`)")


def _task(race: Race, plan: Plan, files: frozenset[str]) -> Task:
    def task(send: Send) -> None:
        lines: set[tuple[str, int]] = set()

        def on_line(frame: FrameType, event: str, _: Any) -> Any:
            if event == "line":
                lines.add((frame.f_code.co_filename, frame.f_lineno))
            return on_line

        def on_call(frame: FrameType, _event: str, _: Any) -> Any:
            return on_line if frame.f_code.co_filename in files else None

        if files:
            sys.settrace(on_call)
        [checked] = check([race], plan)
        sys.settrace(None)
        if checked.judgement is not Judgement.AS_EXPECTED or checked.exploration is None:
            send(checked.reason or "it is not as expected")
            return
        send(Covered(frozenset(lines), checked.exploration.states))

    return task
