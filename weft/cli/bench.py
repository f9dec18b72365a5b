"""``weft bench``: run benchmarks, print their tables, keep their numbers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from weft.cli import options
from weft.cli.failures import NOT_AS_EXPECTED, UNFINISHED, complain

if TYPE_CHECKING:
    from weft.check.benchmark import Benchmark, Row

_HELP = """\
Run benchmarks and print a table for each.

PATH is a .py file or a folder. Without one: the folder `stress/bench` if there is one, else the current folder. A benchmark is a
function that yields rows:

\b
  from weft.check.benchmark import Row, benchmark, searched
  @benchmark("How does a search grow with threads?")
  def growth(limit):
      for n in range(2, 7):
          yield searched(f"{n} threads", my_race(n), limit)

Each run is written to FOLDER/NAME.json, with counts (equal on every machine) apart from times, and compared with what is there:
counts that moved are listed. A search that meets its limit has no counts; its row says so.
"""


@click.command(help=_HELP, short_help="Run benchmarks: counts and times, kept in reports.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("-k", "keywords", metavar="EXPRESSION", help="Only benchmarks whose FILE::NAME matches: 'growth and not spin'.")
@click.option("--slow", is_flag=True, help="Include benchmarks marked slow.")
@click.option("--list", "only_list", is_flag=True, help="Print their names and questions instead.")
@click.option(
    "--max-seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=20.0,
    show_default=True,
    help="Stop a search after this time.",
)
@click.option(
    "--max-memory", type=options.Amount(memory=True), default="4G", show_default=True, help="Stop it at this much memory."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    default="reports/bench",
    show_default=True,
    metavar="FOLDER",
    help="Where the reports are kept.",
)
@click.option("--no-write", is_flag=True, help="Leave the reports there as they are.")
def bench(paths: tuple[str, ...], **given: Any) -> int:
    """See ``_HELP``."""
    from weft.search.budget import Budget

    chosen = _chosen(paths, keywords=given["keywords"], slow=given["slow"] or given["only_list"])
    if given["only_list"]:
        for each in chosen:
            click.echo(f"{each.name}{' (slow)' if each.slow else ''}\n    {each.question}")
        return 0
    limit = Budget(max_seconds=given["max_seconds"], max_memory_bytes=given["max_memory"])
    code = 0
    for number, each in enumerate(chosen):
        rows, finished = _measured(each, limit)
        if rows:
            _tell(each, rows, out=given["out"], write=finished and not given["no_write"])
        if any(row.wrong for row in rows):
            complain(f"{each.name}: an answer is not the one expected, so its numbers mean nothing")
            code = NOT_AS_EXPECTED
        if not finished:
            complain(f"Ctrl-C in {each.name}; it was not written; {len(chosen) - number - 1} after it did not run")
            return code or UNFINISHED
    return code


def _chosen(paths: Sequence[str], *, keywords: str | None, slow: bool) -> list[Benchmark]:
    from weft.check.benchmark import collect_benchmarks
    from weft.check.keywords import matcher
    from weft.check.paths import shown
    from weft.errors import UsageError

    fits = matcher(keywords) if keywords is not None else None
    found = collect_benchmarks(tuple(paths) or (("stress/bench",) if os.path.isdir("stress/bench") else (".",)))
    matching = [each for each in found if fits is None or fits(f"{shown(each.file)}::{each.name}")]
    if not matching:
        raise UsageError(f"-k {keywords!r} matches none of {len(found)} benchmarks; --list shows their names")
    quick = [each for each in matching if slow or not each.slow]
    if not quick:
        raise UsageError(f"all {len(matching)} benchmarks chosen are slow; --slow includes them")
    return quick


def _measured(benchmark: Benchmark, limit: Any) -> tuple[list[Row], bool]:
    """The rows of ``benchmark``, and whether those are all."""
    from rich.text import Text

    from weft.check.paths import blamed, said, shown
    from weft.errors import UsageError, WeftError
    from weft.report import console

    shown_on = console.errors()
    rows: list[Row] = []
    with shown_on.status(Text(benchmark.name)) as status:
        try:
            for row in benchmark.measure(limit):
                rows.append(row)
                status.update(Text(f"{benchmark.name}   {len(rows)} rows, last: {row.label}"))
        except KeyboardInterrupt:
            return rows, False
        except WeftError:
            raise
        except Exception as error:
            place = blamed(error.__traceback__) or shown(benchmark.file)
            raise UsageError(f"{place}: the benchmark {benchmark.name} raised {said(error)}; correct it") from None
    return rows, True


def _tell(benchmark: Benchmark, rows: list[Row], *, out: str, write: bool) -> None:
    """Print the table and the counts that moved, and keep the report."""
    from rich.text import Text

    from weft.check.paths import shown
    from weft.report import benchmarks, console

    screen = console.output()
    console.write(screen, [Text(benchmark.question, style="bold")])
    console.write_table(screen, benchmarks.table(rows))
    console.write(screen, [Text(line) for line in benchmarks.notes(rows)])
    made = benchmarks.report(benchmark, rows, file=shown(benchmark.file))
    file = os.path.join(out, f"{benchmark.name}.json")
    before = benchmarks.earlier(file)
    changes = benchmarks.moved(before, made) if before else []
    console.write(screen, [Text(f"moved since {file}: {line}") for line in changes])
    if write:
        os.makedirs(out, exist_ok=True)
        with open(file, "w", encoding="utf-8") as stream:
            stream.write(benchmarks.encoded(made))
    if changes or benchmarks.notes(rows):
        screen.file.write("\n")
    screen.file.flush()
