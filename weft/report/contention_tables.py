"""A contention profile in tables and sentences."""

from __future__ import annotations

from rich import box
from rich.table import Table

from weft.report import words
from weft.report.contention import Contention, Share

MOST = 12

HOWS = {
    "py-spy": "by py-spy",
    "py-spy --nonblocking": "by py-spy --nonblocking, which does not stop the process: a stack may be torn now and then",
    "in-process": "from inside the process by sys._current_frames(), not by py-spy: under the GIL that favours waits",
}


def tables(made: Contention) -> list[Table]:
    """Where threads wait, and for which calls."""
    drawn = _table("waits for", "at", "waiting", "mostly for")
    for head in ("sampled\nsec.", "share", "counted\nsec.", "waits"):
        drawn.add_column(head, justify="right", no_wrap=True)
    for row in made.waits[:MOST]:
        sampled, counted = words.seconds(row.sampled_seconds), words.seconds(row.counted_seconds)
        numbers = [sampled, f"{row.share:.1%}", counted, f"{row.counted_waits:,}"]
        drawn.add_row(row.cell, f"{row.file}:{row.line}", most(row.calls), most(row.blamed), *numbers)
    return [drawn] if made.waits else []


def most(shares: list[Share], number: int = 2) -> str:
    """The names of the largest shares."""
    return ", ".join(share.name for share in shares[:number])


def summary(made: Contention) -> list[str]:
    """What was measured, and how the threads spent their time."""
    waiting, ready, resting = (sum(getattr(each, kind) for each in made.threads) for kind in ("waiting", "ready", "resting"))
    active = waiting + ready or 1.0
    said = [
        f"{made.python}; {words.count(len(made.threads), 'thread')}, {words.count(made.calls, 'call')}, "
        f"{words.count(made.steps, 'step')} in {words.seconds(made.seconds)} s",
        f"samples were taken {HOWS[made.how]}; {made.rate} a second",
        f"of {words.seconds(active)} thread-seconds at work {waiting / active:.1%} were waits for cells and {ready / active:.1%}"
        f" ready to run{', of which the GIL lets one thread run' if made.gil else ''}",
        f"{words.seconds(resting)} thread-seconds at rest between rounds",
        f"waits sampled {words.seconds(waiting)} s, counted {words.seconds(made.counted_seconds)} s",
    ]
    return said + [f"tried before: {text}" for text in made.tried]


def _table(*heads: str) -> Table:
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for head in heads:
        drawn.add_column(head, overflow="fold")
    return drawn
