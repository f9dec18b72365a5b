"""A program as a race: its set-up, its threads, its checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weft.cells.values import identity
from weft.check.paths import said
from weft.errors import UsageError
from weft.fuzz.alphabet import Alphabet, nothing_to_end
from weft.fuzz.program import Program, names
from weft.scenario import History, Results, Scenario, Setting

Pairs = tuple[tuple[Any, Any], ...]


class BeforeDisagrees(UsageError):
    """What comes before the threads is not as the model says: a finding of one thread."""


def race(alphabet: Alphabet, program: Program, *, name: str = "program", file: str = "") -> Scenario:
    """The race of a program, which is expected to hold."""

    def fill(s: Setting) -> None:
        build(s, alphabet, program)

    return Scenario(name, fill, file=file)


def build(s: Setting, alphabet: Alphabet, program: Program) -> None:
    """See ``Alphabet.program``."""
    if not program.threads or not all(program.threads):
        raise UsageError("a program needs at least one thread, and each thread a call")
    subject = alphabet.setup(s)
    state, left = _before(alphabet, subject, program.before)
    alphabet.watch(s, subject, dict(left))
    history = s.linearizable(state, alphabet.step, alternatives=alphabet.alternatives, say=alphabet.say)
    checked = alphabet.end is not nothing_to_end
    for name, calls in zip(names(alphabet, program), program.threads, strict=True):
        s.thread(_caller(alphabet.do, subject, history, calls, left, tells=checked), name=name)
    if not checked:
        return

    @s.final
    def the_end_is_one_of_the_model(results: Results) -> None:
        alphabet.end(subject, _kept(left, [dict(pairs) for _, pairs in results]), history.monitor.states())


def _before(alphabet: Alphabet, subject: Any, calls: tuple[Any, ...]) -> tuple[Any, Pairs]:
    """Do the calls before the threads on both sides: the model's state and what they left."""
    state, mine = alphabet.initial, dict[Any, Any]()
    for operation in calls:
        state, expected = alphabet.step(state, operation)
        try:
            answered = alphabet.do(subject, operation, mine)
        except Exception as error:  # a lock that is never free again is a UsageError of the set-up
            raise BeforeDisagrees(f"before the threads, {alphabet.say_call(operation)} raises {said(error)}; {_ADVICE}") from error
        if identity(answered) != identity(expected):
            seen, allowed = alphabet.say(operation, answered), alphabet.say_answer(expected)
            raise BeforeDisagrees(f"before the threads, {seen}, and the model says {allowed}; {_ADVICE}")
    return state, tuple(mine.items())


_ADVICE = "no thread is needed to show it: let one thread do these calls"


def _caller(
    do: Callable[..., Any], subject: Any, history: History, calls: tuple[Any, ...], left: Pairs, *, tells: bool
) -> Callable[[], Any]:
    """A thread's function: it returns its answers and, where that is checked at the end, what it has left."""

    def call() -> Any:
        mine = dict(left)
        answers: tuple[Any, ...] = ()
        for operation in calls:
            answers = (*answers, history.call(operation, do, subject, operation, mine))
        return (answers, tuple(mine.items())) if tells else answers

    return call


def _kept(before: Pairs, after: list[dict[Any, Any]]) -> dict[Any, Any]:
    """What is still there: what was left before the threads and none of them took away, and what the threads added."""
    inherited = dict(before)
    kept = {key: value for key, value in before if all(mine.get(key) is value for mine in after)}
    for mine in after:
        kept |= {key: value for key, value in mine.items() if inherited.get(key) is not value}
    return kept
