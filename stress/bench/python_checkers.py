"""What do other checkers for Python need for the same programs, and do they see the same?

frontrun executes one interleaving for each class that its partial-order reduction tells apart; interleave-test switches between
bytecode instructions, here within its default of two preemptions. Weft's re-executions are of one thread, not of the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stress.bench.peers import running
from tests.programs import literature
from tests.programs.making import program
from weft import Field, Mutex, Results, Scenario, Setting, require
from weft.check.benchmark import Row, benchmark, row_of, timed
from weft.search.budget import Budget

PEER_SECONDS = 10.0


def _counted(scenario: Scenario, n: int, *, locked: bool) -> Scenario:
    """``scenario``'s name for n threads that add one to a counter, which must be n at the end."""

    def build(s: Setting) -> None:
        x, mutex = Field(0), Mutex()

        def increment() -> None:
            if locked:
                mutex.lock()
            x.write(x.read() + 1)
            if locked:
                mutex.unlock()

        for _ in range(n):
            s.thread(increment)

        @s.final
        def counted(_: Results) -> None:
            require(x.read() == n, f"x is {x.read()}")

    made = program(scenario.name, build)
    return made if locked else replace(made, expect="VIOLATED", violates="final:counted")


def _order(n: int) -> Scenario:
    """n threads append their number under one lock; the last may come first."""

    def build(s: Setting) -> None:
        log, mutex = Field(""), Mutex()

        def append(letter: str) -> None:
            with mutex:
                log.write(log.read() + letter)

        for k in range(n):
            s.thread(append, chr(ord("a") + k))

        @s.final
        def the_last_is_not_first(_: Results) -> None:
            require(not log.read().startswith(chr(ord("a") + n - 1)), f"the order was {log.read()}")

    return program(f"order-{n}", build, expect="VIOLATED", violates="final:the_last_is_not_first")


CASES = (
    ("readers", 4, literature.readers(4)),
    ("readers", 8, literature.readers(8)),
    ("fib_bench", 2, literature.fib_bench(2)),
    ("inc", 2, _counted(literature.increments(2), 2, locked=False)),
    ("inc", 4, _counted(literature.increments(4), 4, locked=False)),
    ("lockinc", 3, _counted(literature.locked_increments(3), 3, locked=True)),
    ("lockinc", 5, _counted(literature.locked_increments(5), 5, locked=True)),
    ("order", 2, _order(2)),
    ("order", 3, _order(3)),
)


@benchmark(
    "The same programs in other checkers for Python: do they see the same, and what does it cost?", versions=running.versions
)
def python_checkers(limit: Budget) -> Iterator[Row]:
    """Each peer has ten seconds a program; ``times_weft`` is its time over weft's."""
    for name, n, scenario in CASES:
        found, seconds = timed(scenario, limit)
        row = row_of(f"{name}({n})", scenario, found, seconds)
        if row.wrong or not row.counts:
            yield row
            continue
        counts: dict[str, int | str] = {"verdict": found.verdict, "states": found.states, "executions": found.executions}
        yield Row(row.label, counts, {"cpu_seconds": seconds})
        for checker in running.CHECKERS:
            yield _by(checker, name, n, violated=found.verdict == "VIOLATED", weft_seconds=seconds)


def _by(checker: str, name: str, n: int, *, violated: bool, weft_seconds: float) -> Row:
    label = f"  {name}({n}) {checker}"
    if not running.version(checker):
        return Row(label, note="not installed")
    said = running.search(checker, name, n, seconds=PEER_SECONDS)
    if not said.finished:
        note = f"not finished after {said.executions:,} executions"
        return Row(label, {"verdict": "unfinished"}, {"cpu_seconds": said.seconds}, note)
    verdict = "VIOLATED" if said.violated else "HOLDS"
    note = "" if said.violated == violated else "an order that occurs was not seen"
    counts: dict[str, int | str] = {"verdict": verdict if not note else f"{verdict}, wrongly", "executions": said.executions}
    return Row(label, counts, {"cpu_seconds": said.seconds, "times_weft": said.seconds / weft_seconds}, note)
