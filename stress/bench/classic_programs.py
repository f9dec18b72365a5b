"""What do the classic concurrent programs cost, the correct ones and the twins that are nearly so?"""

from __future__ import annotations

from collections.abc import Iterator

from tests.programs import classic, lockfree, sctbench
from weft.check.benchmark import Row, benchmark, full_and_reduced
from weft.search.budget import Budget

CORRECT = (
    classic.peterson(1),
    classic.peterson(3),
    classic.dekker(1),
    classic.dekker(3),
    classic.seqlock(3, writes=2),
    classic.spinning_rwlock(4),
    lockfree.treiber_pushes(4),
    lockfree.treiber_pushes(5),
    lockfree.treiber_aba(versions=True),
    lockfree.queue_enqueues(3),
    lockfree.queue_enqueues(4),
    lockfree.queue_linearizable(2, 2),
)
BROKEN = (
    classic.peterson(turn_first=True),
    classic.dekker(asks_once=True),
    classic.seqlock(1, checks=False),
    classic.spinning_rwlock(1, atomic=False),
    lockfree.treiber_aba(versions=False),
    lockfree.queue_linearizable(2, 1, links_by_store=True),
    sctbench.reorder(4),
    sctbench.two_stage(),
    sctbench.wrong_lock(3),
    sctbench.deadlock_01(),
    sctbench.carter_01(),
)


@benchmark("What does it cost to search all of the classic programs that are right?")
def classic_correct(limit: Budget) -> Iterator[Row]:
    """Peterson, Dekker, sequence lock, reader-writer lock, Treiber's stack, Michael and Scott's queue."""
    for scenario in CORRECT:
        yield from full_and_reduced(scenario.name, scenario, limit)
