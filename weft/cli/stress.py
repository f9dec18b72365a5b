"""``weft stress``: races and loads on real threads."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from weft.cli import options
from weft.cli.failures import complain

if TYPE_CHECKING:
    from weft.check.subjects import Subject
    from weft.native.findings import Plan, Stressed
    from weft.report import stressed as document

_HELP = """\
Run races and loads on real threads, with pauses at cells that make them interleave, and check what they do.

PATH is a .py file, a folder, or FILE::NAME. Without one: the folder `stress/loads` if there is one, else the current folder. A race
is set up anew for each execution. A load is mixed traffic on one shared state, which is checked whenever the threads rest:

\b
  from weft.native.load import Traffic, load
  @load(threads=8)
  def mixed(t: Traffic) -> None:
      counter = AtomicInt64(0)
      t.callers(lambda choose, number: t.call("add", counter.add, choose.randrange(10)))

\b
  weft stress stress/loads --hours 1 --json stress.json
  weft stress stress/races -k umount --seconds 2
  weft stress stress/loads --plant stress/planted::H1 --seconds 600    is a known defect found?

Checked: errors, deadlocks, hangs (with the stacks of all threads), lock rules, histories against the sequential model, invariants
at rest, final checks; not data races, the order of locks and sometimes-conditions, which `weft check` has. Counted: steps, waits,
failed compare-and-swaps, retries and collisions of each cell. What is found happened; finding nothing proves nothing, so HOLDS is
never said. Pauses are the same for the same seed; what the operating system makes of them is not.

Ctrl-C ends it after the round under way, with the result so far. Exit code 1 if a violation was met where none is expected.
"""


@click.command(help=_HELP, short_help="Run races and loads on real threads, for seconds or hours.")
@click.argument("paths", nargs=-1, metavar="[PATH | FILE::NAME]...")
@click.option("-k", "keywords", metavar="EXPRESSION", help="Only those whose FILE::NAME matches: 'umount and not seed'.")
@options.slow_option
@click.option(
    "--seconds", type=click.FloatRange(min=0, min_open=True), default=10.0, show_default=True, help="How long, each race or load."
)
@click.option("--hours", type=click.FloatRange(min=0, min_open=True), help="The same in hours.")
@click.option("--rounds", type=options.Amount(), help="At most so many rounds, each race or load.")
@click.option("--threads", type=click.IntRange(min=1, max=64), help="Threads of a load; races have their own.")
@click.option("--seed", type=click.IntRange(min=0), help="Of all that is random. Default: a new one.")
@click.option("--no-pauses", is_flag=True, help="Leave threads to the operating system: for measuring, not for finding.")
@click.option(
    "--hang-seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="No call ends for so long: that is a hang.",
)
@click.option("--plant", metavar="PATH::SLUG", help="With this planted bug in force.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False), metavar="FILE", help="Write all results there as JSON.")
@click.option("--sample-stacks", type=click.Path(dir_okay=False), hidden=True)  # for `weft profile` where py-spy cannot
@click.option("--sample-rate", type=click.IntRange(min=1), default=100, hidden=True)
def stress(paths: tuple[str, ...], **given: Any) -> int:
    """See ``_HELP``."""
    from weft.cli.outputs import make_sure_writable
    from weft.native.findings import Plan
    from weft.report.stressed import encoded, report

    if given["json_file"]:
        make_sure_writable("json", given["json_file"])
    subjects = _chosen(paths, given)
    plan = Plan(
        seconds=given["hours"] * 3600 if given["hours"] else given["seconds"],
        rounds=given["rounds"],
        seed=secrets.randbelow(2**31) if given["seed"] is None else given["seed"],
        threads=given["threads"],
        pauses=not given["no_pauses"],
        hang_seconds=given["hang_seconds"],
    )
    with _sampled(given["sample_stacks"], rate=given["sample_rate"]):
        made = report(_stressed(subjects, plan), plan)
    if given["json_file"]:
        with open(given["json_file"], "wb") as stream:
            stream.write(encoded(made))
    _print(made)
    if len(made.stressed) < len(subjects):
        complain(f"{len(subjects) - len(made.stressed)} after it did not run")
    return made.exit_code


@contextmanager
def _sampled(file: str | None, *, rate: int) -> Iterator[None]:
    """Take samples of all threads meanwhile, if there is a file for them."""
    if file is None:
        yield
        return
    from pathlib import Path

    from weft.native.samples import InProcess, write

    with InProcess(rate=rate) as sampler:
        yield
    write(Path(file), sampler.samples, exporter="weft, in-process")


def _chosen(paths: tuple[str, ...], given: dict[str, Any]) -> list[Subject]:
    from weft.check.keywords import matcher
    from weft.check.subjects import collect_subjects, with_bug

    fits = matcher(given["keywords"]) if given["keywords"] is not None else None
    here = paths or (("stress/loads",) if os.path.isdir("stress/loads") else (".",))
    subjects = collect_subjects(here, fits=fits, slow=given["slow"])
    return subjects if given["plant"] is None else with_bug(subjects, given["plant"])


def _stressed(subjects: list[Subject], plan: Plan) -> list[document.Stress]:
    """One after the other, until Ctrl-C or until threads hang that nothing can stop."""
    from weft.cli.stress_line import StressLine
    from weft.native.stress import stress as run
    from weft.report.stressed import stress as as_data

    done: list[document.Stress] = []
    with StressLine(plan.seconds) as line:
        for number, subject in enumerate(subjects, 1):
            line.begin(f"{number}/{len(subjects)} {subject.what.name}")
            result: Stressed = run(subject.what, plan, line)
            done.append(as_data(subject, result))
            if result.stopped_by or result.stuck:
                break
    return done


def _print(made: document.Report) -> None:
    from rich.text import Text

    from weft.report import console, prose, stress_tables

    out = console.output()
    console.write_table(out, stress_tables.overview(made))
    for one in made.stressed:
        cells = stress_tables.contention(one)
        if cells is not None and len(made.stressed) <= MOST_IN_DETAIL:
            console.write_table(out, cells)
        for violation in one.violations:
            if one.judgement == "not as expected" or len(made.stressed) <= MOST_IN_DETAIL:
                console.write(out, [*stress_tables.violation(one, violation, width=out.width), Text()])
    console.write(out, [Text(line) for text in stress_tables.summary(made) for line in prose.headline(text, width=out.width)])
    out.file.flush()


MOST_IN_DETAIL = 4
"""With more races and loads than this their cells are in the JSON only."""
