"""Alphabets: what a program may call, how a call is carried out, and what it should answer.

    stack = Alphabet(
        setup=lambda s: Stack(),
        operations=lambda state, thread: methods(push=[st.integers(0, 2)], pop=[]),
        initial=(),
        step=what_a_stack_does,
    )

with ``what_a_stack_does(state, operation) -> (state, answer)``, a pure function: the sequential specification. That is all for a
class whose methods are the calls. ``weft fuzz FILE`` finds alphabets at module level, like races.

Choice a reader may question: the operations may depend on the model's state. It makes most calls meaningful, without the long
preludes by hand that a blind choice would need.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weft.cells.monitor import Alternatives, ModelStep, no_alternatives
from weft.fuzz.spelling import spelled
from weft.scenario import Setting

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

BEFORE = -1
"""The number of the thread for calls that come before the threads."""

Left = Mapping[Any, Any]
"""What calls have left in their ``mine``, by key: what the set-up left and no thread took away, and what the threads left."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a method: an operation of alphabets that have no operations of their own."""

    name: str
    arguments: tuple[Any, ...] = ()


def methods(**arguments: Sequence[SearchStrategy[Any]]) -> SearchStrategy[Call]:
    """Calls of the methods named, each with a strategy an argument: ``methods(push=[st.integers(0, 2)], pop=[])``."""
    from hypothesis import strategies as st

    def calls(name: str, each: Sequence[SearchStrategy[Any]]) -> SearchStrategy[Call]:
        return st.builds(lambda *values: Call(name, values), *each)

    return st.one_of([calls(name, each) for name, each in arguments.items()])


def call_method(subject: Any, operation: Call, _mine: dict[Any, Any]) -> Any:
    """What the method answers. What it raises ends the thread, which is a finding."""
    return getattr(subject, operation.name)(*operation.arguments)


def say_call(operation: Any) -> str:
    """A call for people: ``push(1)``, or an operation as Python writes it."""
    if isinstance(operation, Call):
        return f"{operation.name}({', '.join(map(repr, operation.arguments))})"
    return spelled(operation)


@dataclass(frozen=True, slots=True)
class Known:
    """A disagreement between code and specification that is known and accepted.

    A program that goes wrong counts as one of these only if it holds once the specification has ``alternatives`` too.

    Attributes:
        name: For the report.
        why: One sentence: why it is so, and why it stays.
        alternatives: What else a call may do while those other calls overlap it.
    """

    name: str
    why: str
    alternatives: Alternatives


def _no_checks(_s: Setting, _subject: Any, _left: Left) -> None:
    """The checks that every search has."""


def nothing_to_end(_subject: Any, _left: Left, _states: frozenset[Any]) -> None:
    """Nothing is checked at the end."""


@dataclass(frozen=True)
class Alphabet:
    """What programs are made of.

    Attributes:
        setup: ``setup(s)`` builds what is under test, as a race's set-up does, and returns it: a shared object.
        operations: ``operations(state, thread)`` is a Hypothesis strategy of the calls that a thread may do next, ``state`` being
            the model's as far as is known (after what comes before the threads and the thread's own calls). ``thread`` is 0, 1,
            ..., or ``BEFORE``. An operation is an immutable value; a plain strategy stands for a function that returns it.
        initial: The model's state for what ``setup`` builds.
        step: ``step(state, operation)`` is the next state and the answer. Pure.
        do: ``do(subject, operation, mine)`` carries a call out and returns its answer in the model's terms. ``mine`` is a
            dictionary of the thread's own, for handles; it begins with what the calls before the threads left in theirs.
        watch: ``watch(s, subject, left)`` adds invariants, rules and other checks, when what comes before the threads is done.
        end: ``end(subject, left, states)`` checks an execution that has ended, and raises; ``states`` are those in which the model
            may be. It may call code under test.
        alternatives: What else the specification allows while calls overlap. By default nothing.
        known: Disagreements that are known.
        say_call, say_answer: How a call and an answer read.
    """

    setup: Callable[[Setting], Any]
    operations: Callable[[Any, int], SearchStrategy[Any]] | SearchStrategy[Any]
    initial: Any
    step: ModelStep
    do: Callable[[Any, Any, dict[Any, Any]], Any] = call_method
    watch: Callable[[Setting, Any, Left], None] = _no_checks
    end: Callable[[Any, Left, frozenset[Any]], None] = nothing_to_end
    alternatives: Alternatives = no_alternatives
    known: tuple[Known, ...] = ()
    say_call: Callable[[Any], str] = say_call
    say_answer: Callable[[Any], str] = repr

    def say(self, operation: Any, answer: Any) -> str:
        """A call with its answer."""
        return f"{self.say_call(operation)} = {self.say_answer(answer)}"

    def strategy(self, state: Any, thread: int) -> SearchStrategy[Any]:
        """The calls that may come next."""
        return self.operations(state, thread) if callable(self.operations) else self.operations

    def program(self, s: Setting, *, before: Sequence[Any] = (), threads: Sequence[Sequence[Any]]) -> None:
        """Make ``s`` the race of a program: what a race file calls.

        Args:
            s: The race.
            before: Calls of the set-up, one after the other.
            threads: The calls of each thread.

        Raises:
            UsageError: The calls before the threads are not as the model says, which is no matter of threads.
        """
        from weft.fuzz.building import build
        from weft.fuzz.program import Program

        build(s, self, Program(tuple(before), tuple(map(tuple, threads))))
