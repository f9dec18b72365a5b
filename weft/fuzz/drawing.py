"""Drawing programs with Hypothesis: the one module that needs it.

Calls before the threads are drawn one after the other, each from what the model's state offers; those that change nothing are left
out. Calls in the threads are drawn again, a few times, while the model says that their order does not matter. So most programs have
a
conflict, and some have none that the model knows of: those find what meets only inside the code.

Shrinking is Hypothesis': fewer threads, fewer calls, and in each call the first choices of its strategy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weft.errors import UsageError
from weft.fuzz.alphabet import BEFORE, Alphabet
from weft.fuzz.program import Program, depends_on_order

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

TRIES = 8
"""How often calls for the threads are drawn until their order matters; then what was drawn last is taken all the same."""

SELDOM = 8
"""A program of one thread is drawn that much more seldom than any other number of threads."""

Draw = Callable[["SearchStrategy[Any]"], Any]

MISSING = "drawing programs needs Hypothesis, which is not installed; pip install 'weft[fuzz]'"


@dataclass(frozen=True, slots=True)
class Shape:
    """How large programs may be: threads, calls in each of them, and calls drawn for before."""

    threads: int = 2
    calls: int = 2
    before: int = 6


def require_hypothesis() -> None:
    """See that Hypothesis can be imported.

    Raises:
        UsageError: It is not installed.
    """
    from importlib.util import find_spec

    if find_spec("hypothesis") is None:
        raise UsageError(MISSING)


def programs(alphabet: Alphabet, shape: Shape) -> SearchStrategy[Program]:
    """Programs over ``alphabet``, none larger than ``shape``; now and then one of a single thread."""
    require_hypothesis()
    from hypothesis import strategies as st

    counts = st.sampled_from([1, *sorted([*range(2, shape.threads + 1)] * SELDOM)])
    often, evenly = st.sampled_from([False, True, True, True]), st.booleans()

    def calls(draw: Draw, state: Any, thread: int) -> tuple[Any, ...]:
        made: list[Any] = []
        while not made or (len(made) < shape.calls and draw(evenly)):
            made.append(draw(alphabet.strategy(state, thread)))
            state, _ = alphabet.step(state, made[-1])
        return tuple(made)

    @st.composite
    def drawn(draw: Draw) -> Program:
        state = alphabet.initial
        before: tuple[Any, ...] = ()
        for _ in range(shape.before):
            if not draw(often):
                break
            operation = draw(alphabet.strategy(state, BEFORE))
            after, _ = alphabet.step(state, operation)
            before, state = (before, state) if after == state else ((*before, operation), after)
        count = draw(counts)
        for _ in range(TRIES):
            program = Program(before, tuple(calls(draw, state, thread) for thread in range(count)))
            if count == 1 or depends_on_order(alphabet, program):
                break
        return program

    return drawn()
