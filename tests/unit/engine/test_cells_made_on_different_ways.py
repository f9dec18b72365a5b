"""What a thread makes first may be a counter on one way and a lock on another; neither is taken for the other."""

from __future__ import annotations

import pytest

from weft import AtomicBool, AtomicInt64, Mutex, RWMutex, Setting
from weft.scenario import Scenario
from weft.search.exhaustive import explore
from weft.search.naive import explore_naively
from weft.search.reduction import ASLEEP


def _racing(lock: type[Mutex | RWMutex]) -> Scenario:
    def build(s: Setting) -> None:
        flag = AtomicBool()

        def maker() -> int:
            if flag.load():
                counter = AtomicInt64(6)
                return counter.add(1)
            made = lock()
            if isinstance(made, Mutex):
                made.lock()
                made.unlock()
            else:
                made.write_lock()
                made.write_unlock()
            return 0

        s.thread(maker)
        s.thread(flag.store, True, name="setter")

    return Scenario("racing", build)


@pytest.mark.parametrize("lock", [Mutex, RWMutex])
def test_both_ways_are_searched(lock: type[Mutex | RWMutex]) -> None:
    found = explore(_racing(lock))
    assert found.verdict == "HOLDS"
    # after the load of false: the two steps of the lock and the store in any order, 3; after the store: 1
    assert found.interleavings == 3 + 1
    assert explore_naively(_racing(lock)).executions == 3 + 1
    assert explore(_racing(lock), reduction=ASLEEP).verdict == "HOLDS"
