"""``python -m stress.mutants``: try every planted bug and a sample of generated mutants, and write ``reports/mutants*``.

The generated ones are tried on the smaller races only, up to some 3000 states each: what survives those runs through all of them,
which for the whole gate takes a minute and more each.
"""

from __future__ import annotations

import argparse

from weft.cli.main import cli

LARGE = (
    "linearizable_mount_mount linearizable_open_two_umounts two_dot_dots_vs_lazy_umount "
    "two_dot_dots_vs_move lazy_umount_is_one_step lazy_umount_vs_mount_inside_vs_close "
    "lazy_umount_vs_mount_inside_vs_walk where_vs_growth_and_remove where_vs_growth_vs_remove "
    "three_mounts two_mounts_vs_rmdir two_mounts_vs_rmdir_in_two_namespaces "
    "namespace_release_vs_walk_vs_umount open_vs_two_umounts two_opens_vs_umount "
    "last_closes_vs_rmdir_of_the_mount_point three_umounts two_lazy_umounts umount_vs_lazy_umount "
    "umount_vs_umount walk_vs_two_eager_umounts two_walks_up_a_stack_vs_lazy_umount "
    "walk_up_a_stack_vs_lazy_umount "
)
"""Races that are left out for generated mutants."""

ORACLES = ("impl/invariants.py", "impl/memfs/invariants.py")
RACES = ("--races", "stress/races", "--races", "stress/sequential")


def _planted(jobs: str) -> list[str]:
    return ["mutants", "stress/planted", *RACES, "--max-states", "8000", "-j", jobs, *_outputs("mutants")]


def _generated(jobs: str, sample: str) -> list[str]:
    without = [word for oracle in ORACLES for word in ("--without", oracle)]
    smaller = " and ".join(f"not {name}" for name in LARGE.split())
    known = ["--known", "stress/mutants/known.toml", "--sample", sample, "--seed", "7"]
    limits = ["--cpu-seconds", "25", "--max-states", "100000", "-k", smaller]
    return ["mutants", "--operators", "impl", *without, *RACES, *known, *limits, "-j", jobs, *_outputs("mutants-generated")]


def _outputs(name: str) -> list[str]:
    return ["--json", f"reports/{name}.json", "--page", f"reports/{name}.md"]


def main() -> None:
    """Run ``weft mutants`` as it is published; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m stress.mutants", description="Write reports/mutants* as they are published.")
    parser.add_argument("which", choices=["planted", "generated"])
    parser.add_argument("--sample", default="40", help="how many generated mutants (default: %(default)s)")
    parser.add_argument("-j", "--jobs", default="1", help="how many at once (default: %(default)s)")
    given = parser.parse_args()
    cli(_planted(given.jobs) if given.which == "planted" else _generated(given.jobs, given.sample), prog_name="weft")


if __name__ == "__main__":
    main()
