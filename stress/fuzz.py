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
from stress.planted.eager_umount import H1, M3
from stress.planted.lookup import M5
from stress.planted.memfs import S9, S16
from stress.planted.mounting import G06, G11, G12, L11_DEAD
from stress.planted.umounting import M16_CHILDREN, M24_SECTION, S6
from stress.planted.writers import M33_TEST, S13
from weft import Planted
from weft.check.mutants.forking import Send, Task, do_each
from weft.fuzz.document import AlphabetRun, Found, Report, alphabet_run, encoded
from weft.fuzz.drawing import Shape
from weft.fuzz.hunt import Budget, Tally, hunt
from weft.fuzz.probe import Limits
from weft.fuzz.telling import explained

PLANTED = (H1, M3, M18, G11, L11_DEAD, G12, M5, S16, S9, S13, M33_TEST, M15, M16_CHILDREN, M24_SECTION, S6, G06)
"""In the order of the page: first what needs two threads."""

SEED = 1
SHAPE = Shape(threads=2, calls=2, before=6)
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


def hunted(planted: Planted | None, *, programs: int, seed: int) -> Answer:
    """Hunt with a bug in force, or with none."""
    budget = Budget(programs, seed=seed, reuse=False, first_only=planted is not None)
    with nullcontext() if planted is None else planted():
        found = hunt(vfs, key="", file="FILE", shape=SHAPE, limits=LIMITS, budget=budget, watcher=Unwatched())
        text = ["\n".join(explained(vfs, each.found, each.checked, width=WIDTH)) for each in found.findings]
    run = alphabet_run(NAME, vfs, found, planted="" if planted is None else planted.slug, files={})
    short = [msgspec.structs.replace(each, race=None) for each in run.findings]
    return msgspec.json.encode(msgspec.structs.replace(run, findings=short)), text


def task(planted: Planted | None, *, programs: int, seed: int) -> Task:
    """That, for a process of its own."""

    def do(send: Send) -> None:
        send(hunted(planted, programs=programs, seed=seed))

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
        max_threads=SHAPE.threads,
        max_calls=SHAPE.calls,
        max_before=SHAPE.before,
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
            f"Programs of at most {made.max_threads} threads with at most {made.max_calls} calls each, after at most "
            f"{made.max_before} calls before the threads, drawn from `{NAME}` with seed {made.seed} (Hypothesis "
            f"{made.hypothesis}); each searched up to {made.max_states:,} states, and walked through {made.runs} times at random "
            "where it has more. Written by `python -m stress.fuzz`."
        ),
        "",
        "## Planted bugs, from the alphabet alone",
        "",
        f"{len(found)} of {len(planted)} found. *Programs* are those drawn until it showed, *smaller* those tried to shrink it.",
        "",
        "| bug | found as | programs | smaller | states searched | calls | steps | preemptions |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
        *(_row(run) for run, _ in planted),
        "",
        "## The VFS as it is",
        "",
        *(line for run, _ in plain for line in _plain(run)),
        "",
        *(f"```text\n{text}\n```\n" for _, found_there in plain for text in found_there),
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
    return f"| {run.planted} | `{one.slug}` | {run.programs} | {one.shrinking} | {run.states:,} | {many} | {one.steps} | {one.preemptions} |"


def _plain(run: AlphabetRun) -> list[str]:
    share = 100 * run.conflicts // max(1, run.programs)
    lines = _wrapped(
        f"{run.programs:,} different programs ({run.drawn:,} drawn), {run.searched:,} of them searched whole: {run.states:,} states. "
        f"In {run.conflicts:,} ({share} %) the order of the calls matters to the model; {run.several_outcomes:,} end in more than "
        f"one way. Findings that no known disagreement explains: {len(run.findings)}."
    )
    lines += ["", "| known disagreement | programs | with others | the smallest |", "|---|--:|--:|---|"]
    lines += [f"| {known.name} | {known.programs} | {known.together} | {_code(known.smallest)} |" for known in run.known]
    return [
        *lines,
        "",
        *(line for known in run.known for line in _wrapped(f"- {known.name}: {known.why}.")),
        *map(_new, run.findings),
    ]


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|") if text else "not met"


def _new(found: Found) -> str:
    return f"- NEW `{found.slug}`: {found.message}"


def main() -> None:
    """Hunt, and write the report."""
    parser = argparse.ArgumentParser(prog="python -m stress.fuzz", description="Write reports/fuzz.json and reports/fuzz.md.")
    parser.add_argument("--programs", type=int, default=300, help="most programs for each planted bug (default: %(default)s)")
    parser.add_argument("--plain", type=int, default=2000, help="programs for the VFS as it is (default: %(default)s)")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="how many at once (default: %(default)s)")
    parser.add_argument("--into", default="reports", help="the folder (default: %(default)s)")
    given = parser.parse_args()
    tasks = [*(task(each, programs=given.programs, seed=SEED) for each in PLANTED), task(None, programs=given.plain, seed=SEED)]
    names = [*(each.slug for each in PLANTED), "as it is"]
    done = do_each(tasks, jobs=given.jobs, cpu_seconds=CPU_SECONDS, watch=_watching(names))
    missing = [name for name, answer in zip(names, done, strict=True) if not answer.sent]
    if missing:
        print(f"no answer for {', '.join(missing)}: interrupted, or the process died")
    answers: list[Answer] = [answer.sent[0] for answer in done if answer.sent]
    made = report(answers, programs=given.plain)
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
