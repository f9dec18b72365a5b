"""``@fuzz``: programs over an alphabet as a test, under pytest or any runner that Hypothesis works with.

    @fuzz(stack, threads=3)
    def test_every_program_is_linearizable(program):
        pass

It is a Hypothesis test: failures come back from Hypothesis' database first, ``--hypothesis-seed`` and ``@settings`` work, and what
is shrunk is the program. The function is called with each program that holds, to demand more of it if there is more.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from weft.check.paths import shown
from weft.fuzz.alphabet import Alphabet
from weft.fuzz.drawing import Shape, programs
from weft.fuzz.probe import Limits, Probe, Probed
from weft.fuzz.smallest import shortest, smallest
from weft.fuzz.telling import explained
from weft.fuzz.writing import Place, race_file, race_name
from weft.report import record

WIDTH = 100


class ProgramFailed(AssertionError):
    """A program goes wrong. The text says how, with the shortest schedule and the race to paste."""


def fuzz(
    alphabet: Alphabet,
    *,
    examples: int = 100,
    threads: int = 2,
    calls: int = 2,
    before: int = 6,
    states: int = 20_000,
    runs: int = 100,
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """Decorator: the test is run with programs over ``alphabet``, and fails if one of them goes wrong.

    Args:
        alphabet: What programs are made of.
        examples: How many to draw.
        threads: Most threads.
        calls: Most calls in each of them.
        before: Most calls drawn for before the threads.
        states: Up to how many states a program is searched.
        runs: How many random walks through one that has more.
    """
    strategy = programs(alphabet, Shape(threads=threads, calls=calls, before=before))
    from hypothesis import HealthCheck, given, settings

    limits = Limits(states=states, runs=runs)
    probe = Probe(alphabet, limits)

    def decorate(function: Callable[..., Any]) -> Callable[..., None]:
        @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(program=strategy)
        @functools.wraps(function)
        def test(*arguments: Any, **named: Any) -> None:
            found = probe(named["program"])
            if found.slug:
                raise ProgramFailed(_text(probe, found, function))
            function(*arguments, **named)

        return test

    return decorate


def _text(probe: Probe, found: Probed, function: Callable[..., Any]) -> str:
    """The finding, and its race to be pasted into a file."""
    alphabet, file = probe.alphabet, shown(function.__code__.co_filename)
    found = smallest(probe, found)
    checked = shortest(alphabet, found, probe.limits, name=race_name(alphabet, found.program), file=file)
    lines = explained(alphabet, found, checked, width=WIDTH)
    name = next((name for name, value in function.__globals__.items() if value is alphabet), "")
    if name and checked.witnesses:
        place = Place(function.__module__, name, file)
        lines += ["", race_file(alphabet, place, found, record.race(checked), file="FILE", origin=f"{file}::{function.__name__}")]
    return "\n".join(lines)
