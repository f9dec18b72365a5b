"""The record of a check as data: what ``--json`` writes, and what every table and every sentence is made from.

Format ``weft-check/2``; ``weft schema`` prints its JSON Schema. One JSON object:

- ``format``, ``weft`` (version), ``engine``, ``merged`` (equal local states are one), ``fingerprint_bits``,
  ``reduction`` (names; with any, counts are of the reduced state graphs and interleavings are not counted), ``limits`` (of each
  race's search; ``null`` is none), ``exit_code``, ``differences`` (from the baseline), ``seconds``;
- ``left_out_slow``: how many races were left out as slow;
- ``races``: one object a race, in the order of the table; see ``Race``. Fields of a search that did not take place are 0 or empty,
  and its ``verdict`` is ``null``.

Values of the code under test appear as Python writes them (``"None"``, ``"(1, 'a')"``). Steps are numbered from 1. The
number of interleavings is a decimal string, since it passes what JSON readers hold exactly (beyond 2**53 and 100,000 transitions
it is exact to 15 digits); ``null`` where it is unbounded (``cyclic``) or not known. Files are relative to the current directory.

Two runs with equal results give equal bytes, apart from the fields called ``seconds``. A change that breaks readers changes
the number in ``format``; a new field does not.
"""

from __future__ import annotations

from typing import Literal

import msgspec  # typed JSON both ways, fast to import, with errors that say where

FORMAT = "weft-check/2"


class Limits(msgspec.Struct, kw_only=True, frozen=True):
    """What each race's search may cost."""

    max_states: int | None = None
    max_transitions: int | None = None
    max_seconds: float | None = None
    max_memory_bytes: int | None = None


class Step(msgspec.Struct, kw_only=True, frozen=True):
    """One step of a trace: who, at which line of the code under test, did what to which cell.

    ``text`` is cell, operation and operands, ``operation`` the operation's name alone. ``cell`` is the name of one of the trace's
    ``cells``. ``call`` numbers the trace's ``calls`` from 0. ``source`` is the line of code, without its indentation.

    ``part`` says what the step has to do with the violation: it comes from the ``decisive`` ones, those marked ``leads`` are the
    others in its causal past, and without one marked ``none`` it would have come about as well. ``folded`` steps are left out of
    the short text.
    """

    number: int
    thread: str
    call: int | None
    text: str
    cell: str
    operation: str
    result: str
    before: str
    after: str
    file: str
    line: int
    function: str
    source: str
    part: Literal["decisive", "leads", "none"]
    folded: bool


class Cell(msgspec.Struct, kw_only=True, frozen=True):
    """A cell that some step of a trace works on: what it holds before the first step and after the last one."""

    name: str
    kind: str
    initial: str
    final: str


class Call(msgspec.Struct, kw_only=True, frozen=True):
    """A call of a trace, from its first step to its last: one that a history explains, or else the whole thread.

    ``result`` is ``null`` while it is under way; steps are ``null`` where it has taken none.
    """

    thread: str
    text: str
    result: str | None
    first_step: int | None
    last_step: int | None


class Thread(msgspec.Struct, kw_only=True, frozen=True):
    """A thread of a trace: its steps and what became of it (``returned`` a value, ``waiting`` at a step, ...).

    A thread that has not ended stands at ``file`` and ``line``, which are empty and 0 otherwise.
    """

    name: str
    letter: str
    fate: Literal["returned", "raised", "misused", "waiting", "ready"]
    what: str
    steps: int
    first_step: int | None
    last_step: int | None
    file: str
    line: int
    source: str


class Trace(msgspec.Struct, kw_only=True, frozen=True):
    """An execution of the real code along a schedule. ``ending`` is empty where the schedule stops before the end."""

    schedule: str
    switches: int
    preemptions: int
    ending: str
    threads: list[Thread]
    calls: list[Call]
    cells: list[Cell]
    steps: list[Step]


class Violation(msgspec.Struct, kw_only=True, frozen=True):
    """A finding. ``slug`` is stable.

    ``minimal``: proven that no schedule shows this slug with fewer preemptions, and none with as many in fewer steps.
    ``decided_at``: from this step on (0 is the start) every continuation ends in a violation; ``null`` where that was not asked.
    ``because``: how the trace comes to it, in a sentence; empty where the message says all there is.

    A finding that only all interleavings together show (``lock-order``, ``never:...``) has no ``trace`` and no ``command``.
    """

    slug: str
    message: str
    because: str
    minimal: bool
    decided_at: int | None
    replayed: bool
    command: str
    trace: Trace | None


class Outcome(msgspec.Struct, kw_only=True, frozen=True):
    """One way in which executions end: by thread what it returned, and what the observers saw."""

    kind: str
    results: dict[str, str]
    observed: list[str]
    slug: str
    message: str


class Race(msgspec.Struct, kw_only=True, frozen=True):
    """A race, what is expected of it, and what its search said."""

    name: str
    file: str
    line: int
    expect: str
    violates: str
    why: str
    slow: bool
    judgement: str
    reason: str = ""
    verdict: str | None = None
    stopped_by: str = ""
    threads: list[str] = []
    states: int = 0
    transitions: int = 0
    finals: int = 0
    nodes: int = 0
    executions: int = 0
    interleavings: str | None = None
    cyclic: bool = False
    passes: int = 1
    omission_probability: float = 0.0
    fallbacks: dict[str, int] = {}
    reached: dict[str, bool] = {}
    outcomes: list[Outcome] = []
    violations: list[Violation] = []
    certificate: str = ""
    seconds: float = 0.0


class Report(msgspec.Struct, kw_only=True, frozen=True):
    """The whole document. ``differences`` are from the baseline, a sentence each."""

    format: str = FORMAT
    weft: str
    engine: str
    merged: bool
    fingerprint_bits: int
    reduction: list[str] = []
    limits: Limits
    left_out_slow: int
    exit_code: int
    differences: list[str] = []
    seconds: float
    races: list[Race]


class ListedRace(msgspec.Struct, kw_only=True, frozen=True):
    """A race as ``weft list --json`` writes it (format ``weft-list/1``)."""

    name: str
    file: str
    line: int
    expect: str
    violates: str
    why: str
    slow: bool


class Listing(msgspec.Struct, kw_only=True, frozen=True):
    """The document of ``weft list --json``."""

    format: str = "weft-list/1"
    races: list[ListedRace]


def encoded(document: Report | Listing) -> bytes:
    """``document`` as indented JSON with a final newline."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def decoded(text: bytes) -> Report:
    """The report in ``text``; ``msgspec.ValidationError`` says what does not fit and where."""
    return msgspec.json.decode(text, type=Report)
