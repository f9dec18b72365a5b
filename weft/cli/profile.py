"""``weft profile``: where threads of a native load wait, on which cell, and for whom."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weft.cli.failures import NOT_AS_EXPECTED, complain

if TYPE_CHECKING:
    from weft.native.recording import Recorded, Recorder
    from weft.report.contention import Contention

_HELP = """\
Run a load (or a race) on real threads under py-spy, and join its samples with the waits, retries and failed swaps counted per
cell.

LOAD is FILE::NAME. No pauses are made. Written into FOLDER:

\b
  index.html              where threads wait, on which cell, for whom; needs nothing else
  contention.json         the same as data (`weft schema contention`)
  profile.speedscope.json the samples, for speedscope.app
  flame.svg               the flame graph, of a second and shorter run (not where samples were taken in-process)

py-spy comes with `pip install 'weft[profile]'`. Where it may not stop the process, it reads without (--nonblocking); where it
cannot at all, the process samples itself. The page says which it was.

Exit code 1 if the load itself met a violation.
"""


@click.command(help=_HELP, short_help="Profile contention of a native load: which cell, which call, for whom.")
@click.argument("load", metavar="FILE::LOAD")
@click.option("--seconds", type=click.FloatRange(min=0.2), default=10.0, show_default=True, help="How long.")
@click.option("--threads", type=click.IntRange(min=1, max=64), help="Threads of the load; by default its own number.")
@click.option("--seed", type=click.IntRange(min=0), help="Of the calls. Default: a new one.")
@click.option("--rate", type=click.IntRange(min=1, max=1000), default=100, show_default=True, help="Samples a second.")
@click.option(
    "--out", type=click.Path(file_okay=False), default="weft-profile", show_default=True, metavar="FOLDER", help="Where to write."
)
@click.option("--py-spy", "pyspy", metavar="PROGRAM", help="Which py-spy. Default: the one installed with this Python.")
@click.option("--in-process", is_flag=True, help="Do without py-spy.")
def profile(load: str, **given: Any) -> int:
    """See ``_HELP``."""
    from weft.check.subjects import collect_subjects
    from weft.errors import UsageError
    from weft.native.recording import Recorder, find_pyspy
    from weft.report import contention, contention_page

    subjects = collect_subjects([load], slow=True)
    if len(subjects) > 1:
        raise UsageError(f"{load} has {len(subjects)} races and loads; name one: {', '.join(one.what.name for one in subjects)}")
    program = None if given["in_process"] else find_pyspy(given["pyspy"])
    if given["pyspy"] and program is None and not given["in_process"]:
        raise UsageError(f"--py-spy {given['pyspy']!r}: no such program")
    folder = contention_page.prepare(given["out"])
    made = _profiled(subjects[0].name, given, folder, Recorder(program, given["rate"], wanted=not given["in_process"]))
    (folder / "contention.json").write_bytes(contention.encoded(made))
    page = contention_page.write(folder, made)
    _print(made, page)
    return 0


def _profiled(name: str, given: dict[str, Any], folder: Path, recorder: Recorder) -> Contention:
    """Run the load once or twice; its profile."""
    import tempfile

    import msgspec

    from weft.errors import UsageError
    from weft.native.samples import read
    from weft.report import stressed
    from weft.report.contention import contention

    samples = folder / "profile.speedscope.json"
    seed = secrets.randbelow(2**31) if given["seed"] is None else given["seed"]
    with tempfile.TemporaryDirectory() as scratch:
        counts = Path(scratch) / "counts.json"
        command = _command(name, given, seed=seed, seconds=given["seconds"], counts=counts)
        recorded = _recorded(recorder, command, samples)
        if not counts.exists():
            raise UsageError(f"the load did not run to its end; try it alone: weft stress {name} --no-pauses")
        made = msgspec.json.decode(counts.read_bytes(), type=stressed.Report)
        if recorded.how == "py-spy":
            shorter = _command(name, given, seed=seed, seconds=max(0.2, given["seconds"] / 3), counts=counts)
            recorder.record(shorter, folder / "flame.svg", form="flamegraph")
    if any(one.violations for one in made.stressed):
        complain(f"{name} met a violation, so it ended early: weft stress {name}")
        sys.exit(NOT_AS_EXPECTED)
    return contention(made, read(samples), how=recorded.how, tried=recorded.tried, rate=recorder.rate)


def _command(name: str, given: dict[str, Any], *, seed: int, seconds: float, counts: Path) -> list[str]:
    threads = ["--threads", str(given["threads"])] if given["threads"] else []
    options = ["--no-pauses", "--seconds", str(seconds), "--seed", str(seed), "--json", str(counts), *threads]
    return [sys.executable, "-m", "weft", "stress", name, *options]


def _recorded(recorder: Recorder, command: list[str], samples: Path) -> Recorded:
    """Have the samples, in whatever way works."""
    import subprocess

    from weft.report import console

    with console.errors().status("sampling"):
        recorded = recorder.record(command, samples, form="speedscope")
        if recorded.how == "in-process":
            own = [*command, "--sample-stacks", str(samples), "--sample-rate", str(recorder.rate)]
            subprocess.run(own, stdout=subprocess.DEVNULL, check=False)
    return recorded


def _print(made: Contention, page: Path) -> None:
    from rich.text import Text

    from weft.report import console, contention_tables, prose

    out = console.output()
    for table in contention_tables.tables(made):
        console.write_table(out, table)
    lines = [*contention_tables.summary(made), f"page: {page.as_posix()}"]
    console.write(out, [Text(line) for text in lines for line in prose.headline(text, width=out.width)])
    out.file.flush()
