"""``python -m stress.mutants``: try every planted bug and a sample of generated mutants, and write ``reports/mutants*``.

The generated ones are tried on all races, reduced: a mutant that survives all of them costs up to 20 seconds, one that is killed
half a second.
"""

from __future__ import annotations

import argparse

from weft.cli.main import cli

ORACLES = ("impl/invariants.py", "impl/memfs/invariants.py")
RACES = ("--races", "stress/races", "--races", "stress/sequential")


def _planted(jobs: str) -> list[str]:
    return ["mutants", "stress/planted", *RACES, "--max-states", "8000", "-j", jobs, *_outputs("mutants")]


def _generated(jobs: str, sample: str | None, resume: str | None) -> list[str]:
    words = ["mutants", "--operators", "impl", *RACES, "--reduce", "--known", "stress/mutants/known.toml", "--cpu-seconds", "10"]
    words += [word for oracle in ORACLES for word in ("--without", oracle)]
    words += ["--sample", sample, "--seed", "7"] if sample else []
    words += ["--resume", resume] if resume else []
    return [*words, "-j", jobs, *_outputs("mutants-generated")]


def _outputs(name: str) -> list[str]:
    return ["--json", f"reports/{name}.json", "--page", f"reports/{name}.md"]


def main() -> None:
    """Run ``weft mutants`` as it is published; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m stress.mutants", description="Write reports/mutants* as they are published.")
    parser.add_argument("which", choices=["planted", "generated"])
    parser.add_argument("--sample", help="only so many generated mutants")
    parser.add_argument("--resume", help="a file for the answers of generated mutants, to go on from")
    parser.add_argument("-j", "--jobs", default="1", help="how many at once (default: %(default)s)")
    given = parser.parse_args()
    cli(_planted(given.jobs) if given.which == "planted" else _generated(given.jobs, given.sample, given.resume), prog_name="weft")


if __name__ == "__main__":
    main()
