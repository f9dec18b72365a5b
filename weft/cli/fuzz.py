"""``weft fuzz``: programs drawn from an alphabet of calls, each searched."""

from __future__ import annotations

import os
import secrets
import shlex
import time
from contextlib import nullcontext
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import click

from weft.cli import options
from weft.cli.failures import NOT_AS_EXPECTED, UNFINISHED
from weft.cli.outputs import make_sure_writable

if TYPE_CHECKING:
    from weft.check.mutants.planted import Planted
    from weft.fuzz import document
    from weft.fuzz.alphabet import Alphabet
    from weft.fuzz.hunt import Hunted
    from weft.fuzz.writing import Place

INTERRUPTED = "Ctrl-C"

_HELP = """\
Draw whole programs from an alphabet of calls, search each of them, and shrink one that goes wrong: to the smallest program, and its
shortest schedule.

PATH is a file, a folder, or FILE::NAME, with alphabets at module level:

\b
  from hypothesis import strategies as st
  from weft import AtomicInt64, Shared
  from weft.fuzz import Alphabet, Call, methods
  class Counter(Shared):
      def __init__(self) -> None:
          self.value = AtomicInt64(0)
      def add(self, amount: int) -> int:
          self.value.store(self.value.load() + amount)
          return self.value.load()
  def step(state: int, call: Call) -> tuple[int, int]:   # what one call does when nothing overlaps it
      return state + call.arguments[0], state + call.arguments[0]
  counter = Alphabet(setup=lambda s: Counter(), initial=0, step=step, operations=methods(add=[st.integers(1, 3)]))

Every answer must be explained by some order of the calls (linearizability); deadlocks, livelocks, data races, exceptions, lock
order and the alphabet's own invariants are checked as in every race. A program with more than --states states is walked through
--runs times at random instead. What fails is kept in Hypothesis' database (.hypothesis) and is tried first next time, unless --seed
is given.

Nothing found proves nothing: `weft check` searches what it finds, and what you write. Ctrl-C keeps what was found.

Exit code 1 if a program goes wrong in a way that the alphabet does not declare as known.
"""


@click.command("fuzz", short_help="Draw programs from an alphabet of calls and search each.", help=_HELP)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-k", "keywords", metavar="EXPRESSION", help="Only alphabets whose FILE::NAME matches.")
@click.option(
    "--examples", type=options.Amount(), default=200, show_default=True, help="How many different programs of each alphabet."
)
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="End after this time, for each alphabet.")
@click.option("--threads", type=click.IntRange(2, 6), default=2, show_default=True, help="Most threads of a program.")
@click.option("--calls", type=click.IntRange(1, 6), default=2, show_default=True, help="Most calls of a thread.")
@click.option("--before", type=click.IntRange(0, 20), default=6, show_default=True, help="Most calls before the threads.")
@click.option("--states", type=options.Amount(), default="20K", show_default=True, help="Search a program up to this many states.")
@click.option("--runs", type=options.Amount(), default=100, show_default=True, help="Random walks through one that has more.")
@click.option("--seed", type=click.IntRange(min=0), help="Of the programs; equal seeds draw equal ones. Default: a new one.")
@click.option("-x", "first_only", is_flag=True, help="End with the first finding; else one of each kind is looked for.")
@click.option("--planted", metavar="FILE::NAME", help="Plant this bug (weft.Planted) first, to see whether it is found.")
@click.option("--write", "folder", type=click.Path(file_okay=False), metavar="DIR", help="Write each finding there as a race file.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False), metavar="FILE", help="Write all there is to know there.")
@click.option("-v", "--verbose", is_flag=True, help="Every step of traces.")
def fuzz(paths: tuple[str, ...], **given: Any) -> int:
    """See ``_HELP``."""
    import weft
    from weft.cli.progress_line import Progress
    from weft.fuzz import document
    from weft.fuzz.collect import collect_alphabets, planted_bug
    from weft.fuzz.drawing import require_hypothesis

    require_hypothesis()
    alphabets = _chosen(collect_alphabets(paths), given["keywords"])
    planted = None if given["planted"] is None else planted_bug(given["planted"])
    if given["json_file"] is not None:
        make_sure_writable("json", given["json_file"])
    _make_folder(given["folder"])
    reuse = given["seed"] is None
    seed = secrets.randbelow(2**31) if reuse else given["seed"]
    started, made = time.monotonic(), list[document.AlphabetRun]()
    for place, alphabet in alphabets:
        with Progress() as progress:
            hunted = _hunted(place, alphabet, planted, given, seed=seed, reuse=reuse, progress=progress)
        files = _written(place, alphabet, planted, given, hunted, seed=seed)
        made.append(document.alphabet_run(place.name, alphabet, hunted, planted=given["planted"] or "", files=files))
        _print(alphabet, hunted, made[-1], whole=given["verbose"])
        if hunted.stopped_by == INTERRUPTED:
            break
    report = document.Report(
        weft=weft.__version__,
        hypothesis=version("hypothesis"),
        exit_code=_exit_code(made),
        seed=seed,
        programs=given["examples"],
        max_threads=given["threads"],
        max_calls=given["calls"],
        max_before=given["before"],
        max_states=given["states"],
        runs=given["runs"],
        seconds=round(time.monotonic() - started, 3),
        alphabets=made,
    )
    _print_end(report)
    if given["json_file"] is not None:
        with open(given["json_file"], "wb") as stream:
            stream.write(document.encoded(report))
    return report.exit_code


def _chosen(found: list[tuple[Place, Alphabet]], keywords: str | None) -> list[tuple[Place, Alphabet]]:
    from weft.check.keywords import matcher
    from weft.errors import UsageError

    fits = matcher(keywords) if keywords is not None else lambda _: True
    chosen = [each for each in found if fits(each[0].name)]
    if not chosen:
        raise UsageError(f"-k {keywords!r} matches none of {', '.join(place.name for place, _ in found)}")
    return chosen


def _make_folder(folder: str | None) -> None:
    from weft.errors import UsageError

    if folder is not None:
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise UsageError(f"--write {folder!r}: {error.strerror}; name a folder that can be written") from None


def _hunted(
    place: Place,
    alphabet: Alphabet,
    planted: tuple[Place, Planted] | None,
    given: dict[str, Any],
    *,
    seed: int,
    reuse: bool,
    progress: Any,
) -> Hunted:
    from weft.fuzz.drawing import Shape
    from weft.fuzz.hunt import Budget, hunt
    from weft.fuzz.probe import Limits

    with nullcontext() if planted is None else planted[1]():
        return hunt(
            alphabet,
            key=f"{place.name} {given['planted'] or ''}",
            file=place.file,
            shape=Shape(threads=given["threads"], calls=given["calls"], before=given["before"]),
            limits=Limits(states=given["states"], runs=given["runs"]),
            budget=Budget(given["examples"], given["seconds"], seed, reuse=reuse, first_only=given["first_only"]),
            watcher=progress,
        )


def _written(
    place: Place, alphabet: Alphabet, planted: tuple[Place, Planted] | None, given: dict[str, Any], hunted: Hunted, *, seed: int
) -> dict[str, str]:
    """Write the findings as race files, and see that each shows what it is written for; their paths by the races' names."""
    from weft.fuzz.writing import write

    if given["folder"] is None:
        return {}
    origin = f"weft fuzz {shlex.quote(place.name)} --seed {seed}" + (f" --planted {given['planted']}" if planted else "")
    files = {}
    for finding in hunted.findings:
        if finding.checked is not None and finding.checked.witnesses:
            within = None if planted is None else planted[0]
            files[finding.name] = write(alphabet, place, finding, folder=given["folder"], origin=origin, within=within)
    return files


def _print(alphabet: Alphabet, hunted: Hunted, made: document.AlphabetRun, *, whole: bool) -> None:
    from rich.text import Text

    from weft.fuzz.telling import finding_lines, tally_lines
    from weft.report import console

    out = console.output()
    for finding, found in zip(hunted.findings, made.findings, strict=True):
        console.write(out, [*map(Text, finding_lines(alphabet, finding, found, width=out.width, whole=whole)), Text()])
    console.write(out, [Text(line) for line in tally_lines(made, width=out.width)])
    out.file.flush()


def _print_end(made: document.Report) -> None:
    found = sum(len(run.findings) for run in made.alphabets)
    click.echo(f"seed {made.seed}: {found or 'no'} finding{'s' * (found != 1)}; fuzzing can only find, it does not prove")


def _exit_code(made: list[document.AlphabetRun]) -> int:
    if any(run.findings for run in made):
        return NOT_AS_EXPECTED
    return UNFINISHED if any(run.stopped_by == INTERRUPTED for run in made) else 0
