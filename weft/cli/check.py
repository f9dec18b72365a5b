"""``weft check``: search races and compare verdicts with what they expect."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weft.cli import options
from weft.cli.cluster import on_cluster
from weft.cli.failures import complain, complain_of_engine
from weft.cli.outputs import Outputs, output_options

if TYPE_CHECKING:
    from weft.check.run import Plan
    from weft.report import document
    from weft.search.reduction import Reduction

_HELP = """\
Search every interleaving of each race and compare the verdict with the expected one.

PATH is a .py file, a folder (every .py file under it but test_*.py, conftest.py, setup.py and hidden folders), or
FILE::RACE. Without one: the folder `stress` if there is one, else the current folder. The files are imported.

Limits are for each race; a search that meets one is INCONCLUSIVE. Ctrl-C keeps what is done.
"""


@click.command(help=_HELP, short_help="Search races and compare verdicts with the expected ones.")
@options.paths_argument
@options.keyword_option
@options.slow_option
@click.option(
    "-j",
    "--jobs",
    type=options.Jobs(),
    default="1",
    show_default=True,
    help="Search that many races at once, each in a process, or one race with that many threads; 0 or auto: one a core.",
)
@output_options
@click.option(
    "--report",
    "report_folder",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Write an HTML report there: index.html, one file, no network. What changed since the last report there is in it.",
)
@click.option(
    "--reproducible", is_flag=True, help="With --report: no times, no last run; equal results give equal bytes, to be committed."
)
@click.option(
    "--certify",
    "certificates",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Write a certificate there for each race that holds; `weft verify DIR` goes over them without the search.",
)
@click.option("--max-states", type=options.Amount(), help="Stop a search at this many states.")
@click.option("--max-transitions", type=options.Amount(), help="Stop a search at this many transitions.")
@click.option("--max-seconds", type=click.FloatRange(min=0, min_open=True), help="Stop a search after this time.")
@click.option("--max-memory", type=options.Amount(memory=True), help="Stop when the process holds this much: 512M, 2G.")
@click.option("--all-violations", is_flag=True, help="Search on after a violation, for every kind and all outcomes.")
@click.option("--no-merge", is_flag=True, help="Tell local states apart by history: more states, nothing else.")
@click.option(
    "--engine",
    type=click.Choice(["compiled", "naive"]),
    default="compiled",
    show_default=True,
    help="naive: execute every interleaving on the real code.",
)
@click.option(
    "--fingerprint-bits",
    type=click.Choice(["64", "128"]),
    default="64",
    show_default=True,
    help="Size of a state's fingerprint; 128 makes a missed state all but impossible.",
)
@click.option(
    "--checkpoint",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Save unfinished searches there: every two minutes, at Ctrl-C and at a limit.",
)
@click.option("--resume", type=click.Path(file_okay=False), metavar="DIR", help="Go on with what is saved there, and save there.")
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Search on a dask cluster: tcp://HOST:PORT of its scheduler, or local:N workers started here. Needs weft[cluster].",
)
@click.option(
    "--split-from",
    type=options.Amount(),
    default=500_000,
    show_default=True,
    help="With --cluster: states that one worker searches of a race before it is split between all.",
)
@click.option("--reduce", is_flag=True, help="Leave out interleavings that others stand for: fewer states, the same verdict.")
@click.option(
    "--symmetry", is_flag=True, help="Take states for one that differ only in the roles of like threads (Setting.threads)."
)
@click.option("--sleep", is_flag=True, help="With --reduce: sleep sets too. Fewer transitions, when one thread searches.")
@click.option(
    "--without",
    type=click.Choice(["locks", "chains"]),
    multiple=True,
    help="With --reduce: do not trust in held locks; store every state.",
)
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    help="Also outcomes, expected violations, every step of traces, and what each verdict rests on.",
)
def check(paths: tuple[str, ...], **given: Any) -> int:
    """See ``_HELP``."""
    from weft.check.parallel import check_each, cores
    from weft.cli.progress_line import Progress
    from weft.errors import UsageError
    from weft.report import record
    from weft.search import compiled_loop

    if given["report_folder"] is not None:
        from weft.cli.html_report import HtmlReport

    races, left_out = options.chosen(paths, keywords=given["keywords"], slow=given["slow"])
    plan = _plan(given)
    _prepare(given["certificates"], engine=given["engine"])
    outputs = Outputs(given, paths=options.default_paths(paths))
    if given["reproducible"] and given["report_folder"] is None:
        raise UsageError("--reproducible is about what --report writes, which is not there; add --report DIR")
    html = None if given["report_folder"] is None else HtmlReport(given["report_folder"], reproducible=given["reproducible"])
    started = time.monotonic()
    if not compiled_loop.AVAILABLE:
        click.echo(f"weft: {compiled_loop.said()}", err=True)
    with Progress() as progress, on_cluster(given["cluster"], given) as make_search:
        search = make_search(races, watcher=progress) or partial(check_each, races, jobs=given["jobs"] or cores(), watcher=progress)
        rows = search(plan, record=record.race) if html is None else html.searched(plan, search)
    made = outputs.compared(record.report(rows, plan, left_out_slow=left_out, seconds=time.monotonic() - started))
    _print(made, verbose=given["verbose"])
    if html is not None:
        html.write(made)
    outputs.write(made)
    if plan.checkpoints is not None:
        _say_saved(plan.checkpoints)
    return made.exit_code


def _plan(given: dict[str, Any]) -> Plan:
    from weft.check.run import Plan
    from weft.search.budget import Budget

    return Plan(
        engine=given["engine"],
        merge=not given["no_merge"],
        stop_at_first=not given["all_violations"],
        fingerprint_bits=int(given["fingerprint_bits"]),
        reduction=_reduction(given),
        checkpoints=_checkpoints(given),
        resume=given["resume"] is not None,
        certificates=given["certificates"],
        budget=Budget(
            max_states=given["max_states"],
            max_transitions=given["max_transitions"],
            max_seconds=given["max_seconds"],
            max_memory_bytes=given["max_memory"],
        ),
    )


def _checkpoints(given: dict[str, Any]) -> Path | None:
    from weft.errors import UsageError

    folder, resume = given["checkpoint"], given["resume"]
    if folder and resume and folder != resume:
        raise UsageError(f"--checkpoint {folder!r} and --resume {resume!r}: name one folder; --resume saves there too")
    if (folder or resume) and given["engine"] == "naive":
        raise UsageError("--checkpoint and --resume are for the compiled engine; leave out --engine naive")
    if resume and not Path(resume).is_dir():
        raise UsageError(f"--resume {resume!r}: there is no such folder; name the one given to --checkpoint")
    return Path(folder or resume) if folder or resume else None


def _say_saved(folder: Path) -> None:
    saved = len(list(folder.glob("*.checkpoint"))) if folder.is_dir() else 0
    if saved:
        click.echo(f"{saved} unfinished search{'es' if saved > 1 else ''} saved in {folder}; --resume {folder} goes on")


def _reduction(given: dict[str, Any]) -> Reduction:
    from weft.errors import UsageError
    from weft.search.reduction import ALL, ASLEEP, NONE, SYMMETRY

    if (given["without"] or given["sleep"]) and not given["reduce"]:
        raise UsageError("--without and --sleep change what --reduce does, which is not there; add --reduce")
    if (given["reduce"] or given["symmetry"]) and given["engine"] == "naive":
        raise UsageError("--reduce and --symmetry are for the compiled engine; leave out --engine naive")
    if given["symmetry"] and given["reduce"]:
        raise UsageError("--symmetry and --reduce do not go together yet: what threads may still do is learned in one role only")
    if not given["reduce"]:
        return SYMMETRY if given["symmetry"] else NONE
    return (ASLEEP if given["sleep"] else ALL).without(*given["without"])


def _prepare(certificates: str | None, *, engine: str) -> None:
    """Make the folder for certificates, before the search."""
    from weft.errors import UsageError

    if certificates is None:
        return
    if engine != "compiled":
        raise UsageError(f"--certify writes down automata, which --engine {engine} does not have; leave one of them out")
    try:
        os.makedirs(certificates, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--certify {certificates!r}: {error.strerror}; name a folder that can be written") from None


def _print(made: document.Report, *, verbose: bool) -> None:
    from rich.text import Text

    from weft.report import console, prose, summary, tables

    out = console.output()
    rows = made.races
    console.write_table(out, tables.table(tables.CHECK, rows, width=out.width))
    if verbose:
        console.write(out, [line for race in rows for line in summary.details(race, width=out.width)])
    console.write(out, summary.problems(made, width=out.width, whole=verbose))
    hidden = tables.left_out(tables.CHECK, rows, width=out.width)
    if hidden:
        text = f"no room for: {hidden} (a wider terminal or --json shows them)"
        console.write(out, [Text(line) for line in prose.headline(text, width=out.width)])
    console.write(out, summary.tally(made, verbose=verbose, width=out.width))
    console.write(out, summary.certificates(made, width=out.width))
    out.file.flush()
    for race in rows:
        if race.judgement == "error":
            complain(f"{race.file}::{race.name}: {race.reason}")
        elif race.judgement == "engine bug":
            complain_of_engine(f"{race.file}::{race.name}: {race.reason}")
