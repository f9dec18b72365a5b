"""The record of a check as data: what ``--json`` writes, and what every table and every sentence is made from.

Format ``weft-check/1``. One JSON object:

- ``format``, ``weft`` (version), ``engine``, ``merged`` (equal local states are one), ``fingerprint_bits``, ``limits`` (of
  each race's search; ``null`` is none), ``exit_code``, ``seconds``;
- ``left_out_slow``: how many races were left out as slow;
- ``races``: one object a race, in the order of the table; see ``Race``. Fields of a search that did not take place are 0 or empty,
  and its ``verdict`` is ``null``.

Values of the code under test appear as Python writes them (``"None"``, ``"(1, 'a')"``). Steps are numbered from 1. The
number of interleavings is a decimal string, since it passes what JSON readers hold exactly; ``null`` where it is unbounded
(``cyclic``) or not known. Files are relative to the current directory.

Two runs with equal results give equal bytes, apart from the fields called ``seconds``. A change that breaks readers changes
the number in ``format``; a new field does not.
"""

from __future__ import annotations

from typing import Literal

import msgspec  # typed JSON both ways, fast to import, with errors that say where

FORMAT = "weft-check/1"


class Limits(msgspec.Struct, kw_only=True, frozen=True):
    """What each race's search may cost."""

    max_states: int | None = None
    max_transitions: int | None = None
    max_seconds: float | None = None
    max_memory_bytes: int | None = None


class Step(msgspec.Struct, kw_only=True, frozen=True):
    """One step of a trace: who, at which line of the code under test, did what to which cell."""

    number: int
    thread: str
    text: str
    result: str
    before: str
    after: str
    file: str
    line: int
    function: str


class Thread(msgspec.Struct, kw_only=True, frozen=True):
    """A thread of a trace: its steps and what became of it (``returned`` a value, ``waiting`` at a step, ...)."""

    name: str
    letter: str
    fate: Literal["returned", "raised", "misused", "waiting", "ready"]
    what: str
    steps: int
    first_step: int | None
    last_step: int | None


class Trace(msgspec.Struct, kw_only=True, frozen=True):
    """An execution of the real code along a schedule. ``ending`` is empty where the schedule stops before the end."""

    schedule: str
    switches: int
    preemptions: int
    ending: str
    threads: list[Thread]
    steps: list[Step]


class Violation(msgspec.Struct, kw_only=True, frozen=True):
    """A finding. ``slug`` is stable; ``shortest``: no schedule with fewer steps shows this slug.

    A finding that only all interleavings together show (``lock-order``, ``never:...``) has no ``trace`` and no ``command``.
    """

    slug: str
    message: str
    shortest: bool
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
    omission_probability: float = 0.0
    fallbacks: dict[str, int] = {}
    reached: dict[str, bool] = {}
    outcomes: list[Outcome] = []
    violations: list[Violation] = []
    seconds: float = 0.0


class Report(msgspec.Struct, kw_only=True, frozen=True):
    """The whole document."""

    format: str = FORMAT
    weft: str
    engine: str
    merged: bool
    fingerprint_bits: int
    limits: Limits
    left_out_slow: int
    exit_code: int
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
