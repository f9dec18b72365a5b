"""Making the document from what the checks found."""

from __future__ import annotations

import linecache
import shlex
from collections.abc import Sequence

import weft
from weft.check.collect import Race
from weft.check.judge import Judgement, exit_code
from weft.check.paths import scrubbed, shown
from weft.check.run import Checked, Plan, Witness
from weft.report import document
from weft.report.because import because as explanation
from weft.report.causes import Causes, causes
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
        reduction=list(plan.reduction.names),
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
        passes=found.passes,
        omission_probability=found.omission_probability,
        fallbacks={scrubbed(why): count for why, count in sorted(found.fallbacks.items())},
        reached=dict(found.reached),
        outcomes=_outcomes(found),
        violations=[_violation(checked, witness) for witness in checked.witnesses],
        certificate=found.certificate,
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
    found, replay = witness.violation, witness.replay
    because, executed = "", None
    if replay is not None:
        why = causes(replay, found.slug, decided_at=found.decided_at)
        because = explanation(replay, found.slug, why, decided_at=found.decided_at)
        executed = _traced(replay, why)
    return document.Violation(
        slug=found.slug,
        message=scrubbed(found.message),
        because=because,
        minimal=found.minimal,
        decided_at=found.decided_at,
        replayed=executed is not None,
        command="" if executed is None else f"weft replay {shlex.quote(checked.race.name)} {executed.schedule}",
        trace=executed,
    )


def trace(replay: Replay) -> document.Trace:
    """An execution along a schedule, as data."""
    slug = "" if replay.ending is None else replay.ending.slug
    return _traced(replay, causes(replay, slug))


def _traced(replay: Replay, why: Causes) -> document.Trace:
    calls = _calls(replay)
    return document.Trace(
        schedule=replay.schedule.text(replay.letters),
        switches=replay.schedule.switches,
        preemptions=replay.preemptions,
        ending="" if replay.ending is None else replay.ending.slug or replay.ending.kind,
        threads=[_thread(replay, number) for number in range(len(replay.names))],
        calls=calls,
        cells=_cells(replay),
        steps=_steps(replay, calls, why),
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
        file=shown(fate.file),
        line=fate.line,
        source=_source(fate.file, fate.line),
    )


def _calls(replay: Replay) -> list[document.Call]:
    if replay.calls:
        return [
            document.Call(
                thread=replay.names[call.thread],
                text=scrubbed(call.text),
                result=text(call.result) if call.ended else None,
                first_step=call.first or None,
                last_step=call.last or None,
            )
            for call in replay.calls
        ]
    whole = [_thread(replay, number) for number in range(len(replay.names))]
    return [
        document.Call(
            thread=thread.name,
            text=thread.name,
            result=thread.what if thread.fate == "returned" else None,
            first_step=thread.first_step,
            last_step=thread.last_step,
        )
        for thread in whole
    ]


def _cells(replay: Replay) -> list[document.Cell]:
    initial: dict[str, object] = {}
    final: dict[str, object] = {}
    for step in replay.steps:
        initial.setdefault(step.cell, step.before)
        final[step.cell] = step.after
    return [
        document.Cell(name=scrubbed(name), kind=replay.kinds[name], initial=text(value), final=text(final[name]))
        for name, value in initial.items()
    ]


def _steps(replay: Replay, calls: Sequence[document.Call], why: Causes) -> list[document.Step]:
    folded = why.folded([step.thread for step in replay.steps])
    return [
        document.Step(
            number=number,
            thread=replay.names[step.thread],
            call=_call_of(calls, replay.names[step.thread], number),
            text=scrubbed(step.text),
            cell=scrubbed(step.cell),
            operation=step.operation,
            result=text(step.result),
            before=text(step.before),
            after=text(step.after),
            file=shown(step.file),
            line=step.line,
            function=step.function,
            source=_source(step.file, step.line),
            part=why.part(number - 1),
            folded=number - 1 in folded,
        )
        for number, step in enumerate(replay.steps, 1)
    ]


def _call_of(calls: Sequence[document.Call], thread: str, number: int) -> int | None:
    """The latest call of ``thread`` whose interval has the step in it (a step may end one call and begin none)."""
    inside = [
        k
        for k, c in enumerate(calls)
        if c.thread == thread and c.first_step and c.last_step and c.first_step <= number <= c.last_step
    ]
    return inside[-1] if inside else None


def _source(file: str, line: int) -> str:
    """The line of code, without its indentation; empty where the file cannot be read."""
    return linecache.getline(file, line).strip() if file else ""


def text(value: object) -> str:
    """A value of the code under test as Python writes it, without addresses."""
    return scrubbed(repr(value))
