"""What changed since the last run: a small file beside the report holds what each race came to.

A race that this run leaves out keeps its entry, so runs over parts of a project compare with the last run of each race.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from weft.report import document, words

FILE = "last_run.json"
FORMAT = "weft-last-run/1"


class Entry(msgspec.Struct, frozen=True):
    """What a race came to."""

    verdict: str | None
    judgement: str
    slugs: list[str]
    states: int
    transitions: int
    nodes: int
    outcomes: int
    seconds: float


class LastRun(msgspec.Struct, frozen=True):
    """The file."""

    races: dict[str, Entry]
    format: str = FORMAT


class Change(msgspec.Struct, frozen=True):
    """How a race compares with its last run: ``new``, ``same``, ``counts`` or ``verdict``, and what was then."""

    kind: str
    text: str
    seconds: float | None = None


def entry(race: document.Race) -> Entry:
    """What is kept of a race."""
    slugs = sorted({violation.slug for violation in race.violations})
    counts = (race.states, race.transitions, race.nodes, len(race.outcomes))
    return Entry(race.verdict, race.judgement, slugs, *counts, race.seconds)


def read(folder: Path) -> dict[str, Entry]:
    """The last run's races by ``FILE::RACE``; none if there was none, or its file is not one of ours."""
    try:
        found = msgspec.json.decode((folder / FILE).read_bytes(), type=LastRun)
    except (OSError, msgspec.DecodeError):
        return {}
    return found.races if found.format == FORMAT else {}


def write(folder: Path, before: dict[str, Entry], races: Sequence[document.Race]) -> None:
    """Keep this run's races, and of the others what was kept before."""
    now = {f"{race.file}::{race.name}": entry(race) for race in races if race.judgement != "not run"}
    text = msgspec.json.encode(LastRun(dict(sorted({**before, **now}.items()))))
    (folder / FILE).write_bytes(msgspec.json.format(text, indent=1) + b"\n")


def changes(before: dict[str, Entry], races: Sequence[document.Race]) -> list[Change]:
    """One a race, in their order."""
    return [_change(before.get(f"{race.file}::{race.name}"), entry(race)) for race in races]


def _change(old: Entry | None, new: Entry) -> Change:
    if old is None:
        return Change("new", "not in the last run")
    if (old.verdict, old.judgement, old.slugs) != (new.verdict, new.judgement, new.slugs):
        found = f" ({', '.join(old.slugs)})" if old.slugs else ""
        return Change("verdict", f"was {old.verdict or old.judgement}{found}", old.seconds)
    counts = [
        f"{name} {words.big(was)} → {words.big(now)}"
        for name, was, now in (
            ("states", old.states, new.states),
            ("transitions", old.transitions, new.transitions),
            ("local states", old.nodes, new.nodes),
            ("outcomes", old.outcomes, new.outcomes),
        )
        if was != now
    ]
    return Change("counts", ", ".join(counts), old.seconds) if counts else Change("same", "no change", old.seconds)
