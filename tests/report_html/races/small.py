"""Small races of every kind that the report shows."""

from __future__ import annotations

from weft import AtomicInt64, Mutex, Results, Setting, require, scenario
from weft.scenario import Taken


@scenario(expect="VIOLATED", violates="final", why="the counter is read and written in two steps")
def lost_update(s: Setting) -> None:
    counter = AtomicInt64(0)

    def add_one() -> None:
        counter.store(counter.load() + 1)

    s.thread(add_one, name="first")
    s.thread(add_one, name="second")

    @s.final
    def both_counted(results: Results) -> None:
        require(counter.load() == 2, f"counter is {counter.load()}, expected 2")


@scenario(expect="VIOLATED", violates="final", why="the same after steps that have nothing to do with it")
def late_loss(s: Setting) -> None:
    counter = AtomicInt64(0)
    warm = (AtomicInt64(0), AtomicInt64(0))

    def work(own: AtomicInt64) -> None:
        for _ in range(5):
            own.add(1)
        counter.store(counter.load() + 1)
        own.add(1)

    s.thread(work, warm[0], name="first")
    s.thread(work, warm[1], name="second")

    @s.final
    def both_counted(results: Results) -> None:
        require(counter.load() == 2, f"counter is {counter.load()}, expected 2")


@scenario(expect="HOLDS", why="compare-and-swap loses no update")
def two_increments(s: Setting) -> None:
    counter = AtomicInt64(0)

    def add_one() -> None:
        while True:
            seen = counter.load()
            if counter.compare_and_swap(seen, seen + 1):
                return

    s.thread(add_one, name="first")
    s.thread(add_one, name="second")

    @s.sometimes
    def a_swap_fails(taken: Taken) -> bool:
        return taken.kind == "compare_and_swap" and taken.result is False


@scenario(expect="HOLDS", why="two locks in two orders")
def deadly(s: Setting) -> None:
    a, b = Mutex(), Mutex()

    def one() -> None:
        with a, b:
            pass

    def other() -> None:
        with b, a:
            pass

    s.thread(one, name="one")
    s.thread(other, name="other")


@scenario(expect="VIOLATED", violates="misuse", why="nobody holds the lock")
def unlocks(s: Setting) -> None:
    lock = Mutex()
    s.thread(lock.unlock, name="hasty")
    s.thread(lambda: None, name="idle")


@scenario(expect="HOLDS", why="nine independent steps by three threads, too many states to draw")
def wide(s: Setting) -> None:
    counters = tuple(AtomicInt64(0) for _ in range(3))

    def count(own: AtomicInt64) -> None:
        for _ in range(8):
            own.add(1)

    for number, own in enumerate(counters):
        s.thread(count, own, name=f"thread-{number}")
