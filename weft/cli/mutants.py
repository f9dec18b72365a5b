"""``weft mutants``: does the gate notice when the code under test is broken?"""

from __future__ import annotations

import resource
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click

from weft.cli import options
from weft.cli.outputs import make_sure_writable

if TYPE_CHECKING:
    from weft.check.collect import Race
    from weft.check.mutants.generated import Generated
    from weft.check.mutants.outcome import Trial
    from weft.check.run import Plan
    from weft.cli.progress_line import Progress
    from weft.report import mutants as document

_HELP = """\
Break the code under test, one defect at a time, and see whether the races notice.

PATH is a file or folder with planted bugs (weft.Planted); without one: the folder `stress` if there is one. With --operators the
defects are generated instead, wherever the syntax tree of the code at that path has room for one.

\b
  weft mutants                                     every planted bug, the race that should show it first
  weft mutants -m H1 --all                         one bug against every race
  weft mutants --operators impl --sample 150 -j 2  150 generated ones
  weft mutants --operators impl --reduce --resume answers.jsonl

Each is tried in a process of its own on the races that hold, until one no longer does. What survives is a check that is missing,
and makes this exit with 1, unless it is a known gap or equivalent to the original: planted bugs say so themselves (gap=...),
generated ones are argued in the file that --known names.

Generated mutants are tried on the races that execute what they change, the smallest first. With --resume FILE every answer is kept
there as it comes: a run that ended too soon goes on, and once a race has changed or been added only that race is searched again.
Without it Ctrl-C still writes and prints what is known.
"""


@click.command("mutants", short_help="Break the code under test and see whether its races notice.", help=_HELP)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--races", multiple=True, metavar="PATH", help="Races to use: files, folders, FILE::RACE. Default: as weft check.")
@options.keyword_option
@options.slow_option
@click.option("-m", "--mutants", "chosen", metavar="EXPRESSION", help="Only mutants whose name matches: 'S and not S1'.")
@click.option("--operators", multiple=True, metavar="PATH", help="Generate mutants of the code there.")
@click.option("--without", multiple=True, metavar="PATH", help="With --operators: leave out files there, such as oracles.")
@click.option("--sample", type=options.Amount(), help="With --operators: try only so many.")
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses the sample.")
@click.option("--known", type=click.Path(dir_okay=False), metavar="FILE", help="TOML: equivalent mutants and gaps, argued.")
@click.option("--all", "every_race", is_flag=True, help="Try every race, not only until one kills.")
@click.option(
    "-j", "--jobs", type=options.Jobs(), default="1", show_default=True, help="Try that many at once; 0 or auto: all cores."
)
@click.option("--json", "json_file", type=click.Path(dir_okay=False), metavar="FILE", help="Write the results there as JSON.")
@click.option("--page", "page_file", type=click.Path(dir_okay=False), metavar="FILE", help="Write them there as Markdown.")
@click.option("--max-states", type=options.Amount(), default="1M", show_default=True, help="Stop a search at this many states.")
@click.option("--cpu-seconds", type=int, default=60, show_default=True, help="Processor time for each race; more is a kill.")
@click.option("--reduce", is_flag=True, help="Search without the interleavings that others stand for; as killing, and cheaper.")
@click.option("--resume", type=click.Path(dir_okay=False), metavar="FILE", help="With --operators: keep all answers there.")
@click.option("-v", "--verbose", is_flag=True, help="With --operators: also those that are killed or equivalent.")
def mutants(paths: tuple[str, ...], **given: Any) -> int:
    """See ``_HELP``."""
    import weft
    from weft.cli.progress_line import Progress
    from weft.errors import UsageError
    from weft.report import mutants as document

    files = {name: given[f"{name}_file"] for name in ("json", "page")}
    for option, file in files.items():
        if file is not None:
            make_sure_writable(option, file)
    if given["resume"] and not given["operators"]:
        raise UsageError("--resume keeps answers about generated mutants; name the code with --operators, or leave it out")
    races, started = _races(given), time.monotonic()
    with Progress() as progress:
        if given["operators"]:
            rows, of = _generated(given, races, progress)
        else:
            rows, of = _planted(paths, given, races, progress)
    made = document.report(rows, weft=weft.__version__, of=of, seed=given["seed"] if given["sample"] else None)
    _write(made, json_file=files["json"], page_file=files["page"])
    _print(made, every=given["verbose"] or not given["operators"], seconds=time.monotonic() - started)
    return made.exit_code


def _races(given: dict[str, Any]) -> list[Race]:
    from weft.errors import UsageError

    races, _ = options.chosen(given["races"], keywords=given["keywords"], slow=given["slow"])
    holding = [race for race in races if race.scenario.expect == "HOLDS" and race.scenario.within is nullcontext]
    if not holding:
        raise UsageError("none of these races is expected to hold, so none can notice a defect; name others with --races")
    return holding


def _plan(given: dict[str, Any]) -> Plan:
    from weft.check.run import Plan
    from weft.search.budget import Budget
    from weft.search.reduction import ASLEEP, NONE

    return Plan(budget=Budget(max_states=given["max_states"]), reduction=ASLEEP if given["reduce"] else NONE)


def _jobs(given: dict[str, Any]) -> int:
    from weft.check.parallel import cores

    return given["jobs"] or cores()


def _planted(
    paths: tuple[str, ...], given: dict[str, Any], races: list[Race], progress: Progress
) -> tuple[list[document.Mutant], int]:
    from weft.check.keywords import matcher
    from weft.check.mutants.collecting import collect_planted, in_order
    from weft.check.mutants.remembered import Remembered
    from weft.check.mutants.trial import try_each
    from weft.errors import UsageError

    planted, others = collect_planted(options.default_paths(paths))
    fits = matcher(given["chosen"], option="-m") if given["chosen"] is not None else lambda _: True
    chosen = [each for each in planted if fits(each.slug)]
    beside = [each for each in others if fits(each.slug)]
    if not chosen:
        raise UsageError(
            f"-m {given['chosen']!r} matches none of {len(planted)} planted bugs: {', '.join(p.slug for p in planted)}"
        )
    trials = try_each(
        [(each, in_order(each, races)) for each in chosen],
        plan=_plan(given),
        jobs=_jobs(given),
        cpu_seconds=given["cpu_seconds"],
        every_race=given["every_race"],
        sizes={},
        watch=progress.tasks([each.slug for each in chosen]),
        remembered=Remembered(None),
    )
    from weft.report import mutant_rows

    _require_holding(races, trials, given, progress)
    rows = [mutant_rows.planted(each, trial) for each, trial in zip(chosen, trials, strict=True)]
    return rows + [mutant_rows.not_planted(each) for each in beside], len(planted) + len(others)


def _require_holding(races: list[Race], trials: list[Trial], given: dict[str, Any], progress: Progress) -> None:
    """See that what killed does hold without a mutant; else it would kill anything."""
    from weft.check.mutants.coverage import cover
    from weft.check.mutants.remembered import Remembered

    killers = {run.race for trial in trials for run in trial.kills}
    chosen = [race for race in races if race.name in killers]
    watch = progress.tasks([race.scenario.name for race in chosen])
    cover(chosen, (), _plan(given), jobs=_jobs(given), watch=watch, remembered=Remembered(None))


def _generated(given: dict[str, Any], races: list[Race], progress: Progress) -> tuple[list[document.Mutant], int]:
    import weft
    from weft.check.mutants.coverage import cover
    from weft.check.mutants.known import check_known, read_known
    from weft.check.mutants.remembered import Remembered
    from weft.check.mutants.trial import relevant, try_each
    from weft.report import mutant_rows

    found, chosen = _chosen(given)
    known = read_known(given["known"]) if given["known"] else {}
    check_known(known, found, file=given["known"] or "")
    files, remembered = {mutant.source.path for mutant in found}, Remembered(given["resume"], version=weft.__version__)
    watch = progress.tasks([race.scenario.name for race in races])
    covered = cover(races, files, _plan(given), jobs=_jobs(given), watch=watch, remembered=remembered)
    ordered = sorted(chosen, key=lambda each: each.name in known)  # those nothing is said of first
    trials = try_each(
        [(each, relevant(each.lines, races, covered)) for each in ordered],
        plan=_plan(given),
        jobs=_jobs(given),
        cpu_seconds=given["cpu_seconds"],
        every_race=given["every_race"],
        sizes={name: each.states for name, each in covered.items()},
        watch=progress.tasks([each.name for each in ordered]),
        remembered=remembered,
    )
    found_of = {each.name: trial for each, trial in zip(ordered, trials, strict=True)}
    return [mutant_rows.generated(each, found_of[each.name], known.get(each.name)) for each in chosen], len(found)


def _chosen(given: dict[str, Any]) -> tuple[list[Generated], list[Generated]]:
    from weft.check.keywords import matcher
    from weft.check.mutants.generated import generate, sampled
    from weft.errors import UsageError

    found = generate(given["operators"], without=given["without"])
    fits = matcher(given["chosen"], option="-m") if given["chosen"] is not None else lambda _: True
    chosen = [mutant for mutant in found if fits(mutant.name)]
    if not chosen:
        raise UsageError(f"-m {given['chosen']!r} matches none of {len(found)} mutants, such as {found[0].name}")
    return found, sampled(chosen, size=given["sample"], seed=given["seed"]) if given["sample"] else chosen


def _write(made: document.Report, *, json_file: str | None, page_file: str | None) -> None:
    from weft.report.mutants import encoded
    from weft.report.mutants_page import page

    if json_file:
        with open(json_file, "wb") as stream:
            stream.write(encoded(made))
    if page_file:
        with open(page_file, "w", encoding="utf-8") as page_stream:
            page_stream.write(page(made))


def _print(made: document.Report, *, every: bool, seconds: float) -> None:
    from rich.text import Text

    from weft.report import console
    from weft.report import mutants as document

    out = console.output()
    shown = document.table(made, every=every)
    if shown.row_count:
        console.write_table(out, shown)
    if any(not mutant.as_planned for mutant in made.mutants):
        console.write(out, [Text("* killed by another race or check than the one that should")])
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = f"{seconds:,.0f} s, {children.ru_utime + children.ru_stime:,.0f} s of processor time"
    console.write(out, [Text(document.tally(made)), Text(spent)])
