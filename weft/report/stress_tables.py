"""``weft stress`` on a terminal: what was done, what was found, and where threads got in each other's way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich import box
from rich.table import Table
from rich.text import Text

from weft.report import stressed as document
from weft.report import words
from weft.report.prose import headline

MOST_CELLS = 10
MARKS = {"nothing found": "-", "found as expected": "ok", "not as expected": "WRONG"}
_STYLES = {"-": "dim", "ok": "green", "WRONG": "bold red"}
_FOLDED_NAME = 34
_NARROWEST_NAME = 26


def overview(made: document.Report) -> Table:
    """A line a race or load. Names fold; numbers never do."""
    rows: list[list[str]] = []
    for one in made.stressed:
        found = ", ".join(violation.slug for violation in one.violations) or "nothing"
        numbers = [f"{number:,}" if number else "-" for number in (one.rounds, one.calls, one.steps)]
        rows.append([MARKS[one.judgement], one.name, found, *numbers, words.seconds(one.seconds)])
    drawn = _table("")
    drawn.columns[0].min_width = 5 if any(one.judgement == "not as expected" for one in made.stressed) else 2
    drawn.add_column("race or load", overflow="fold", min_width=min(_NARROWEST_NAME, max(len(one.name) for one in made.stressed)))
    drawn.add_column("found", overflow="fold")
    for position, head in enumerate(("rounds", "calls", "steps", "sec."), 3):
        width = max(len(head), *(len(row[position]) for row in rows))
        drawn.add_column(head, justify="right", no_wrap=True, min_width=width)
    for mark, *cells in rows:
        drawn.add_row(Text(mark, style=_STYLES[mark]), *cells)
    return drawn


@dataclass(slots=True)
class Busy:
    """A cell over all calls."""

    cell: str
    steps: int = 0
    failed_swaps: int = 0
    retries: int = 0
    collisions: int = 0
    waits: int = 0
    waited_seconds: float = 0.0
    blamed: Counter[str] = field(default_factory=Counter)


def busiest(cells: Sequence[document.Cell]) -> list[Busy]:
    """The cells that threads waited for or collided on, the longest waits first."""
    found: dict[str, Busy] = {}
    for one in cells:
        busy = found.setdefault(one.cell, Busy(one.cell))
        busy.steps += one.steps
        busy.failed_swaps += one.failed_swaps
        busy.retries += one.retries
        busy.collisions += one.collisions
        busy.waits += one.waits
        busy.waited_seconds += one.waited_seconds
        for who in one.blamed:
            busy.blamed[who.call or who.thread] += who.seconds  # type: ignore[assignment]
    ranked = sorted(
        found.values(), key=lambda b: (b.waited_seconds, b.failed_swaps + b.retries + b.collisions, b.steps), reverse=True
    )
    return [busy for busy in ranked if busy.waits or busy.failed_swaps or busy.retries or busy.collisions]


def contention(one: document.Stress) -> Table | None:
    """Where threads waited, failed and collided; ``None`` if nowhere."""
    ranked = busiest(one.cells)[:MOST_CELLS]
    if not ranked:
        return None
    drawn = _table(f"cells of {one.name}")
    for head in ("steps", "waits", "waited\nsec.", "failed\nswaps", "retries", "colli-\nsions"):
        drawn.add_column(head, justify="right", no_wrap=True)
    drawn.add_column("mostly for", overflow="fold")
    for busy in ranked:
        numbers = [busy.failed_swaps, busy.retries, busy.collisions]
        waited = words.seconds(busy.waited_seconds) if busy.waits else "-"
        drawn.add_row(
            busy.cell,
            f"{busy.steps:,}",
            f"{busy.waits:,}" if busy.waits else "-",
            waited,
            *(f"{number:,}" if number else "-" for number in numbers),
            ", ".join(call for call, _ in busy.blamed.most_common(2)),
        )
    return drawn


def violation(one: document.Stress, found: document.Violation, *, width: int) -> list[Text]:
    """What was found, with the calls that cannot be explained or the stacks of a hang."""
    after = f"in round {found.round:,}, after {words.seconds(found.seconds)} s"
    lines = [Text(line, style="bold red") for line in headline(f"VIOLATED {found.slug}: {found.message}", width=width)]
    lines.append(Text(f"  {one.file}::{one.name} {after}"))
    if found.calls:
        names = max(len(call.thread) for call in found.calls)
        texts = max(len(call.text) for call in found.calls)
        lines.append(Text("  calls since nobody was inside one, with microseconds:"))
        for call in found.calls:
            ended = "..." if call.ended_us is None else f"{call.ended_us:,.0f}"
            lines.append(Text(f"  {call.thread:<{names}}   {call.text:<{texts}}   {call.began_us:,.0f}-{ended}"))
    return lines + [Text(line) for line in found.stacks.splitlines()]


def summary(made: document.Report) -> list[str]:
    """What the run was, in lines."""
    calls, steps = (sum(getattr(one, name) for one in made.stressed) for name in ("calls", "steps"))
    rounds = sum(one.rounds for one in made.stressed)
    found = sum(bool(one.violations) for one in made.stressed)
    seconds = sum(one.seconds for one in made.stressed)
    explained = sum(one.explained for one in made.stressed)
    what = words.count(len(made.stressed), "race or load", "races and loads")
    did = ", ".join(words.count(number, noun) for number, noun in ((rounds, "round"), (calls, "call"), (steps, "step")) if number)
    lines = [
        f"{made.python}; seed {made.seed}{'' if made.paused else '; without pauses'}",
        f"{what}: {did} in {words.seconds(seconds)} s; a violation in {found}",
    ]
    if explained:
        lines.append(f"{words.count(explained, 'call')} explained by a sequential model")
    ended = [one.name for one in made.stressed if one.checked_at_end]
    if ended:
        lines.append(f"checked at the end, nothing left over: {', '.join(ended)}")
    stopped = [f"{one.name} by {one.stopped_by}" for one in made.stressed if one.stopped_by]
    if stopped:
        lines.append(f"stopped early: {', '.join(stopped)}")
    return [*lines, "real threads can only find; `weft check` searches every interleaving"]


def _table(*heads: str) -> Table:
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for head in heads:
        drawn.add_column(head, overflow="fold", max_width=_FOLDED_NAME)
    return drawn
