"""Are the programs of the literature finished at the sizes that other tools publish times for?

The programs are those that ``tests/counts`` holds to their formulas, so what is measured is what is proven.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.programs import literature
from weft.check.benchmark import Row, benchmark, full_and_reduced, reduced, searched
from weft.search.budget import Budget

BOTH = (("readers(13)", literature.readers(13)), ("fib_bench(5)", literature.fib_bench(5)))
REDUCED = (
    ("lastzero(15)", literature.last_zero(15)),
    ("indexer(15)", literature.indexer(15)),
    ("filesystem(19)", literature.filesystem(19)),
)
"""Without reduction the first has some 10**9 states and the others 5**15 and more: not tried."""


@benchmark("Are the literature's programs finished at the sizes that other tools publish times for?")
def published_sizes(limit: Budget) -> Iterator[Row]:
    """Best published: readers 2.4 s, lastzero 54.6 s, fib_bench 29.9 s, indexer 15.2 s."""
    for label, scenario in BOTH:
        yield from full_and_reduced(label, scenario, limit)
    for label, scenario in REDUCED:
        yield searched(f"{label}, reduced", scenario, limit, search=reduced)
