"""The record of a run of ``weft mutants``: as data, as a table, and as a page.

Format ``weft-mutants/1``: one JSON object with ``counts`` by status, ``score`` (killed of those that were tried and are not
equivalent, in per cent, rounded down to a tenth), ``mutants`` and ``functions``. It has no times: equal results give equal bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec
from rich import box
from rich.table import Table

FORMAT = "weft-mutants/1"

Status = Literal[
    "killed",
    "survived",
    "not reached",
    "unfinished",
    "engine bug",
    "not run",
    "gap",
    "equivalent",
    "elsewhere",
    "wrongly listed",
]
"""``wrongly listed``: killed although listed as gap or equivalent. ``elsewhere``: a known defect that this code cannot have."""

_NOT_JUDGED: tuple[Status, ...] = ("equivalent", "elsewhere", "not run")

MARKS: dict[Status, str] = {"killed": "ok", "gap": "gap", "equivalent": "=", "elsewhere": "-", "not run": "-"}


class Run(msgspec.Struct, kw_only=True, frozen=True):
    """A race that was searched with the mutant in force. ``slug`` is empty where it held."""

    race: str
    kind: str
    slug: str
    message: str
    schedule: str
    steps: int
    preemptions: int
    states: int


class Mutant(msgspec.Struct, kw_only=True, frozen=True):
    """One mutant.

    ``source`` is where a planted bug was real; ``change`` what a generated one changes. ``killed_by`` is the first race that kills,
    ``as_planned`` whether that is the race and the check that should. ``races`` counts those that were searched without killing.
    """

    name: str
    operator: str
    where: str
    status: Status
    source: str = ""
    what: str = ""
    change: str = ""
    oracle: str = ""
    race: str = ""
    check: str = ""
    covers: list[str] = []
    why: str = ""
    as_planned: bool = True
    killed_by: Run | None = None
    also_killed_by: list[Run] = []
    races: int = 0


class Function(msgspec.Struct, kw_only=True, frozen=True):
    """The score of one function of the code under test, over those of its mutants that were tried."""

    where: str
    mutants: int
    equivalent: int
    killed: int


class Report(msgspec.Struct, kw_only=True, frozen=True):
    """The whole run. ``of`` is how many mutants there are, of which ``sampled`` with ``seed`` were tried."""

    format: str = FORMAT
    weft: str
    exit_code: int
    score: float | None
    counts: dict[str, int]
    of: int
    seed: int | None
    mutants: list[Mutant]
    functions: list[Function]


def report(mutants: Sequence[Mutant], *, weft: str, of: int, seed: int | None) -> Report:
    """The record of what became of ``mutants``, which are all or a sample of ``of``."""
    counts = Counter(mutant.status for mutant in mutants)
    return Report(
        weft=weft,
        exit_code=_exit_code(counts),
        score=_score(counts["killed"] + counts["wrongly listed"], len(mutants) - sum(counts[status] for status in _NOT_JUDGED)),
        counts=dict(sorted(counts.items())),
        of=of,
        seed=seed,
        mutants=list(mutants),
        functions=_functions(mutants),
    )


def _exit_code(counts: Counter[Status]) -> int:
    if counts["engine bug"]:
        return 4
    if counts["survived"] or counts["not reached"] or counts["wrongly listed"]:
        return 1
    return 3 if counts["unfinished"] or counts["not run"] else 0


def _score(killed: int, judged: int) -> float | None:
    return killed * 1000 // judged / 10 if judged else None


def _functions(mutants: Sequence[Mutant]) -> list[Function]:
    names = sorted({mutant.where for mutant in mutants if mutant.where})
    return [_function(where, [mutant for mutant in mutants if mutant.where == where]) for where in names]


def _function(where: str, mutants: list[Mutant]) -> Function:
    counts = Counter(mutant.status for mutant in mutants)
    tried = len(mutants) - counts["not run"]
    return Function(where=where, mutants=tried, equivalent=counts["equivalent"], killed=counts["killed"])


def encoded(made: Report) -> bytes:
    """The JSON."""
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"


def short(race: str) -> str:
    """A race without its file."""
    return race.rpartition("::")[2]


def table(made: Report, *, every: bool) -> Table:
    """The mutants: all, or only those that are not killed."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    drawn.add_column("")
    for head in ("mutant", "killed by check", "in race"):
        drawn.add_column(head, overflow="fold")
    for head in ("steps", "pre-\nempt.", "states"):
        drawn.add_column(head, justify="right", no_wrap=True)
    for mutant in made.mutants:
        if every or mutant.status not in ("killed", "equivalent"):
            drawn.add_row(*_row(mutant))
    return drawn


def _row(mutant: Mutant) -> tuple[str, ...]:
    mark, run = MARKS.get(mutant.status, "ALIVE"), mutant.killed_by
    if run is None:
        return mark, mutant.name, f"({mutant.status})", mutant.why or mutant.race, "", "", ""
    numbers = (f"{run.steps:,}", str(run.preemptions)) if run.schedule else ("-", "-")
    return mark, mutant.name, run.slug + ("" if mutant.as_planned else " *"), short(run.race), *numbers, f"{run.states:,}"


def tally(made: Report) -> str:
    """One line: how many, the score, what of."""
    counts = ", ".join(f"{number} {status}" for status, number in made.counts.items())
    sample = "" if made.of == len(made.mutants) or made.seed is None else f" (a sample of {made.of}, seed {made.seed})"
    score = "" if made.score is None else f"; {made.score:g} % killed"
    return f"{len(made.mutants)} mutants{sample}: {counts}{score}"
