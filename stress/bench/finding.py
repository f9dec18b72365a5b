"""What does it cost to find the bug, shortest schedule included? The broken twins, the kernels of SCTBench, and SafeStack."""

from __future__ import annotations

from collections.abc import Iterator

from stress.bench.classic_programs import BROKEN
from tests.programs import lockfree
from weft import Scenario
from weft.check.benchmark import Row, benchmark, row_of, timed
from weft.search.budget import Budget
from weft.search.replay import replay


def _found(scenario: Scenario, limit: Budget) -> Row:
    found, seconds = timed(scenario, limit)
    row = row_of(scenario.name, scenario, found, seconds)
    if row.wrong or not row.counts:
        return row
    (violation,) = found.violations
    counts: dict[str, int | str] = {
        "verdict": found.verdict,
        "states": found.states,
        "steps": len(violation.schedule),
        "preemptions": replay(scenario, violation.schedule).preemptions,
        "minimal": "yes" if violation.minimal else "no",
    }
    return Row(scenario.name, counts, {"cpu_seconds": seconds}, note=violation.schedule.text(found.letters))


@benchmark("What does it cost to find the bug of a small program, with the schedule that is shown?")
def finding_bugs(limit: Budget) -> Iterator[Row]:
    """The broken twins of the classic programs and the kernels of SCTBench."""
    for scenario in BROKEN:
        yield _found(scenario, limit)


@benchmark("SafeStack: three threads, at least five preemptions; three rounds a thread is the size of SCTBench")
def safe_stack(limit: Budget) -> Iterator[Row]:
    """The smallest size that shows the bug, and the full one."""
    for rounds in ((2, 2, 1), (2, 2, 2), (3, 3, 3)):
        yield _found(lockfree.safe_stack(*rounds), limit)
