"""The record of native stress as data: what ``weft stress --json`` writes, and what its tables are made from.

Format ``weft-stress/1``; ``weft schema stress`` prints its JSON Schema. Nothing in it says that something holds: ``judgement`` is
``nothing found``, ``found as expected`` (a defect is there on purpose) or ``not as expected``. No two runs agree in their counts.
Files are relative to the current directory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from weft import __version__
from weft.check.paths import scrubbed, shown
from weft.check.subjects import Subject
from weft.native import interpreter
from weft.native.findings import Finding, Plan, Stressed
from weft.native.load import Load
from weft.native.tallies import Tally

FORMAT = "weft-stress/1"

MOST_CELLS = 250
"""Pairs of cell and call that a report keeps apart; names of files come in any number."""

OTHERS = "(others)"

Judgement = Literal["nothing found", "found as expected", "not as expected"]


class Blamed(msgspec.Struct, kw_only=True, frozen=True):
    """Waiting for one thread in one call."""

    thread: str
    call: str
    seconds: float


class Site(msgspec.Struct, kw_only=True, frozen=True):
    """Waiting at one line of the code under test."""

    file: str
    line: int
    seconds: float


class Cell(msgspec.Struct, kw_only=True, frozen=True):
    """What threads did to one cell (``*`` where several have that name but for a number) in one call.

    ``failed_swaps`` counts compare-and-swaps that found another value and tries at a lock that did not get it, ``retries`` reads
    under a sequence counter to be done again, ``collisions`` the steps at whose instant another thread was on the same cell.
    """

    cell: str
    call: str
    steps: int
    failed_swaps: int
    retries: int
    collisions: int
    waits: int
    waited_seconds: float
    blamed: list[Blamed]
    sites: list[Site]


class Answer(msgspec.Struct, kw_only=True, frozen=True):
    """How often a call gave an answer; ``answer`` is empty where it was not text."""

    call: str
    answer: str
    times: int


class HistoryCall(msgspec.Struct, kw_only=True, frozen=True):
    """A call of a history that cannot be explained; times in microseconds from the first of them."""

    thread: str
    text: str
    began_us: float
    ended_us: float | None


class Violation(msgspec.Struct, kw_only=True, frozen=True):
    """What was found, in which round, after how many seconds."""

    slug: str
    message: str
    round: int
    seconds: float
    calls: list[HistoryCall]
    stacks: str


class Stress(msgspec.Struct, kw_only=True, frozen=True):
    """One race or load. ``rounds`` are executions of a race, rests of a load; ``explained`` counts calls that the model explains.

    ``checked_at_end`` says whether a load's final checks were done and held.
    """

    name: str
    file: str
    kind: Literal["race", "load"]
    why: str
    expect: str
    judgement: Judgement
    threads: list[str]
    rounds: int
    calls: int
    explained: int
    steps: int
    pauses: int
    seconds: float
    cpu_seconds: float
    checked_at_end: bool
    stopped_by: str
    violations: list[Violation]
    answers: list[Answer]
    cells: list[Cell]


class Report(msgspec.Struct, kw_only=True, frozen=True):
    """A run of ``weft stress``."""

    format: str
    weft: str
    python: str
    gil: bool
    seed: int
    paused: bool
    exit_code: int
    stressed: list[Stress]


def report(done: Iterable[Stress], plan: Plan) -> Report:
    """The document of a run."""
    stressed = list(done)
    code = 0
    if any(one.stopped_by for one in stressed):
        code = 3
    if any(one.judgement == "not as expected" for one in stressed):
        code = 1
    return Report(
        format=FORMAT,
        weft=__version__,
        python=interpreter.said(),
        gil=interpreter.has_gil(),
        seed=plan.seed,
        paused=plan.pauses,
        exit_code=code,
        stressed=stressed,
    )


def stress(subject: Subject, done: Stressed) -> Stress:
    """One race or load as data."""
    what = subject.what
    judged: Judgement = "nothing found"
    if done.findings:
        judged = "found as expected" if what.expect == "VIOLATED" else "not as expected"
    return Stress(
        name=what.name,
        file=subject.file,
        kind="load" if isinstance(what, Load) else "race",
        why=what.why,
        expect=what.expect,
        judgement=judged,
        threads=list(done.names),
        rounds=done.rounds,
        calls=done.calls,
        explained=done.explained,
        steps=done.steps,
        pauses=done.pauses,
        seconds=round(done.seconds, 3),
        cpu_seconds=round(done.cpu_seconds, 3),
        checked_at_end=done.checked_at_end,
        stopped_by=done.stopped_by,
        violations=[_violation(finding) for finding in done.findings],
        answers=[Answer(call=call, answer=answer, times=times) for (call, answer), times in sorted(done.answers.items())],
        cells=_cells(done.totals.by_cell_and_call),
    )


def _violation(finding: Finding) -> Violation:
    return Violation(
        slug=finding.slug,
        message=scrubbed(finding.message),
        round=finding.round,
        seconds=round(finding.seconds, 3),
        calls=[
            HistoryCall(
                thread=call.thread,
                text=call.text,
                began_us=round(call.began_us, 1),
                ended_us=None if call.ended_us is None else round(call.ended_us, 1),
            )
            for call in finding.calls
        ],
        stacks="\n".join(scrubbed(line) if line.strip() else line for line in finding.stacks.splitlines()),
    )


def _cells(counted: Mapping[tuple[str, str], Tally]) -> list[Cell]:
    """The cells that say most, by name; the rest as one."""

    def weight(tally: Tally) -> tuple[int, int, int]:
        return tally.waited_ns, tally.failed_swaps + tally.retries + tally.collisions, tally.steps

    ranked = sorted(counted.items(), key=lambda item: weight(item[1]), reverse=True)
    rest = Tally()
    for _, tally in ranked[MOST_CELLS:]:
        rest.add(tally)
    kept = [_cell(cell, call, tally) for (cell, call), tally in sorted(ranked[:MOST_CELLS])]
    return [*kept, _cell(OTHERS, "", rest)] if rest.steps else kept


def _cell(cell: str, call: str, tally: Tally) -> Cell:
    return Cell(
        cell=cell,
        call=call,
        steps=tally.steps,
        failed_swaps=tally.failed_swaps,
        retries=tally.retries,
        collisions=tally.collisions,
        waits=tally.waits,
        waited_seconds=tally.waited_ns / 1e9,
        blamed=[Blamed(thread=who, call=their, seconds=ns / 1e9) for (who, their), ns in tally.blamed.most_common()],
        sites=[_site(site, ns) for site, ns in tally.sites.most_common()],
    )


def _site(site: str, ns: int) -> Site:
    file, _, line = site.rpartition(":")
    return Site(file=shown(file), line=int(line), seconds=ns / 1e9)


def encoded(made: Report) -> bytes:
    """The document as JSON."""
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"
