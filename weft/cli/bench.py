"""``weft bench``: run benchmarks, print their tables, keep their numbers."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from weft.cli import options
from weft.cli.failures import ENGINE_BUG, NOT_AS_EXPECTED, UNFINISHED, USAGE, complain, complain_of_engine

if TYPE_CHECKING:
    from weft.check.benchmark import Benchmark, Row

_HELP = """\
Run benchmarks and print a table for each.

WHAT is a .py file, a folder, or the name of a benchmark in them: `weft bench stat`. Without files and folders: the folder
`stress/bench` if there is one, else the current folder. A benchmark is a function that yields rows:

\b
  from weft.check.benchmark import Row, benchmark, searched
  @benchmark("How does a search grow with threads?")
  def growth(limit):
      for n in range(2, 7):
          yield searched(f"{n} threads", my_race(n), limit)

Each run is written to FOLDER/NAME.json, with counts (equal on every machine) apart from times, and compared with what is there:
counts that moved are listed. A search that meets its limit has no counts; its row says so. A benchmark may also make a page, kept
in the folder that FOLDER is in.

One that fails does not keep the others from running. The last lines say what failed and what was not measured, such as a peer
that is not installed. The exit code is that of the first failure: 1 an answer is not the one expected, 2 it could not run,
3 Ctrl-C, 4 weft contradicts itself.
"""


@click.command(help=_HELP, short_help="Run benchmarks: counts and times, kept in reports.")
@click.argument("wanted", nargs=-1, metavar="[WHAT]...")
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
    "--max-total-seconds",
    type=click.FloatRange(min=0, min_open=True),
    help="Begin no benchmark after this time; the end says which.",
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
def bench(wanted: tuple[str, ...], **given: Any) -> int:
    """See ``_HELP``."""
    from weft.search.budget import Budget

    chosen, left_out = _chosen(wanted, keywords=given["keywords"], slow=given["slow"] or given["only_list"])
    if given["only_list"]:
        for each in chosen:
            click.echo(f"{each.name}{' (slow)' if each.slow else ''}\n    {each.question}")
        return 0
    limit = Budget(max_seconds=given["max_seconds"], max_memory_bytes=given["max_memory"])
    until = time.monotonic() + (given["max_total_seconds"] or float("inf"))
    ends = _Ends()
    for number, each in enumerate(chosen):
        if time.monotonic() > until:
            ends.unfinished([later.name for later in chosen[number:]])
            break
        rows, ended = _measured(each, limit)
        if rows:
            ended = _tell(each, rows, out=given["out"], write=ended is None and not given["no_write"]) or ended
        if isinstance(ended, KeyboardInterrupt):
            complain(f"Ctrl-C in {each.name}; it was not written; {len(chosen) - number - 1} after it did not run")
            return ends.code or UNFINISHED
        ends.note(each.name, rows, ended)
    if len(chosen) > 1:
        ends.sum_up(len(chosen), left_out)
    return ends.code


class _Ends:
    """How the benchmarks of one command ended; ``code`` is that of the first which did not end well."""

    def __init__(self) -> None:
        self.code = 0
        self._failed: list[str] = []
        self._missing: list[str] = []
        self._late: list[str] = []

    def note(self, name: str, rows: Sequence[Row], ended: BaseException | None) -> None:
        """One that ran: say what was wrong with it, and keep what to say again at the end."""
        code = 0 if ended is None else _complained(ended)
        if any(row.wrong for row in rows):
            complain(f"{name}: an answer is not the one expected, so its numbers mean nothing")
            code = NOT_AS_EXPECTED
        self.code = self.code or code
        self._failed += [name] if code else []
        without: dict[str, list[str]] = {}
        for row in rows:
            if row.note and not row.counts and not row.times:
                without.setdefault(row.note, []).append(row.label.strip())
        for why, labels in without.items():
            more = f" and {len(labels) - 3} more" if len(labels) > 3 else ""
            self._missing.append(f"{name}: {', '.join(labels[:3])}{more}: {why}")

    def unfinished(self, names: Sequence[str]) -> None:
        """Those that did not run for lack of time."""
        self.code = self.code or UNFINISHED
        self._late += names

    def sum_up(self, count: int, slow: Sequence[str]) -> None:
        """What of many benchmarks a reader of the last lines must know."""
        ran = count - len(self._late)
        click.echo(f"{ran} of {count} benchmarks ran: {ran - len(self._failed)} as expected, {len(self._failed)} failed")
        for title, names in (
            ("failed", self._failed),
            ("not measured", self._missing),
            ("not begun, for lack of time", self._late),
            ("left out, being slow (--slow)", slow),
        ):
            for name in names:
                click.echo(f"{title}: {name}")


def _complained(ended: BaseException) -> int:
    """The exit code of a benchmark that ended so, once that is said."""
    from weft.check.paths import scrubbed
    from weft.errors import EngineBug

    if isinstance(ended, EngineBug):
        complain_of_engine(str(ended))
        return ENGINE_BUG
    complain(scrubbed(str(ended)))
    return USAGE


def _chosen(wanted: Sequence[str], *, keywords: str | None, slow: bool) -> tuple[list[Benchmark], list[str]]:
    """The benchmarks to run, and the names of those that are left out because they are slow."""
    from weft.check.benchmark import collect_benchmarks
    from weft.check.keywords import matcher
    from weft.check.paths import shown
    from weft.errors import UsageError

    names = [word for word in wanted if word.isidentifier() and not os.path.exists(word)]
    paths = [word for word in wanted if word not in names]
    fits = matcher(keywords) if keywords is not None else None
    found = collect_benchmarks(tuple(paths) or (("stress/bench",) if os.path.isdir("stress/bench") else (".",)))
    known = {each.name for each in found}
    for name in names:
        if name not in known:
            raise UsageError(f"no such file, folder or benchmark: {name!r}; --list shows the names of {len(found)} benchmarks")
    named = [each for each in found if not names or each.name in names]
    matching = [each for each in named if fits is None or fits(f"{shown(each.file)}::{each.name}")]
    if not matching:
        raise UsageError(f"-k {keywords!r} matches none of {len(named)} benchmarks; --list shows their names")
    quick = [each for each in matching if slow or not each.slow or each.name in names]
    if not quick:
        raise UsageError(f"all {len(matching)} benchmarks chosen are slow; --slow includes them")
    return quick, [each.name for each in matching if each not in quick]


def _measured(benchmark: Benchmark, limit: Any) -> tuple[list[Row], BaseException | None]:
    """The rows of ``benchmark``, and what ended it before the last of them."""
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
        except (KeyboardInterrupt, WeftError) as ended:
            return rows, ended
        except Exception as error:
            place = blamed(error.__traceback__) or shown(benchmark.file)
            return rows, UsageError(f"{place}: the benchmark {benchmark.name} raised {said(error)}; correct it")
    return rows, None


def _tell(benchmark: Benchmark, rows: list[Row], *, out: str, write: bool) -> Exception | None:
    """Print the table and the counts that moved, and keep the report and the page; what kept them from being kept."""
    from rich.text import Text

    from weft.check.paths import shown
    from weft.errors import UsageError
    from weft.report import benchmarks, console

    screen = console.output()
    console.write(screen, [Text(benchmark.question, style="bold")])
    console.write_table(screen, benchmarks.table(rows))
    console.write(screen, [Text(line) for line in benchmarks.notes(rows)])
    made = benchmarks.report(benchmark, rows, file=shown(benchmark.file))
    file = os.path.join(out, f"{benchmark.name}.json")
    try:
        before = benchmarks.earlier(file)
        changes = benchmarks.moved(before, made) if before else []
        console.write(screen, [Text(f"moved since {file}: {line}") for line in changes])
        if write:
            _keep(file, benchmarks.encoded(made))
            for name, text in benchmark.pages(rows).items() if benchmark.pages else ():
                _keep(page := os.path.join(os.path.dirname(os.path.normpath(out)), name), text)
                console.write(screen, [Text(f"page: {page}")] if name.endswith(".md") else [])
    except UsageError as error:
        return error
    if changes or benchmarks.notes(rows) or benchmark.pages:
        screen.file.write("\n")
    screen.file.flush()
    return None


def _keep(file: str, text: str) -> None:
    os.makedirs(os.path.dirname(file) or ".", exist_ok=True)
    with open(file, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
