"""Trying mutants: the races are searched with each in force, until one no longer holds.

Which races, and in which order: first the one that should show the mutant; then, where it is known which lines each race executes,
those that execute a changed line, the smallest first. A race that executes none of them cannot tell mutant and original apart.

A mutant is killed by what would make the gate fail: a violation, a set-up that raises, code that the engine refuses, a search that
needs more processor time than it may (a loop without steps). A search that only meets a limit of states kills nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from weft.check.collect import Race
from weft.check.judge import Judgement
from weft.check.mutants.coverage import Covered
from weft.check.mutants.forking import Answer, End, Send, Task, Watch, do_each
from weft.check.mutants.outcome import KILLS, Run, Status, Trial
from weft.check.mutants.remembered import Remembered
from weft.check.run import Plan, check
from weft.search.budget import Budget

_ROOM = 5
_LEAST_ROOM = 20_000


class Mutant(Protocol):
    """What can be tried."""

    @property
    def where(self) -> str:
        """File and function."""

    def __call__(self) -> AbstractContextManager[None]:
        """The mutant in force inside a ``with`` block."""


def try_each(
    mutants: Sequence[tuple[Mutant, Sequence[Race]]],
    *,
    plan: Plan,
    jobs: int,
    cpu_seconds: int,
    every_race: bool,
    sizes: dict[str, int],
    watch: Watch,
    remembered: Remembered,
) -> list[Trial]:
    """Try each mutant on its races, in their order; one trial each.

    Args:
        mutants: Each with its races. None at all means that no race reaches it.
        plan: How to search.
        jobs: At most how many processes.
        cpu_seconds: How much processor time each race may use.
        every_race: Do not stop at the first race that kills.
        sizes: How many states each race has without a mutant, where that is known; a mutant may have some times as many.
        watch: For progress.
        remembered: What was found before, to which this adds.
    """
    questions = [
        _Question(mutant, races, plan=plan, sizes=sizes, cpu_seconds=cpu_seconds, every_race=every_race, remembered=remembered)
        for mutant, races in mutants
    ]

    def ended(number: int, answer: Answer) -> None:
        questions[number].ended(answer)

    do_each([question.task() for question in questions], jobs=jobs, cpu_seconds=cpu_seconds, watch=watch, ended=ended)
    return [question.trial() for question in questions]


class _Question:
    """One mutant, with its races in their order: what is known already, and what to search."""

    def __init__(
        self,
        mutant: Mutant,
        races: Sequence[Race],
        *,
        plan: Plan,
        sizes: dict[str, int],
        cpu_seconds: int,
        every_race: bool,
        remembered: Remembered,
    ) -> None:
        self._mutant = mutant
        self._cpu_seconds = cpu_seconds
        self._every_race = every_race
        self._remembered = remembered
        self._plans = {race.name: _within(plan, sizes.get(race.name)) for race in races}
        self._runs: dict[str, Run] = {}
        self._races: list[Race] = []
        for race in races:
            self._races.append(race)
            known = remembered.run(mutant, race, self._plans[race.name], cpu_seconds)
            if known is not None:
                self._runs[race.name] = known
                if known.kind in KILLS and not every_race:
                    break
        self._end: End = "not run" if len(self._runs) < len(self._races) else "finished"

    def task(self) -> Task | None:
        """The searches that are left; ``None`` if there are none."""
        left = [race for race in self._races if race.name not in self._runs]
        if not left:
            return None

        def task(send: Send) -> None:
            with self._mutant():
                for race in left:
                    run = searched(race, self._plans[race.name])
                    send(run)
                    if run.kind in KILLS and not self._every_race:
                        return

        return task

    def ended(self, answer: Answer) -> None:
        """The searches have ended, one way or another."""
        self._end = answer.end
        left = [race for race in self._races if race.name not in self._runs]
        runs: list[Run] = list(answer.sent)
        if answer.end in ("too long", "died") and len(runs) < len(left):
            how = {"too long": "it takes more processor time than it may", "died": f"its process ended with {answer.code}"}
            runs.append(Run(left[len(runs)].name, "endless", "endless", how[answer.end]))
        for race, run in zip(left, runs, strict=False):
            self._runs[race.name] = run
            if run.slug != "endless" or answer.end == "too long":
                self._remembered.note_run(self._mutant, race, self._plans[race.name], self._cpu_seconds, run)

    def trial(self) -> Trial:
        """What all of it amounts to."""
        runs: list[Run] = []
        for race in self._races:
            runs += [self._runs[race.name]] if race.name in self._runs else []
            if runs and runs[-1].kind in KILLS and not self._every_race:
                break
        return Trial(_status(self._races, runs, self._end), tuple(runs))


def _within(plan: Plan, size: int | None) -> Plan:
    """``plan`` with a limit of states that suits a race of ``size`` states."""
    most = plan.budget.max_states
    room = most if size is None else _LEAST_ROOM + _ROOM * size
    limit = room if most is None or (room is not None and room < most) else most
    return replace(plan, budget=Budget(max_states=limit, max_memory_bytes=plan.budget.max_memory_bytes))


def _status(races: Sequence[Race], runs: Sequence[Run], end: End) -> Status:
    kinds = {run.kind for run in runs}
    if not races:
        return "not reached"
    if kinds & set(KILLS):
        return "killed"
    if end == "not run":
        return "not run"
    return "engine bug" if "engine bug" in kinds else "unfinished" if "unfinished" in kinds else "survived"


def searched(race: Race, plan: Plan) -> Run:
    """Search a race that holds as long as nothing is planted."""
    [checked] = check([race], plan)
    found = checked.exploration
    if found is None:
        bug = checked.judgement is Judgement.ENGINE_BUG
        return Run(race.name, "engine bug" if bug else "refused", "" if bug else "set-up", checked.reason)
    if checked.judgement is Judgement.AS_EXPECTED:
        return Run(race.name, "held", states=found.states)
    if checked.judgement is Judgement.INCONCLUSIVE:
        return Run(race.name, "unfinished", message=checked.reason, states=found.states)
    witness = checked.witnesses[0]
    shown = witness.replay
    return Run(
        race.name,
        "violated",
        witness.violation.slug,
        witness.violation.message,
        schedule="" if shown is None else shown.schedule.text(shown.letters),
        steps=0 if shown is None else len(shown.steps),
        preemptions=0 if shown is None else shown.preemptions,
        states=found.states,
    )


def relevant(lines: frozenset[tuple[str, int]], races: Sequence[Race], covered: dict[str, Covered]) -> list[Race]:
    """The races that execute one of ``lines``, the smallest first."""
    chosen = [race for race in races if lines & covered[race.name].lines]
    return sorted(chosen, key=lambda race: covered[race.name].states)
