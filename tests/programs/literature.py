"""The benchmark programs of the partial-order literature whose exact counts are known.

One shared access is one step, locks are steps, variables start at 0, all threads start at once. Each factory takes the size that
the literature uses and gives a scenario whose threads return what they saw, so that a wrong merge shows in the outcomes too.

Source: the test suites of Nidhugg, GenMC, Concuerror and SPIN, in the forms agreed on in ``literature/counts.md``.
"""

from __future__ import annotations

from tests.programs.making import program
from weft import AtomicInt64, Field, Mutex, Scenario, Setting


def readers(n: int) -> Scenario:
    """W: x = 42; R_i: read x. (Reading its own index is no access that others share, so no step.)"""

    def build(s: Setting) -> None:
        x = Field(0)

        def reader(index: int) -> tuple[int, int]:
            return index, x.read()

        s.thread(x.write, 42)
        for index in range(n):
            s.thread(reader, index)

    return program(f"readers-{n}", build)


def last_zero(n: int) -> Scenario:
    """R looks for the last zero of an array from the right; W_j: a[j] = a[j-1] + 1."""

    def build(s: Setting) -> None:
        array = tuple(Field(0) for _ in range(n + 1))

        def reader() -> int:
            i = n
            while array[i].read() != 0:
                i -= 1
            return i

        def writer(j: int) -> None:
            array[j].write(array[j - 1].read() + 1)

        s.thread(reader)
        for j in range(1, n + 1):
            s.thread(writer, j)

    return program(f"lastzero-{n}", build)


def writers_and_a_reader(n: int) -> Scenario:
    """W_i: x = i; R: read x."""

    def build(s: Setting) -> None:
        x = Field(0)
        for i in range(1, n + 1):
            s.thread(x.write, i)
        s.thread(x.read, name="reader")

    return program(f"writers-and-a-reader-{n}", build)


def fib_bench(n: int) -> Scenario:
    """i = j = 1; A adds j to i and B adds i to j, n times each; a third thread reads both."""

    def build(s: Setting) -> None:
        i, j = Field(1), Field(1)

        def add(target: Field[int], other: Field[int]) -> None:
            for _ in range(n):
                mine = target.read() if target is i else other.read()
                theirs = other.read() if target is i else target.read()
                target.write(mine + theirs)

        def look() -> tuple[int, int]:
            return i.read(), j.read()

        s.thread(add, i, j)
        s.thread(add, j, i)
        s.thread(look)

    return program(f"fib-bench-{n}", build)


def increments(n: int) -> Scenario:
    """``inc``: n threads do r = x; x = r + 1."""

    def build(s: Setting) -> None:
        x = Field(0)

        def increment() -> None:
            x.write(x.read() + 1)

        for _ in range(n):
            s.thread(increment)

        s.observe(lambda _: x.read())

    return program(f"inc-{n}", build)


def locked_increments(n: int) -> Scenario:
    """``lockinc``: n threads do lock; r = x; x = r + 1; unlock."""

    def build(s: Setting) -> None:
        x, mutex = Field(0), Mutex()

        def increment() -> None:
            with mutex:
                x.write(x.read() + 1)

        for _ in range(n):
            s.thread(increment)

        s.observe(lambda _: x.read())

    return program(f"lockinc-{n}", build)


def philosophers(n: int) -> Scenario:
    """Each takes its left fork, then its right one, and releases the right one first."""

    def build(s: Setting) -> None:
        forks = tuple(Mutex() for _ in range(n))

        def dine(seat: int) -> None:
            left, right = forks[seat], forks[(seat + 1) % n]
            left.lock()
            right.lock()
            right.unlock()
            left.unlock()

        for seat in range(n):
            s.thread(dine, seat)

    return program(f"philosophers-{n}", build, expect="VIOLATED", violates="deadlock")


def filesystem(n: int) -> Scenario:
    """Threads allocate blocks to inodes under one lock each; disjoint up to 12 threads (Flanagan and Godefroid, POPL 2005)."""
    blocks, inodes = 26, 32

    def build(s: Setting) -> None:
        inode_locks = tuple(Mutex() for _ in range(inodes))
        block_locks = tuple(Mutex() for _ in range(blocks))
        inode = tuple(Field(0) for _ in range(inodes))
        busy = tuple(Field(0) for _ in range(blocks))

        def allocate(t: int) -> None:
            i = t % inodes
            with inode_locks[i]:
                if inode[i].read() == 0:
                    b = (2 * i) % blocks
                    while True:
                        with block_locks[b]:
                            if not busy[b].read():
                                busy[b].write(1)
                                inode[i].write(b + 1)
                                break
                        b = (b + 1) % blocks

        for t in range(n):
            s.thread(allocate, t)

    return program(f"filesystem-{n}", build)


def indexer(n: int, *, messages: int = 4, size: int = 128, stride: int = 11, factor: int = 7) -> Scenario:
    """Threads insert into a hash table by compare-and-swap; no collision below 12 threads (the same source).

    The parameters shrink the table, so that collisions come with two threads.
    """

    def build(s: Setting) -> None:
        table = tuple(AtomicInt64(0) for _ in range(size))

        def insert(t: int) -> None:
            for m in range(1, messages + 1):
                word = stride * m + t
                h = factor * word % size
                while not table[h].compare_and_swap(0, word):
                    h = (h + 1) % size

        for t in range(n):
            s.thread(insert, t)

        s.observe(lambda _: tuple(entry.load() for entry in table))

    return program(f"indexer-{n}", build)
