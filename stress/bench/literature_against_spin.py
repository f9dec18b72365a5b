"""How do programs of the literature fare in weft and in SPIN, each with and without its reduction?

At sizes that both finish without reduction, so that all four counts can be seen; ``published_sizes`` has the large ones.
"""

from __future__ import annotations

from collections.abc import Iterator

from stress.bench import spin
from stress.bench.beside_spin import beside
from tests.programs import classic, literature
from weft import Scenario
from weft.check.benchmark import Row, benchmark
from weft.search.budget import Budget

PROGRAMS: tuple[tuple[str, Scenario, int], ...] = (
    ("readers", literature.readers(10), 10),
    ("lastzero", literature.last_zero(8), 8),
    ("fib_bench", literature.fib_bench(3), 3),
    ("indexer", literature.indexer(6), 6),
    ("filesystem", literature.filesystem(5), 5),
    ("peterson", classic.peterson(3), 3),
)


@benchmark("Programs of the literature in weft and in SPIN, each with and without its reduction", versions=spin.versions)
def literature_against_spin(limit: Budget) -> Iterator[Row]:
    """A few seconds altogether."""
    for name, scenario, n in PROGRAMS:
        yield from beside(f"{name}({n})", scenario, name, {"N": n}, limit)
