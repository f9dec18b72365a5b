"""Programs of the literature on ordinary attributes and ``threading`` locks, for checkers that instrument those. Imports nothing.

The same steps as in ``tests/programs/literature.py``. A program is a class: its constructor is the set-up, ``workers`` are called
with the object, one a thread, and ``holds`` looks at the end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

Worker = Callable[[Any], None]


class Program:
    """Shared state, what threads do with it, and what must be true when all have finished."""

    def workers(self) -> Sequence[Worker]:
        """One for each thread."""
        raise NotImplementedError

    def holds(self) -> bool:
        """Looked at when all threads have finished."""
        return True


def readers(n: int) -> type[Program]:
    """W: x = 42; each R reads x."""

    class Readers(Program):
        def __init__(self) -> None:
            self.x = 0

        def workers(self) -> Sequence[Worker]:
            def write(me: Any) -> None:
                me.x = 42

            def read(me: Any) -> None:
                _ = me.x

            return [write, *[read] * n]

    return Readers


def fib_bench(n: int) -> type[Program]:
    """i = j = 1; A adds j to i and B adds i to j, n times each; a third thread reads both."""

    class FibBench(Program):
        def __init__(self) -> None:
            self.i = 1
            self.j = 1

        def workers(self) -> Sequence[Worker]:
            def first(me: Any) -> None:
                for _ in range(n):
                    me.i = me.i + me.j

            def second(me: Any) -> None:
                for _ in range(n):
                    me.j = me.i + me.j

            def look(me: Any) -> None:
                _ = me.i, me.j

            return [first, second, look]

    return FibBench


def inc(n: int) -> type[Program]:
    """n threads add one without a lock: an update may be lost."""

    class Inc(Program):
        def __init__(self) -> None:
            self.x = 0

        def workers(self) -> Sequence[Worker]:
            def increment(me: Any) -> None:
                seen = me.x
                me.x = seen + 1

            return [increment] * n

        def holds(self) -> bool:
            return bool(self.x == n)

    return Inc


def lockinc(n: int) -> type[Program]:
    """The same under a lock."""

    class LockInc(Program):
        def __init__(self) -> None:
            self.x = 0
            self.lock = threading.Lock()

        def workers(self) -> Sequence[Worker]:
            def increment(me: Any) -> None:
                with me.lock:
                    seen = me.x
                    me.x = seen + 1

            return [increment] * n

        def holds(self) -> bool:
            return bool(self.x == n)

    return LockInc


def order(n: int) -> type[Program]:
    """n threads append their number under one lock; that the last comes first is what must not happen, and may."""

    class Order(Program):
        def __init__(self) -> None:
            self.log = ""
            self.lock = threading.Lock()

        def workers(self) -> Sequence[Worker]:
            def append(letter: str) -> Worker:
                def work(me: Any) -> None:
                    with me.lock:
                        me.log = me.log + letter

                return work

            return [append(chr(ord("a") + k)) for k in range(n)]

        def holds(self) -> bool:
            return not self.log.startswith(chr(ord("a") + n - 1))

    return Order


PROGRAMS = {each.__name__: each for each in (readers, fib_bench, inc, lockinc, order)}
