"""Locks made of loads and stores, and readers beside a writer: each correct one with a twin that is nearly so.

Sources: Peterson, Myths about the mutual exclusion problem, IPL 1981; Dijkstra, Cooperating sequential processes, 1965 (Dekker's
algorithm); the kernel's Documentation/locking/seqlock.rst.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.programs.making import program
from weft import AtomicInt64, Field, Results, Scenario, Setting, require

Act = Callable[[int], None]


def _mutual_exclusion(name: str, make: Callable[[], tuple[Act, Act]], *, rounds: int, broken: bool) -> Scenario:
    """Two threads add one to a plain counter ``rounds`` times between ``enter(me)`` and ``leave(me)``."""

    def build(s: Setting) -> None:
        enter, leave = make()
        counter = Field(0)

        def worker(me: int) -> None:
            for _ in range(rounds):
                enter(me)
                counter.write(counter.read() + 1)
                leave(me)

        s.thread(worker, 0, name="first")
        s.thread(worker, 1, name="second")

        @s.final
        def no_update_is_lost(_: Results) -> None:
            require(counter.read() == 2 * rounds, f"counter is {counter.read()}, expected {2 * rounds}")

    if broken:
        return program(f"{name}-{rounds}", build, expect="VIOLATED", violates="final:no_update_is_lost")
    return program(f"{name}-{rounds}", build)


def peterson(rounds: int = 1, *, turn_first: bool = False) -> Scenario:
    """Peterson's lock; with ``turn_first`` the two stores of its entry are swapped, and both may enter."""

    def make() -> tuple[Act, Act]:
        wants, turn = (AtomicInt64(0), AtomicInt64(0)), AtomicInt64(0)

        def enter(me: int) -> None:
            if turn_first:
                turn.store(1 - me)
                wants[me].store(1)
            else:
                wants[me].store(1)
                turn.store(1 - me)
            while wants[1 - me].load() and turn.load() == 1 - me:
                pass

        def leave(me: int) -> None:
            wants[me].store(0)

        return enter, leave

    return _mutual_exclusion("peterson-turn-first" if turn_first else "peterson", make, rounds=rounds, broken=turn_first)


def dekker(rounds: int = 1, *, asks_once: bool = False) -> Scenario:
    """Dekker's lock; with ``asks_once`` a thread that has waited for its turn goes in without looking at the other again."""

    def make() -> tuple[Act, Act]:
        wants, turn = (AtomicInt64(0), AtomicInt64(0)), AtomicInt64(0)

        def enter(me: int) -> None:
            wants[me].store(1)
            while wants[1 - me].load():
                if turn.load() != me:
                    wants[me].store(0)
                    while turn.load() != me:
                        pass
                    wants[me].store(1)
                    if asks_once:
                        return
                elif asks_once:
                    return

        def leave(me: int) -> None:
            turn.store(1 - me)
            wants[me].store(0)

        return enter, leave

    return _mutual_exclusion("dekker-asks-once" if asks_once else "dekker", make, rounds=rounds, broken=asks_once)


def _pairs(readers: int, write: Callable[[int], None], read: Callable[[], tuple[int, int]], writes: int, s: Setting) -> None:
    """One thread writes the pairs (1, 1), (2, 2)..., ``readers`` threads read one each, which must be a pair."""

    def writer() -> None:
        for value in range(1, writes + 1):
            write(value)

    s.thread(writer)
    for k in range(readers):
        s.thread(read, name=f"reader-{k + 1}")

    @s.final
    def every_pair_is_one_that_was_written(results: Results) -> None:
        for left, right in results[1:]:
            require(left == right, f"a reader saw ({left}, {right})")


def seqlock(readers: int, *, writes: int = 1, checks: bool = True) -> Scenario:
    """A sequence lock over two fields; a reader that does not check the counter again may see half a write."""

    def build(s: Setting) -> None:
        sequence, x, y = AtomicInt64(0), Field(0), Field(0)

        def write(value: int) -> None:
            sequence.add(1)
            x.write(value)
            y.write(value)
            sequence.add(1)

        def read() -> tuple[int, int]:
            while True:
                before = sequence.load()
                if before % 2:
                    continue
                seen = x.read(), y.read()
                if not checks or sequence.load() == before:
                    return seen

        _pairs(readers, write, read, writes, s)

    if checks:
        return program(f"seqlock-{readers}-{writes}", build)
    return program(f"seqlock-unchecked-{readers}-{writes}", build, expect="VIOLATED", violates="final:every_pair")


def spinning_rwlock(readers: int, *, atomic: bool = True) -> Scenario:
    """A lock word with -1 for a writer and n for n readers; taken by compare-and-swap, or by a test and then a store."""

    def build(s: Setting) -> None:
        word, x, y = AtomicInt64(0), Field(0), Field(0)

        def write(value: int) -> None:
            while not take(0, -1):
                pass
            x.write(value)
            y.write(value)
            word.add(1)

        def read() -> tuple[int, int]:
            while True:
                holders = word.load()
                if holders >= 0 and take(holders, holders + 1):
                    break
            seen = x.read(), y.read()
            word.add(-1)
            return seen

        def take(free: int, taken: int) -> bool:
            if atomic:
                return word.compare_and_swap(free, taken)
            if word.load() != free:
                return False
            word.store(taken)
            return True

        _pairs(readers, write, read, 1, s)

    if atomic:
        return program(f"rwlock-{readers}", build)
    return program(f"rwlock-test-then-store-{readers}", build, expect="VIOLATED", violates="final:every_pair")
