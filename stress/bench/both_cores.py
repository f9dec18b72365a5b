"""What does a second core bring to one large search? Wall time, so it needs a machine with nothing else to do."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial

from stress.bench.miniature import race
from weft.check.benchmark import Row, benchmark
from weft.search.budget import Budget
from weft.search.exhaustive import explore
from weft.search.reduction import ALL, NONE


@benchmark("What does a second core bring to one large search? The umount race in miniature with five threads, wall time")
def both_cores(limit: Budget) -> Iterator[Row]:
    """Counts must not depend on the number of cores."""
    scenario = race("wwuuu")
    for name, reduction in (("", NONE), (", reduced", ALL)):
        alone, expected = 0.0, None
        for cores in sorted({1, 2, os.cpu_count() or 1}):
            search = partial(explore, scenario, budget=limit, reduction=reduction, cores=cores)
            started = time.perf_counter()
            found = search()
            seconds = time.perf_counter() - started
            if found.verdict == "INCONCLUSIVE":
                yield Row(f"{cores} cores{name}", note=f"not finished: {found.stopped_by}")
                continue
            alone, expected = alone or seconds, expected or (found.states, found.transitions)
            wrong = (found.states, found.transitions) != expected
            yield Row(
                f"{cores} core{'s' * (cores > 1)}{name}",
                {"states": found.states, "transitions": found.transitions},
                {"seconds": seconds, "times_faster": alone / seconds},
                note=f"WRONG: one core counts {expected}" if wrong else "",
                wrong=wrong,
            )
