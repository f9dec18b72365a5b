"""What does it cost to find the bug, shortest schedule included? The broken twins, the kernels of SCTBench, and SafeStack."""

from __future__ import annotations

from collections.abc import Iterator

from stress.bench.classic_programs import BROKEN
from tests.programs import lockfree
from weft import Scenario
from weft.check.benchmark import Row, benchmark, row_of, timed
from weft.search.budget import Budget
from weft.search.exhaustive import explore
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


SMALLEST, FULL = (2, 2, 1), (3, 3, 3)
"""Rounds of SafeStack's threads: the fewest that show the bug, and the size of SCTBench."""


@benchmark("SafeStack: three threads, and at least five preemptions; at the smallest size with the bug, and at SCTBench's")
def safe_stack(limit: Budget) -> Iterator[Row]:
    """The schedule that is proven best at the smallest size is short at the full one too, where the proof is out of reach."""
    for rounds in (SMALLEST, FULL):
        yield _found(lockfree.safe_stack(*rounds), limit)
    small, full = lockfree.safe_stack(*SMALLEST), lockfree.safe_stack(*FULL)
    found = explore(small, budget=limit)
    if found.violations:
        shown = replay(full, found.violations[0].schedule)
        again = shown.ending is not None and shown.ending.slug.startswith(full.violates)
        counts: dict[str, int | str] = {
            "verdict": "VIOLATED" if again else "-",
            "steps": len(found.violations[0].schedule),
            "preemptions": shown.preemptions,
        }
        yield Row(f"{full.name} by the schedule of {small.name}", counts, wrong=not again)
