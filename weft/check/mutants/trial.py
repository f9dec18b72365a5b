"""Trying mutants: the races are searched with each in force, until one no longer holds.

Which races, and in which order: first the one that should show the mutant; then, where it is known which lines each race executes,
those that execute a changed line, the smallest first. A race that executes none of them cannot tell mutant and original apart.

A mutant is killed by what would make the gate fail: a violation, a set-up that raises, code that the engine refuses, a search that
needs more processor time than it may (a loop without steps). A search that only meets a limit of states kills nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from weft.check.collect import Race
from weft.check.judge import Judgement
from weft.check.mutants.coverage import Covered
from weft.check.mutants.forking import Answer, Send, Task, Watch, do_each
from weft.check.run import Plan, check
from weft.search.budget import Budget

Kind = Literal["held", "violated", "refused", "unfinished", "endless", "engine bug"]
Status = Literal["killed", "survived", "unfinished", "not reached", "engine bug", "not run"]

KILLS: tuple[Kind, ...] = ("violated", "refused", "endless")
_ROOM = 5
_LEAST_ROOM = 20_000


class Mutant(Protocol):
    """What can be tried."""

    @property
    def where(self) -> str:
        """File and function."""

    def __call__(self) -> AbstractContextManager[None]:
        """The mutant in force inside a ``with`` block."""


@dataclass(frozen=True, slots=True)
class Run:
    """One race with a mutant in force.

    Attributes:
        race: ``FILE::RACE``.
        kind: How it came out.
        slug: What it showed: a violation's slug, or ``set-up`` for a race that could not be run.
        message: One sentence.
        schedule: The interleaving that shows it, with its ``steps`` and ``preemptions``; empty if there is none.
        states: How many were searched until then.
    """

    race: str
    kind: Kind
    slug: str = ""
    message: str = ""
    schedule: str = ""
    steps: int = 0
    preemptions: int = 0
    states: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a mutant. ``runs`` are in the order in which the races were searched."""

    status: Status
    runs: tuple[Run, ...] = ()

    @property
    def kills(self) -> list[Run]:
        """The runs that would make the gate fail."""
        return [run for run in self.runs if run.kind in KILLS]


def try_each(
    mutants: Sequence[tuple[Mutant, Sequence[Race]]],
    *,
    plan: Plan,
    jobs: int,
    cpu_seconds: int,
    every_race: bool,
    sizes: dict[str, int],
    watch: Watch,
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
    """
    tasks = [_task(mutant, races, _plans(races, plan, sizes), every_race=every_race) for mutant, races in mutants]
    answers = do_each(tasks, jobs=jobs, cpu_seconds=cpu_seconds, watch=watch)
    return [_trial(races, answer) for (_, races), answer in zip(mutants, answers, strict=True)]


def _plans(races: Sequence[Race], plan: Plan, sizes: dict[str, int]) -> list[Plan]:
    most = plan.budget.max_states
    plans = []
    for race in races:
        room = _LEAST_ROOM + _ROOM * sizes[race.name] if race.name in sizes else most
        limit = room if most is None or (room is not None and room < most) else most
        plans.append(replace(plan, budget=Budget(max_states=limit, max_memory_bytes=plan.budget.max_memory_bytes)))
    return plans


def _task(mutant: Mutant, races: Sequence[Race], plans: Sequence[Plan], *, every_race: bool) -> Task:
    def task(send: Send) -> None:
        with mutant():
            for race, plan in zip(races, plans, strict=True):
                run = searched(race, plan)
                send(run)
                if run.kind in KILLS and not every_race:
                    return

    return task


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


def _trial(races: Sequence[Race], answer: Answer) -> Trial:
    runs: list[Run] = list(answer.sent)
    if answer.end in ("too long", "died") and len(runs) < len(races):
        how = "it takes more processor time than it may" if answer.end == "too long" else f"its process ended with {answer.code}"
        runs.append(Run(races[len(runs)].name, "endless", "endless", how))
    kinds = {run.kind for run in runs}
    if not races:
        return Trial("not reached")
    if kinds & set(KILLS):
        return Trial("killed", tuple(runs))
    if answer.end == "not run":
        return Trial("not run", tuple(runs))
    for status in ("engine bug", "unfinished"):
        if status in kinds:
            return Trial(status, tuple(runs))
    return Trial("survived", tuple(runs))


def relevant(lines: frozenset[tuple[str, int]], races: Sequence[Race], covered: dict[str, Covered]) -> list[Race]:
    """The races that execute one of ``lines``, the smallest first."""
    chosen = [race for race in races if lines & covered[race.name].lines]
    return sorted(chosen, key=lambda race: covered[race.name].states)
