"""``weft sample``: random walks through races too large to search."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import click

from weft.cli import options
from weft.cli.failures import NOT_AS_EXPECTED, UNFINISHED, complain, complain_of_engine

if TYPE_CHECKING:
    from weft.report import document

_HELP = """\
Execute each race RUNS times on the real code, at each step picking one of the threads that can move, all equally likely.

It stops at a race's first violation. Meeting none proves nothing: `weft check` searches every interleaving.

Exit code 1 if a violation was met where none is expected.
"""


@click.command(help=_HELP, short_help="Walk through races at random, for those too large to search.")
@options.paths_argument
@options.keyword_option
@options.slow_option
@click.option("--runs", type=options.Amount(), default=1000, show_default=True, help="Executions of each race.")
@click.option(
    "--seed", type=click.IntRange(min=0), help="Of the random schedules; equal seeds give equal runs. Default: a new one."
)
def sample(paths: tuple[str, ...], **given: Any) -> int:
    """See ``_HELP``."""
    from weft.check.run import Plan, sample_all
    from weft.cli.progress_line import Progress
    from weft.report.record import race, report

    races, left_out = options.chosen(paths, keywords=given["keywords"], slow=given["slow"])
    seed = secrets.randbelow(2**31) if given["seed"] is None else given["seed"]
    with Progress() as progress:
        checked = sample_all(races, runs=given["runs"], seed=seed, watcher=progress)
    made = report([race(one) for one in checked], Plan(engine="naive"), left_out_slow=left_out, seconds=0)
    _print(made, runs=given["runs"], seed=seed)
    return _exit_code(made)


def _exit_code(made: document.Report) -> int:
    if made.exit_code in (4, 2):
        return made.exit_code
    if any(race.violations and race.expect != "VIOLATED" for race in made.races):
        return NOT_AS_EXPECTED
    interrupted = any(race.judgement == "not run" or race.stopped_by for race in made.races)
    return UNFINISHED if interrupted else 0


def _print(made: document.Report, *, runs: int, seed: int) -> None:
    from rich.text import Text

    from weft.report import console, prose, tables, words

    out = console.output()
    console.write_table(out, tables.table(tables.SAMPLE, made.races, width=out.width))
    for race in made.races:
        for violation in race.violations:
            console.write(out, [*prose.violation(race, violation, width=out.width), Text()])
    total = sum(race.executions for race in made.races)
    steps = sum(race.transitions for race in made.races)
    met = sum(bool(race.violations) for race in made.races)
    lines = [
        f"seed {seed}: {words.count(total, 'run')}, {words.count(steps, 'step')}; a violation in {met} of "
        f"{words.count(len(made.races), 'race')}, up to {runs:,} runs each",
        "random schedules can only find; `weft check` searches every interleaving",
    ]
    console.write(out, [Text(line) for text in lines for line in prose.headline(text, width=out.width)])
    out.file.flush()
    for race in made.races:
        if race.judgement == "error":
            complain(f"{race.file}::{race.name}: {race.reason}")
        elif race.judgement == "engine bug":
            complain_of_engine(f"{race.file}::{race.name}: {race.reason}")
