"""``python -m stress.fuzz``: does fuzzing find known defects from the alphabet alone, and what does it find where none is planted?

Writes ``reports/fuzz.json`` and ``reports/fuzz.md``. Each planted bug is put in force in a process of its own and hunted until the
first finding; then the VFS as it is, for many more programs. Nobody tells the hunt what a bug is about. Seeds are fixed and the
database is not asked, so the figures are the same everywhere, as long as Hypothesis is.
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.metadata import version

import msgspec

import weft
from stress.alphabet import vfs
from stress.planted.deletion import M18
from stress.planted.destruction import M15
from stress.planted.eager_umount import H1
from stress.planted.memfs import S9, S16
from stress.planted.mounting import G06, G11, G12, L11_DEAD
from stress.planted.umounting import M16_CHILDREN, M24_SECTION
from stress.planted.writers import M33_TEST
from weft import Planted
from weft.check.mutants.forking import Send, Task, do_each
from weft.fuzz.document import AlphabetRun, Found, Report, alphabet_run, encoded
from weft.fuzz.drawing import Shape
from weft.fuzz.hunt import Budget, Tally, hunt
from weft.fuzz.probe import Limits
from weft.fuzz.telling import explained

PLANTED = (H1, M18, G11, L11_DEAD, S16, M33_TEST, G12, S9, G06, M15, M16_CHILDREN, M24_SECTION)
"""In the order of the page: first what needs two threads."""

SEED = 1
SMALL, LARGER = Shape(threads=2, calls=1, before=5), Shape(threads=2, calls=2, before=6)
"""Most of the known defects show when two calls meet; such programs cost a fraction of larger ones."""
LIMITS = Limits(states=20_000, runs=100)
CPU_SECONDS = 3600
NAME = "stress/alphabet.py::vfs"
WIDTH = 120

Answer = tuple[bytes, list[str]]
"""A run as JSON, and its findings as text."""


class Unwatched:
    """Nobody looks into a process of its own."""

    def pulse(self, states: int, transitions: int, seconds: float, look_ahead: object = None) -> None:
        """See ``weft.fuzz.hunt.Watcher``."""

    def hunting(self, tally: Tally, *, shrinking: str) -> None:
        """See ``weft.fuzz.hunt.Watcher``."""


def hunted(planted: Planted | None, shape: Shape, *, programs: int) -> Answer:
    """Hunt with a bug in force, or with none."""
    budget = Budget(programs, seed=SEED, reuse=False, first_only=planted is not None)
    with nullcontext() if planted is None else planted():
        found = hunt(vfs, key="", file="FILE", shape=shape, limits=LIMITS, budget=budget, watcher=Unwatched())
        text = ["\n".join(explained(vfs, each.found, each.checked, width=WIDTH)) for each in found.findings]
    run = alphabet_run(NAME, vfs, found, planted="" if planted is None else planted.slug, files={})
    short = [msgspec.structs.replace(each, race=None) for each in run.findings]
    return msgspec.json.encode(msgspec.structs.replace(run, findings=short)), text


def task(planted: Planted | None, shape: Shape, *, programs: int) -> Task:
    """That, for a process of its own."""

    def do(send: Send) -> None:
        send(hunted(planted, shape, programs=programs))

    return do


def report(answers: Sequence[Answer], *, programs: int) -> Report:
    """The document. It has no times."""
    runs = [msgspec.json.decode(run, type=AlphabetRun) for run, _ in answers]
    return Report(
        weft=weft.__version__,
        hypothesis=version("hypothesis"),
        exit_code=int(any(run.findings for run in runs if not run.planted)),
        seed=SEED,
        programs=programs,
        max_threads=LARGER.threads,
        max_calls=LARGER.calls,
        max_before=LARGER.before,
        max_states=LIMITS.states,
        runs=LIMITS.runs,
        seconds=0.0,
        alphabets=runs,
    )


def page(made: Report, texts: Sequence[Sequence[str]]) -> str:
    """The report as Markdown."""
    planted = [(run, text) for run, text in zip(made.alphabets, texts, strict=True) if run.planted]
    plain = [(run, text) for run, text in zip(made.alphabets, texts, strict=True) if not run.planted]
    found = [run for run, _ in planted if run.findings]
    lines = [
        "# Fuzzing the VFS",
        "",
        *_wrapped(
            f"Programs of two threads, drawn from `{NAME}` with seed {made.seed} (Hypothesis {made.hypothesis}); each searched up "
            f"to {made.max_states:,} states, and walked through {made.runs} times at random where it has more. Written by "
            "`python -m stress.fuzz`."
        ),
        "",
        "## Planted bugs, from the alphabet alone",
        "",
        *_wrapped(
            f"{len(found)} of {len(planted)} found by programs of {_shape(SMALL)}. *Programs* are the different ones drawn until "
            "it showed, *smaller* those tried to shrink it."
        ),
        "",
        "| bug | found as | programs | smaller | states searched | calls | steps | preemptions |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
        *(_row(run) for run, _ in planted),
        "",
        "## The VFS as it is",
        "",
        *(line for shape, (run, _) in zip((SMALL, LARGER), plain, strict=False) for line in _plain(run, shape)),
        "",
        *(f"```text\n{text}\n```\n" for _, found_there in plain for text in found_there),
        "The known disagreements are what the alphabet declares; a program counts as one only if it holds once that is allowed:",
        "",
        *(line for known in vfs.known for line in textwrap.wrap(f"- {known.name}: {known.why}.", WIDTH, subsequent_indent="  ")),
        "",
        "## The smallest programs, with their shortest schedules",
        "",
    ]
    for run, text in planted:
        what = next(each.what for each in PLANTED if each.slug == run.planted)
        lines += [f"### {run.planted}: {what}", "", *(f"```text\n{each}\n```\n" for each in text or ["not found"])]
    return "\n".join(lines).rstrip() + "\n"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH)


def _row(run: AlphabetRun) -> str:
    if not run.findings:
        return f"| {run.planted} | not found | {run.programs} | - | {run.states:,} | - | - | - |"
    [one] = run.findings
    many = f"{one.calls} after {len(one.before)}" if one.before else f"{one.calls}"
    figures = (f"`{one.slug}`", run.programs, one.shrinking, f"{run.states:,}", many, one.steps, one.preemptions)
    return f"| {run.planted} | {' | '.join(map(str, figures))} |"


def _shape(shape: Shape) -> str:
    calls = "one call" if shape.calls == 1 else f"up to {shape.calls} calls"
    return f"{calls} in each thread, after up to {shape.before} calls before them"


def _plain(run: AlphabetRun, shape: Shape) -> list[str]:
    share = 100 * run.conflicts // max(1, run.programs)
    lines = _wrapped(
        f"With {_shape(shape)}: {run.programs:,} different programs ({run.drawn:,} drawn), {run.searched:,} of them searched "
        f"whole: {run.states:,} states. In {run.conflicts:,} ({share} %) the order of the calls matters to the model; "
        f"{run.several_outcomes:,} end in more than one way. Findings that no known disagreement explains: {len(run.findings)}."
    )
    lines += ["", "| known disagreement | programs | with others | the smallest |", "|---|--:|--:|---|"]
    lines += [f"| {known.name} | {known.programs} | {known.together} | {_code(known.smallest)} |" for known in run.known]
    return [*lines, "", *map(_new, run.findings), ""]


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|") if text else "not met"


def _new(found: Found) -> str:
    return f"- NEW `{found.slug}`: {found.message}"


def main() -> None:
    """Hunt, and write the report."""
    parser = argparse.ArgumentParser(prog="python -m stress.fuzz", description="Write reports/fuzz.json and reports/fuzz.md.")
    parser.add_argument("--programs", type=int, default=200, help="most programs for each planted bug (default: %(default)s)")
    parser.add_argument(
        "--small", type=int, default=2000, help="programs of one call a thread, VFS as it is (default: %(default)s)"
    )
    parser.add_argument("--larger", type=int, default=300, help="programs of up to two, VFS as it is (default: %(default)s)")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="how many at once (default: %(default)s)")
    parser.add_argument("--into", default="reports", help="the folder (default: %(default)s)")
    given = parser.parse_args()
    tasks = [task(None, SMALL, programs=given.small), *(task(each, SMALL, programs=given.programs) for each in PLANTED)]
    tasks.append(task(None, LARGER, programs=given.larger))
    names = ["as it is, small", *(each.slug for each in PLANTED), "as it is, larger"]
    done = do_each(tasks, jobs=given.jobs, cpu_seconds=CPU_SECONDS, watch=_watching(names))
    missing = [name for name, answer in zip(names, done, strict=True) if not answer.sent]
    if missing:
        print(f"no answer for {', '.join(missing)}: interrupted, or the process died")
    answers: list[Answer] = [answer.sent[0] for answer in done if answer.sent]
    made = report(answers, programs=given.small)
    with open(f"{given.into}/fuzz.json", "wb") as stream:
        stream.write(encoded(made))
    with open(f"{given.into}/fuzz.md", "w", encoding="utf-8") as text:
        text.write(page(made, [found for _, found in answers]))


def _watching(names: Sequence[str]):  # type: ignore[no-untyped-def]  # noqa: ANN202
    seen = -1

    def watch(running: Sequence[int], done: int) -> None:
        nonlocal seen
        if done != seen:
            seen = done
            print(f"{done} of {len(names)} done; now {', '.join(names[number] for number in running)}", flush=True)

    return watch


if __name__ == "__main__":
    main()
