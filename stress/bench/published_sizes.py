"""Are the programs of the literature finished at the sizes that other tools publish times for?

The programs are those that ``tests/counts`` holds to their formulas, so what is measured is what is proven.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.programs import literature
from weft.check.benchmark import Row, benchmark, full_and_reduced
from weft.search.budget import Budget

SIZES = (
    ("readers(13)", literature.readers(13)),
    ("lastzero(15)", literature.last_zero(15)),
    ("fib_bench(5)", literature.fib_bench(5)),
    ("indexer(15)", literature.indexer(15)),
    ("filesystem(19)", literature.filesystem(19)),
)


@benchmark("Are the literature's programs finished at the sizes that other tools publish times for?")
def published_sizes(limit: Budget) -> Iterator[Row]:
    """Best published for the first four: 2.4 s, 54.6 s, 29.9 s, 15.2 s."""
    for label, scenario in SIZES:
        yield from full_and_reduced(label, scenario, limit)
