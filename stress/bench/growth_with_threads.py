"""How does a search of the real VFS grow with the number of threads, each doing one call?"""

from __future__ import annotations

from collections.abc import Iterator

from stress.bench.mixes import mix
from weft.check.benchmark import Row, benchmark, full_and_reduced
from weft.search.budget import Budget

THREADS = ((1, 1), (0, 2), (2, 1), (1, 2), (2, 2), (3, 2), (3, 3))


@benchmark("How does a search of the real VFS grow with threads? walk(a) and umount(a), one call each, everything checked")
def growth_with_threads(limit: Budget) -> Iterator[Row]:
    """Two to six threads."""
    for walkers, umounters in THREADS:
        yield from full_and_reduced(f"{walkers} walk + {umounters} umount", mix(walkers=walkers, umounters=umounters), limit)
