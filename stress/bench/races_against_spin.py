"""How many states and how much time does the real VFS cost, next to Promela models of the same steps?

Each model in ``promela/`` has one transition a step of ``impl/``, and says which function it stands for. Weft checks more: the
models have the assertions of the threads themselves, not the invariants of the mount layer in every state.
"""

from __future__ import annotations

from collections.abc import Iterator

from stress.bench import spin
from stress.bench.beside_spin import beside
from stress.bench.mixes import mix
from stress.races.last_reference_vs_walk import last_reference_vs_walk
from stress.races.lookup_vs_remove import lookup_vs_remove
from stress.races.mount_vs_mount import mount_vs_mount
from stress.races.walk_vs_eager_umount import walk_vs_eager_umount, walk_vs_two_eager_umounts
from weft import Scenario
from weft.check.benchmark import Row, benchmark
from weft.search.budget import Budget

RACES: tuple[tuple[Scenario, str, dict[str, int]], ...] = (
    (walk_vs_eager_umount, "walk_vs_umount", {"NW": 1, "NU": 1}),
    (walk_vs_two_eager_umounts, "walk_vs_umount", {"NW": 1, "NU": 2}),
    (lookup_vs_remove, "lookup_vs_remove", {}),
    (mount_vs_mount, "mount_vs_mount", {}),
    (last_reference_vs_walk, "last_reference_vs_walk", {}),
)
MIXES = ((0, 2), (2, 1), (2, 2))


@benchmark("Races of the real VFS, next to SPIN on Promela models of the same steps", versions=spin.versions)
def races_against_spin(limit: Budget) -> Iterator[Row]:
    """Two to four threads."""
    for scenario, model, defines in RACES:
        yield from beside(scenario.name.replace("_", " "), scenario, model, defines, limit)
    for walkers, umounters in MIXES:
        defines = {"NW": walkers, "NU": umounters, "DROP": 1}
        yield from beside(
            f"{walkers} walk + {umounters} umount", mix(walkers=walkers, umounters=umounters), "walk_vs_umount", defines, limit
        )
