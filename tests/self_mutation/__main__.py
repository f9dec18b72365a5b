"""``python -m tests.self_mutation [--resume FILE] [MUTANT...]``: which tests see which bug in the engine.

Each mutant meets the suites that go with its place. Without names: all of them, which takes half an hour of processor time or
more; the table is ``reports/self_mutation.md``. With ``--resume`` the rows are kept in FILE too, and those that are there and were
made from the same mutant, engine and tests are not made again. Exit code 1 if a mutant survives.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

from tests.self_mutation.applied import ROOT
from tests.self_mutation.mutants import MUTANTS, Mutant

CONFORMANCE, CERTIFICATES = "tests/conformance/test_{}.py", "tests/unit/certificate/test_{}.py"
SUITES = {
    "differential": [CONFORMANCE.format("engines_agree")],
    "certificates": [CERTIFICATES.format("what_does_not_hold"), CERTIFICATES.format("certificates"), "-k", "not commands"],
    "refusals": [CERTIFICATES.format("refused")],
    "reductions": [CONFORMANCE.format("reduction_in_both_loops"), CONFORMANCE.format("reduction")],
    "symmetry": [CONFORMANCE.format("symmetry")],
    "both loops": [CONFORMANCE.format("loops_agree"), "-k", "wu- or uu- or linearizable_mount_rmdir or lookup_vs"],
    "checks": [CONFORMANCE.format(name) for name in ("checks_find_what_they_are_for", "wing_gong")],
    "hidden state": [CONFORMANCE.format(f"hidden_{name}") for name in ("on_the_stack", "in_objects", "in_c")],
    "engine": ["tests/unit/engine"],
}
"""The arguments of pytest, by suite."""

ALWAYS = ("differential", "certificates")
"""Suites that see every mutant of their places; the others follow until one of them sees it."""

PLACES = {
    "weft/automaton/": ("differential", "certificates", "hidden state", "engine", "checks"),
    "weft/cells/": ("differential", "certificates", "checks"),
    "weft/search/depth_first.py": ("both loops", "checks", "reductions"),
    "weft/search/kernel/persistent.h": ("reductions",),
    "weft/search/kernel/": ("differential", "certificates", "both loops", "checks", "reductions"),
    "weft/search/persistent.py": ("reductions",),
    "weft/search/sleep.py": ("reductions",),
    "weft/search/symmetry.py": ("symmetry",),
    "weft/search/futures.py": ("reductions",),
    "weft/search/fixpoint.py": ("reductions",),
    "weft/search/": ("differential", "certificates", "engine", "checks"),
    "weft/verify.py": ("certificates", "refusals"),
}
"""The suites that go with a file, the first beginning of its name counts."""

MOST_CPU_SECONDS, MOST_BYTES = 90, 2 << 30
"""What a suite may use on a mutant; it takes a third of that on the engine as it is."""

TABLE, DATA = ROOT / "reports" / "self_mutation.md", ROOT / "reports" / "self_mutation.json"


def seen_by(mutant: str, tests: list[str]) -> str:
    """The first test that fails on the mutant, with the error; empty if none does."""
    command = [sys.executable, "-m", "tests.self_mutation.applied", mutant, *tests]
    wide = {**os.environ, "COLUMNS": "500"}
    done = subprocess.run(command, cwd=ROOT, env=wide, preexec_fn=_limited, capture_output=True, text=True, check=False)
    if done.returncode < 0 or "MemoryError" in done.stdout:
        return "the limit of time or memory"
    if done.returncode == 0:
        return ""
    found = re.search(r"^(?:FAILED|ERROR) ([^\s:]+)(?:::(.+?))?(?: - (?:\w+\.)*(\w+).*)?$", done.stdout, flags=re.MULTILINE)
    if found is None:
        raise SystemExit(
            f"{mutant} on {' '.join(tests)} failed without a test's name:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )
    error = found[3] or "assert"
    return f"{Path(found[1]).stem}::{found[2] or 'import'} ({error})"


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))


def row(mutant: Mutant) -> dict[str, str]:
    """By suite: what saw the mutant."""
    answers: dict[str, str] = {}
    for suite in next(suites for place, suites in PLACES.items() if mutant.file.startswith(place)):
        if suite in ALWAYS or not any(answers.values()):
            answers[suite] = seen_by(mutant.name, SUITES[suite])
    return answers


def table(rows: dict[str, dict[str, str]]) -> str:
    """The page."""
    killed = sum(any(answers.values()) for answers in rows.values())
    lines = [
        "# Bugs planted in the engine itself",
        "",
        f"{killed} of {len(rows)} are seen. Made by `python -m tests.self_mutation` from `tests/self_mutation/mutants.py`.",
        "*differential* compares three engines on the gallery, *certificates* goes over what was searched on the real code, *both",
        "loops* compares the one in Python with the compiled one, *reductions* with the full search. `-` is a suite that sees",
        "nothing; after the first two, others follow until one sees the bug.",
        "A row with one suite alone, where its place has more, was made with that suite or a part of it; naming a bug to the",
        "command makes its row anew.",
        "",
        "| bug | in | seen by |",
        "|---|---|---|",
    ]
    for mutant in MUTANTS:
        if mutant.name in rows:
            answers = [f"{suite}: `{test}`" if test else f"{suite}: -" for suite, test in rows[mutant.name].items()]
            seen = "" if any(rows[mutant.name].values()) else "**nothing** - "
            lines.append(f"| {mutant.says} | `{mutant.file.removeprefix('weft/')}` | {seen}{'<br>'.join(answers)} |")
    return "\n".join(lines) + "\n"


def question(mutant: Mutant) -> str:
    """What a row answers: the mutant, and all of the engine and of the tests."""
    texts = hashlib.sha256(repr(mutant).encode())
    for folder in ("weft", "tests"):
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in (".py", ".c", ".h"):
                texts.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return texts.hexdigest()


def main() -> int:
    """Run; those named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.self_mutation", description="Which tests see which bug in the engine.")
    parser.add_argument("mutants", nargs="*", metavar="MUTANT")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="keep the rows there, and take those that still are true")
    given = parser.parse_args()
    if unknown := sorted(set(given.mutants) - {mutant.name for mutant in MUTANTS}):
        parser.error(f"there is no {unknown[0]!r}; there are {', '.join(mutant.name for mutant in MUTANTS)}")
    rows: dict[str, dict[str, str]] = json.loads(DATA.read_text()) if given.mutants and DATA.exists() else {}
    kept: dict[str, dict[str, str]] = json.loads(given.resume.read_text()) if given.resume and given.resume.exists() else {}
    for mutant in MUTANTS:
        if not given.mutants or mutant.name in given.mutants:
            asked = question(mutant)
            rows[mutant.name] = kept[asked] = kept.get(asked) or row(mutant)
            print(mutant.name, {suite: test for suite, test in rows[mutant.name].items() if test} or "SURVIVES", flush=True)
            ordered = {other.name: rows[other.name] for other in MUTANTS if other.name in rows}
            DATA.write_text(json.dumps(ordered, indent=1) + "\n")
            TABLE.write_text(table(ordered))
            if given.resume:
                given.resume.write_text(json.dumps(kept, indent=1) + "\n")
    return int(not all(any(answers.values()) for answers in rows.values()))


if __name__ == "__main__":
    sys.exit(main())
