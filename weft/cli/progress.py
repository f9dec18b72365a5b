"""``weft progress``: which calls of a race are wait-free, lock-free or blocking."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from weft.cli import options

if TYPE_CHECKING:
    from weft.search.progress import Progress

_HELP = """\
Tell the progress class of each thread of the given races, exactly, from their state graphs.

\b
  wait-free  never waits, and others cannot make it take more steps than it takes alone
  lock-free  never waits, but others can make it try again
  blocking   has to wait for another thread somewhere; the witness is that step
  stuck      others can keep it going for ever

Exact for the race at hand. Meant for races that hold: a violation ends executions before their end.
"""


@click.command("progress", short_help="Tell which calls are wait-free, lock-free or blocking.", help=_HELP)
@options.paths_argument
@options.keyword_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")
def progress(paths: tuple[str, ...], **given: Any) -> int:
    """See its help."""
    from weft.search.progress import progress as classify

    races, _ = options.chosen(paths, keywords=given["keywords"], slow=False)
    rows = [(race.scenario.name, row) for race in races if race.scenario.expect == "HOLDS" for row in classify(race.scenario)]
    if given["as_json"]:
        click.echo(json.dumps([{"race": name, **asdict(row)} for name, row in rows], indent=2))
        return 0
    _print(rows)
    return 0


def _print(rows: list[tuple[str, Progress]]) -> None:
    from rich import box
    from rich.table import Table

    from weft.report import console

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("race", "thread", "class", "steps", "alone", "witness"):
        table.add_column(head, justify="right" if head in ("steps", "alone") else "left", overflow="fold")
    for name, row in rows:
        steps = "unbounded" if row.worst_steps is None else str(row.worst_steps)
        alone = "unbounded" if row.alone_steps is None else str(row.alone_steps)
        table.add_row(name, row.thread, row.progress, steps, alone, row.witness)
    console.write_table(console.output(), table)
