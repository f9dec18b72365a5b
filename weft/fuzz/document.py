"""The record of ``weft fuzz`` as data: what ``--json`` writes and what text is made from.

Format ``weft-fuzz/1``: one JSON object with ``exit_code``, ``seed``, the budget, and one object an alphabet under ``alphabets``.
Fields called ``seconds`` apart, equal seeds give equal bytes, if nothing came from Hypothesis' database. Calls are text, as people
read them.
"""

from __future__ import annotations

import msgspec

from weft.fuzz.alphabet import Alphabet
from weft.fuzz.hunt import Finding, Hunted
from weft.fuzz.program import Program, short, text
from weft.report import document, record

FORMAT = "weft-fuzz/1"


class Thread(msgspec.Struct, kw_only=True, frozen=True):
    """The calls of one thread, in their order."""

    name: str
    calls: list[str]


class Found(msgspec.Struct, kw_only=True, frozen=True):
    """One kind of violation with the smallest program that shows it.

    ``examples``: as which of the programs drawn it came, those kept from earlier runs first. ``shrinking``: programs probed to make
    it smaller. ``schedule`` is the best one, with its steps and preemptions; ``states`` are those of the smallest program.
    ``drawn`` is the program as it came. ``race`` is its search, ``null`` if Ctrl-C came before; ``file`` holds it as a race, empty
    if none was asked for. ``searched`` is false if it was too large to search, and met on a random walk.
    """

    name: str
    slug: str
    message: str
    before: list[str]
    threads: list[Thread]
    calls: int
    drawn: str
    examples: int
    shrinking: int
    searched: bool
    schedule: str = ""
    steps: int = 0
    preemptions: int = 0
    minimal: bool = False
    states: int = 0
    file: str = ""
    race: document.Race | None = None


class KnownMet(msgspec.Struct, kw_only=True, frozen=True):
    """A known disagreement: how many programs it alone explains, how many together with others, and the smallest of the former."""

    name: str
    why: str
    programs: int
    together: int
    smallest: str


class AlphabetRun(msgspec.Struct, kw_only=True, frozen=True):
    """The hunt over one alphabet.

    ``drawn`` counts what Hypothesis drew, ``programs`` the different ones among them; of these ``searched`` were searched whole,
    ``conflicts`` have calls whose order matters to the model, ``several_outcomes`` ended in more than one way.
    """

    name: str
    planted: str = ""
    drawn: int
    programs: int
    searched: int
    states: int
    conflicts: int
    several_outcomes: int
    shrinking: int
    stopped_by: str
    known: list[KnownMet]
    findings: list[Found]


class Report(msgspec.Struct, kw_only=True, frozen=True):
    """The whole run."""

    format: str = FORMAT
    weft: str
    hypothesis: str
    exit_code: int
    seed: int
    programs: int
    max_threads: int
    max_calls: int
    max_before: int
    max_states: int
    runs: int
    seconds: float
    alphabets: list[AlphabetRun]


def alphabet_run(name: str, alphabet: Alphabet, hunted: Hunted, *, planted: str, files: dict[str, str]) -> AlphabetRun:
    """The record of one hunt. ``files`` are those that were written, by the races' names."""
    tally = hunted.tally
    return AlphabetRun(
        name=name,
        planted=planted,
        drawn=tally.examples,
        programs=tally.programs,
        searched=tally.searched,
        states=tally.states,
        conflicts=tally.conflicts,
        several_outcomes=tally.several_outcomes,
        shrinking=tally.shrinking,
        stopped_by=hunted.stopped_by,
        known=[_known(alphabet, each.name, each.why, tally.known) for each in alphabet.known],
        findings=[_found(alphabet, finding, files.get(finding.name, "")) for finding in hunted.findings],
    )


def _known(alphabet: Alphabet, name: str, why: str, met: dict[tuple[str, ...], list[Program]]) -> KnownMet:
    alone = met.get((name,), [])
    together = sum(len(programs) for names, programs in met.items() if name in names and len(names) > 1)
    smallest = short(alphabet, min(alone, key=lambda program: program.size)) if alone else ""
    return KnownMet(name=name, why=why, programs=len(alone), together=together, smallest=smallest)


def _found(alphabet: Alphabet, finding: Finding, file: str) -> Found:
    program = finding.found.program
    race = None if finding.checked is None else record.race(finding.checked)
    shown = race.violations[0] if race is not None and race.violations else None
    trace = None if shown is None else shown.trace
    return Found(
        name=finding.name,
        slug=finding.found.slug,
        message=finding.found.message,
        before=[alphabet.say_call(call) for call in program.before],
        threads=[
            Thread(name=name, calls=[alphabet.say_call(call) for call in calls])
            for (name, _), calls in zip(text(alphabet, program)[-len(program.threads) :], program.threads, strict=True)
        ],
        calls=program.calls,
        drawn=short(alphabet, finding.first),
        examples=finding.examples,
        shrinking=finding.shrinking,
        searched=finding.found.how == "searched",
        schedule="" if trace is None else trace.schedule,
        steps=0 if trace is None else len(trace.steps),
        preemptions=0 if trace is None else trace.preemptions,
        minimal=shown is not None and shown.minimal,
        states=finding.found.states,
        file=file,
        race=race,
    )


def encoded(made: Report) -> bytes:
    """``made`` as indented JSON with a final newline."""
    return msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"
