"""How does a search of the real VFS grow with the number of calls that each thread does?"""

from __future__ import annotations

from collections.abc import Iterator

from stress.bench.mixes import mix
from weft.check.benchmark import Row, benchmark, full_and_reduced
from weft.search.budget import Budget

MOST_CALLS = 6


@benchmark(
    "How does a search of the real VFS grow with calls? One thread walks n times, another umounts n times, everything checked"
)
def growth_with_calls(limit: Budget) -> Iterator[Row]:
    """One to six calls a thread."""
    for calls in range(1, MOST_CALLS + 1):
        yield from full_and_reduced(f"{calls} + {calls} calls", mix(walkers=1, umounters=1, calls=calls), limit)


@benchmark("The same with three threads: two walk n times each, a third umounts n times")
def growth_with_calls_of_three(limit: Budget) -> Iterator[Row]:
    """One to six calls a thread."""
    for calls in range(1, MOST_CALLS + 1):
        yield from full_and_reduced(f"{calls} + {calls} + {calls} calls", mix(walkers=2, umounters=1, calls=calls), limit)
