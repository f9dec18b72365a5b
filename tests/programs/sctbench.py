"""Kernels of SCTBench: small programs with one bug each, and the probability that a random walk meets it.

Source: Thomson, Donaldson and Betts, Concurrency Testing Using Controlled Schedulers, TOPC 2016.
"""

from __future__ import annotations

from tests.programs.making import program
from weft import Field, Mutex, Scenario, Setting, require


def reorder(n: int) -> Scenario:
    """n - 1 threads do a = 1; b = -1. One asserts that it sees both or none."""

    def build(s: Setting) -> None:
        a, b = Field(0), Field(0)

        def put() -> None:
            a.write(1)
            b.write(-1)

        def check() -> None:
            require((a.read() == 0 and b.read() == 0) or (a.read() == 1 and b.read() == -1), "saw one write of two")

        for _ in range(n - 1):
            s.thread(put)
        s.thread(check)

    return program(f"reorder-{n}", build, expect="VIOLATED", violates="assertion:check")


def two_stage() -> Scenario:
    """Two variables under two locks, updated one after the other; the reader looks in between."""

    def build(s: Setting) -> None:
        first, second = Mutex(), Mutex()
        d1, d2 = Field(0), Field(0)

        def update() -> None:
            with first:
                d1.write(1)
            with second:
                d2.write(d1.read() + 1)

        def check() -> None:
            with first:
                t1 = d1.read()
                if t1 == 0:
                    return
                t1 = d1.read()
            with second:
                t2 = d2.read()
            require(t2 == t1 + 1, f"t1 is {t1}, t2 is {t2}")

        s.thread(update)
        s.thread(check)

    return program("two-stage", build, expect="VIOLATED", violates="assertion:check")


def wrong_lock(n: int) -> Scenario:
    """One thread guards v by one lock, n threads by another."""

    def build(s: Setting) -> None:
        data, threads = Mutex(), Mutex()
        v = Field(0)

        def checked() -> None:
            with data:
                x = v.read()
                v.write(v.read() + 1)
                require(v.read() == x + 1, "v changed under its lock")

        def other() -> None:
            with threads:
                v.write(v.read() + 1)

        s.thread(checked)
        for _ in range(n):
            s.thread(other)

    return program(f"wrong-lock-{n}", build, expect="VIOLATED", violates="assertion:checked")


def deadlock_01() -> Scenario:
    """Two locks in opposite orders."""

    def build(s: Setting) -> None:
        a, b = Mutex(), Mutex()

        def nested(outer: Mutex, inner: Mutex) -> None:
            with outer, inner:
                pass

        s.thread(nested, a, b)
        s.thread(nested, b, a)

    return program("deadlock01", build, expect="VIOLATED", violates="deadlock")


def carter_01() -> Scenario:
    """Two counters, each of which takes a common lock with its first user and gives it back with its last."""

    def build(s: Setting) -> None:
        mutex, common = Mutex(), Mutex()
        a, b = Field(0), Field(0)

        def use(counter: Field[int]) -> None:
            with mutex:
                counter.write(counter.read() + 1)
                if counter.read() == 1:
                    common.lock()
            with mutex:
                counter.write(counter.read() - 1)
                if counter.read() == 0:
                    common.unlock()

        s.thread(use, a)
        s.thread(use, b)

    return program("carter01", build, expect="VIOLATED", violates="deadlock")
