"""Making the rows of the record from what the trials found."""

from __future__ import annotations

from weft.check.mutants.generated import Generated
from weft.check.mutants.known import Argued
from weft.check.mutants.outcome import Run, Trial
from weft.check.mutants.planted import NotPlanted, Planted
from weft.check.paths import scrubbed
from weft.report import mutants as document

_ALIVE = ("survived", "not reached", "unfinished")


def planted(bug: Planted, trial: Trial) -> document.Mutant:
    """The row of a planted bug."""
    first = trial.kills[0] if trial.kills else None
    planned = first is None or (bug.race in ("", first.race, document.short(first.race)) and first.slug.startswith(bug.check))
    return document.Mutant(
        name=bug.slug,
        operator="planted",
        where=bug.where,
        status=_status(trial, listed="gap" if bug.gap else None),
        source=bug.source,
        what=bug.what,
        oracle=bug.oracle,
        race=bug.race,
        check=bug.check,
        covers=list(bug.covers),
        why=bug.gap,
        as_planned=planned,
        killed_by=None if first is None else _run(first),
        also_killed_by=[_run(run) for run in trial.kills[1:]],
        races=sum(run.kind == "held" for run in trial.runs),
    )


def not_planted(defect: NotPlanted) -> document.Mutant:
    """The row of a defect that nothing stands for."""
    return document.Mutant(name=defect.slug, operator="planted", where="", status=defect.kind, source=defect.source, why=defect.why)


def generated(mutant: Generated, trial: Trial, argued: Argued | None) -> document.Mutant:
    """The row of a generated mutant."""
    first = trial.kills[0] if trial.kills else None
    return document.Mutant(
        name=mutant.name,
        operator=mutant.change.operator,
        where=mutant.where,
        status=_status(trial, listed=None if argued is None else argued.kind),
        change=mutant.difference(),
        why="" if argued is None else argued.why,
        killed_by=None if first is None else _run(first),
        also_killed_by=[_run(run) for run in trial.kills[1:]],
        races=sum(run.kind == "held" for run in trial.runs),
    )


def _status(trial: Trial, *, listed: document.Status | None) -> document.Status:
    """What became of a mutant, in view of what is said about it."""
    if listed is not None and trial.kills:
        return "wrongly listed"
    return listed if listed is not None and trial.status in _ALIVE else trial.status


def _run(run: Run) -> document.Run:
    return document.Run(
        race=run.race,
        kind=run.kind,
        slug=run.slug,
        message=scrubbed(run.message),
        schedule=run.schedule,
        steps=run.steps,
        preemptions=run.preemptions,
        states=run.states,
    )
