"""``weft sample``: random schedules, for races too large to search."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from weft.cli import options
from weft.cli.failures import complain, complain_of_engine
from weft.cli.outputs import make_sure_writable

if TYPE_CHECKING:
    from weft.report.sampling import Recorded, SampledRace, SampleReport

_HELP = """\
Run each race along random schedules, up to its first violation, which is then executed on the real code.

It can only find. Meeting nothing proves nothing: `weft check` searches every interleaving.

\b
Strategies:
  uniform     each thread that can move is equally likely, at every step
  pct:D       random priorities, and D - 1 times the running thread sinks. What D pairs of steps
              in the right order bring about has a chance of 1 / (n k^(D-1)) or more in each run
              of n threads and at most k steps, which is printed. pct alone is pct:3
  pos         random priorities of steps; those that conflict with the one taken draw anew
  surw        in each run all orders of the steps on one cell, drawn anew, are equally likely
  states      moves to the state that was met least often
  reads-from  prefers a step that comes after a write it has never come after
  all         uniform, pct:2, pct:3, pos, surw, states, reads-from: compares them in one table

\b
  weft sample race.py --runs 1M --max-seconds 600
  weft sample race.py --strategy all --seeds 20

Runs are on the automata, which grow on the way and make a run cost microseconds; races that automata refuse run on the real
code. Seeds are printed; with one, the same runs come again.

With --seeds N each strategy starts N times, and the table has the median of how many runs it took, with its 95 % confidence
interval.

Exit code 1 if a violation was met where none is expected; 3 if Ctrl-C ended it.
"""


@click.command(help=_HELP, short_help="Run races along random schedules, for those too large to search.")
@options.paths_argument
@options.keyword_option
@options.slow_option
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    default=["pos"],
    show_default=True,
    metavar="NAME",
    help="Who chooses; may be repeated.",
)
@click.option("--runs", type=options.Amount(), default=1000, show_default=True, help="The most runs with one seed.")
@click.option(
    "--max-seconds",
    type=click.FloatRange(min=0, min_open=True),
    help="Stop each strategy on each race after this time, all seeds together.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="The first seed; equal seeds give equal runs. Default: a new one.",
)
@click.option("--seeds", type=options.Amount(), default=1, show_default=True, help="How many: SEED, SEED + 1, ...")
@click.option("--on", "world", type=click.Choice(["automata", "code"]), help="Where to run. Default: automata where possible.")
@click.option(
    "-j",
    "--jobs",
    type=options.Jobs(),
    default="1",
    show_default=True,
    help="Races at once; auto: one a core. Ctrl-C drops those under way.",
)
@click.option("--json", "json_file", type=click.Path(dir_okay=False), metavar="FILE", help="Write all results there as JSON.")
def sample(paths: tuple[str, ...], **given: Any) -> int:
    """See ``_HELP``."""
    from weft.check.parallel import cores
    from weft.check.sampling import Sampling, sample_all, sample_each
    from weft.cli.progress_line import Progress
    from weft.report.sampling import encoded, recorded, report
    from weft.search.sampling.strategies import named

    races, left_out = options.chosen(paths, keywords=given["keywords"], slow=given["slow"])
    how = Sampling(
        strategies=named(given["strategies"]),
        runs=given["runs"],
        seed=secrets.randbelow(2**31) if given["seed"] is None else given["seed"],
        seeds=given["seeds"],
        max_seconds=given["max_seconds"],
        world=given["world"],
    )
    if given["json_file"] is not None:
        make_sure_writable("json", given["json_file"])
    jobs = min(given["jobs"] or cores(), len(races))
    with Progress(counted="runs") as progress:
        if jobs > 1:
            watch = progress.tasks([race.scenario.name for race in races])
            kept = sample_each(races, how, jobs=jobs, record=recorded, watch=watch)
        else:
            kept = [recorded(one) for one in sample_all(races, how, watcher=progress)]
    made = report([one.race for one in kept], how, left_out_slow=left_out)
    if given["json_file"] is not None:
        with open(given["json_file"], "wb") as stream:
            stream.write(encoded(made))
    _print(made, kept)
    return made.exit_code


def _print(made: SampleReport, kept: Sequence[Recorded]) -> None:
    from rich.text import Text

    from weft.report import console, prose, sampling, tables

    out = console.output()
    rows = sampling.lines(made)
    labels = dict(zip(map(id, made.races), tables.labels(made.races), strict=True))
    names = [labels[id(row.race)] if row.strategy in (None, *row.race.strategies[:1]) else "" for row in rows]
    console.write_table(out, tables.table(sampling.columns(made), rows, width=out.width, names=names))
    for one in kept:
        for violation in one.race.violations:
            console.write(out, [*prose.violation(one.whole, violation, width=out.width), Text()])
    console.write(out, [Text(line) for text in sampling.remarks(made) for line in prose.headline(text, width=out.width)])
    out.file.flush()
    _complain(made.races)


def _complain(races: Sequence[SampledRace]) -> None:
    for race in races:
        if race.judgement == "error":
            complain(f"{race.file}::{race.name}: {race.reason}")
        elif race.judgement == "engine bug":
            complain_of_engine(f"{race.file}::{race.name}: {race.reason}")
