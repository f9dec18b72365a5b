"""Critical sections under one lock run in every order.

The smallest test of any reduction: a rival that took the lock's own order for given saw one order of two, and called the property
proved. With n threads that each append a letter under the lock, all n! logs must be seen, each by exactly one interleaving.
"""

from __future__ import annotations

from itertools import permutations
from math import factorial

import pytest

from tests.programs.making import assert_all_engines_agree, merged, program
from weft import Field, Mutex, Results, Setting, require


def logging(n: int, *, rounds: int = 1):
    """n threads append their letter to a log, under one lock, ``rounds`` times each."""

    def build(s: Setting) -> None:
        lock, log = Mutex(), Field("")

        def append(letter: str) -> None:
            for _ in range(rounds):
                with lock:
                    log.write(log.read() + letter)

        for letter in "abc"[:n]:
            s.thread(append, letter, name=letter)

        s.observe(lambda _: log.read())

    return program(f"log-{n}-{rounds}", build, data_races=True)


@pytest.mark.parametrize("n", [2, 3])
def test_every_order_of_the_critical_sections_is_seen(n: int):
    found = assert_all_engines_agree(logging(n))
    assert found.verdict == "HOLDS"
    assert {outcome[2][0] for outcome in found.outcomes} == {"".join(order) for order in permutations("abc"[:n])}
    assert found.interleavings == factorial(n)


@pytest.mark.parametrize(("n", "rounds", "logs"), [(2, 2, 6), (2, 3, 20), (3, 2, 90)])
def test_every_order_is_seen_where_threads_come_back(n: int, rounds: int, logs: int):
    """A multinomial number of logs: (n * rounds)! / rounds!**n."""
    found = merged(logging(n, rounds=rounds))
    assert (found.verdict, len(found.outcomes), found.interleavings) == ("HOLDS", logs, logs)
    assert logs == factorial(n * rounds) // factorial(rounds) ** n


@pytest.mark.parametrize("first", ["init", "use"])
def test_the_verdict_does_not_depend_on_the_order_in_which_threads_are_listed(first: str):
    """One thread connects under the lock, the other uses the connection under the same lock, before or after."""

    def build(s: Setting) -> None:
        lock, connection = Mutex(), Field(None)

        def init() -> None:
            with lock:
                connection.write("open")

        def use() -> str | None:
            with lock:
                return connection.read()

        for function in (init, use) if first == "init" else (use, init):
            s.thread(function)

        @s.final
        def connected(results: Results) -> None:
            require(results["use"] == "open", "used before it was open")

    found = merged(program("init-order", build, data_races=True))
    assert (found.verdict, found.interleavings) == ("VIOLATED", 2)
    assert [v.slug for v in found.violations] == ["final:connected"]
