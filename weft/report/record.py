"""Making the document from what the checks found."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import weft
from weft.check.collect import Race
from weft.check.judge import Judgement, exit_code
from weft.check.paths import scrubbed, shown
from weft.check.run import Checked, Plan, Witness
from weft.report import document
from weft.search.replay import Replay
from weft.search.result import Exploration
from weft.worlds.ending import Ending


def report(races: Sequence[document.Race], plan: Plan, *, left_out_slow: int, seconds: float) -> document.Report:
    """The document of one ``weft check``."""
    budget = plan.budget
    return document.Report(
        weft=weft.__version__,
        engine=plan.engine,
        merged=plan.merge and plan.engine == "compiled",
        fingerprint_bits=plan.fingerprint_bits if plan.engine == "compiled" else 0,
        limits=document.Limits(
            max_states=budget.max_states,
            max_transitions=budget.max_transitions,
            max_seconds=budget.max_seconds,
            max_memory_bytes=budget.max_memory_bytes,
        ),
        left_out_slow=left_out_slow,
        exit_code=exit_code([Judgement(race.judgement) for race in races]),
        seconds=round(seconds, 3),
        races=list(races),
    )


def listed(found: Race) -> document.ListedRace:
    """A race that was collected and not run."""
    scenario = found.scenario
    return document.ListedRace(
        name=scenario.name,
        file=found.file,
        line=found.line,
        expect=scenario.expect,
        violates=scenario.violates,
        why=" ".join(scenario.why.split()),
        slow=scenario.slow,
    )


def race(checked: Checked) -> document.Race:
    """One race of the document."""
    entry = listed(checked.race)
    known = {name: getattr(entry, name) for name in entry.__struct_fields__}
    found = checked.exploration
    if found is None:
        return document.Race(**known, judgement=checked.judgement.value, reason=checked.reason)
    return document.Race(
        **known,
        judgement=checked.judgement.value,
        reason=checked.reason,
        verdict=found.verdict,
        stopped_by=found.stopped_by,
        threads=list(found.names),
        states=found.states,
        transitions=found.transitions,
        finals=found.finals,
        nodes=found.nodes,
        executions=found.executions,
        interleavings=None if found.interleavings is None else str(found.interleavings),
        cyclic=found.cyclic,
        omission_probability=found.omission_probability,
        fallbacks={scrubbed(why): count for why, count in sorted(found.fallbacks.items())},
        reached=dict(found.reached),
        outcomes=_outcomes(found),
        violations=[_violation(checked, witness) for witness in checked.witnesses],
        seconds=round(found.seconds, 3),
    )


def _outcomes(found: Exploration) -> list[document.Outcome]:
    endings = [_outcome(ending, found.names) for ending in found.outcomes.values()]
    return sorted(endings, key=lambda o: (bool(o.slug), o.slug, o.kind, list(o.results.values()), o.observed))


def _outcome(ending: Ending, names: Sequence[str]) -> document.Outcome:
    return document.Outcome(
        kind=ending.kind,
        results={name: text(value) for name, value in zip(names, ending.results, strict=True)},
        observed=[text(value) for value in ending.observed],
        slug=ending.slug,
        message=scrubbed(ending.message),
    )


def _violation(checked: Checked, witness: Witness) -> document.Violation:
    found = witness.violation
    executed = None if witness.replay is None else trace(witness.replay)
    return document.Violation(
        slug=found.slug,
        message=scrubbed(found.message),
        shortest=found.shortest,
        replayed=executed is not None,
        command="" if executed is None else f"weft replay {shlex.quote(checked.race.name)} {executed.schedule}",
        trace=executed,
    )


def trace(replay: Replay) -> document.Trace:
    """An execution along a schedule, as data."""
    return document.Trace(
        schedule=replay.schedule.text(replay.letters),
        switches=replay.schedule.switches,
        preemptions=replay.preemptions,
        ending="" if replay.ending is None else replay.ending.slug or replay.ending.kind,
        threads=[_thread(replay, number) for number in range(len(replay.names))],
        steps=_steps(replay),
    )


def _thread(replay: Replay, number: int) -> document.Thread:
    taken = [position for position, thread in enumerate(replay.schedule, 1) if thread == number]
    fate = replay.fates[number]
    return document.Thread(
        name=replay.names[number],
        letter=replay.letters[number],
        fate=fate.how,
        what=scrubbed(fate.what),
        steps=len(taken),
        first_step=taken[0] if taken else None,
        last_step=taken[-1] if taken else None,
    )


def _steps(replay: Replay) -> list[document.Step]:
    return [
        document.Step(
            number=number,
            thread=replay.names[step.thread],
            text=scrubbed(step.text),
            result=text(step.result),
            before=text(step.before),
            after=text(step.after),
            file=shown(step.file),
            line=step.line,
            function=step.function,
        )
        for number, step in enumerate(replay.steps, 1)
    ]


def text(value: object) -> str:
    """A value of the code under test as Python writes it, without addresses."""
    return scrubbed(repr(value))
