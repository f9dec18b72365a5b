"""The linearizability monitor: one more cell, whose value is every explanation of the calls so far that is still possible.

A **configuration** is a state of the sequential model together with the calls under way, each still to take effect or already taken
into effect with a result. ``Invoke`` adds a call; ``Respond`` keeps the configurations in which the call can have taken effect
with the result it returned. When none is left, no order of the calls explains what they returned, and the step that showed it is
the earliest one that could.

A call's invocation counts with its first step and its response with its last, which is the strictest real-time order; so the
monitor adds no interleavings. A pending call never blocks an explanation: it may or may not have taken effect.

Source: Herlihy and Wing, TOPLAS 1990; Wing and Gong, JPDC 1993; the just-in-time form is Lowe, CCPE 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from weft.cells.cell import Cell
from weft.cells.effects import Kind
from weft.cells.values import ByEquality, identity

Transition = tuple[Any, Any]
ModelStep = Callable[[Any, Any], Transition]
"""``step(state, operation)``: the next state and the result."""

Alternatives = Callable[[Any, Any, tuple[Any, ...]], Iterable[Transition]]
"""``alternatives(state, operation, overlapping)``: what else a call may do while those other calls are under way. A result may be a
``Rest``."""


@dataclass(frozen=True)
class Rest:
    """Instead of a transition's result: the call has done a part of its work, and goes on as ``operation`` at a later instant."""

    operation: Any


def no_alternatives(_state: Any, _operation: Any, _overlapping: tuple[Any, ...]) -> Iterable[Transition]:
    """The strict reading: a call does what the model says, whatever overlaps it."""
    return ()


Say = Callable[[Any, Any], str]
"""``say(operation, result)``: a call and what it returned, for people."""


def say_by_repr(operation: Any, result: Any) -> str:
    """``operation = result``, as Python would write them."""
    return f"{operation!r} = {result!r}"


@dataclass(frozen=True, slots=True)
class Invoke:
    """A call begins."""

    operation: Any


@dataclass(frozen=True, slots=True)
class Respond:
    """The calling thread's call under way returns."""

    result: Any


Event = Invoke | Respond


@dataclass(frozen=True, slots=True)
class Call:
    """A call under way: by which thread, and its result once it has taken effect."""

    thread: int
    operation: Any
    done: bool = False
    result: Any = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """One possible explanation."""

    state: Any
    calls: frozenset[Call] = frozenset()


@dataclass(frozen=True)
class Explanations(ByEquality):
    """All configurations that are still possible."""

    configurations: frozenset[Configuration]


@dataclass(frozen=True)
class Inexplicable(ByEquality):
    """No configuration is left.

    Attributes:
        thread: Whose response it was.
        call: The call that cannot be explained and what it returned, as text.
        allowed: The same call with what the model would have allowed it to return, as texts, sorted.
    """

    thread: int
    call: str
    allowed: tuple[str, ...]

    @property
    def message(self) -> str:
        """The finding as a sentence."""
        allowed = " or ".join(self.allowed) or "nothing"
        return f"no order of the calls explains {self.call}, because the model allows only {allowed} here"


EXPLANATIONS = Kind("explanations", lambda value: (value, value), reads_only=True)


class Monitor(Cell):
    """The cell. Threads never step on it; events ride on their other steps."""

    __slots__ = ("alternatives", "model_step", "say")

    def __init__(
        self, initial: Any, model_step: ModelStep, alternatives: Alternatives = no_alternatives, say: Say | None = None
    ) -> None:
        super().__init__(Explanations(frozenset({Configuration(initial)})))
        self.model_step = model_step
        self.alternatives = alternatives
        self.say = say or say_by_repr

    def states(self) -> frozenset[Any]:
        """The model's states that are still possible; for final checks. Empty once the history is inexplicable."""
        value = self._step(EXPLANATIONS)
        return frozenset(c.state for c in value.configurations) if isinstance(value, Explanations) else frozenset()

    def renamed(self, value: Any, rename: Callable[[int], int]) -> Any:
        """See ``Cell.renamed``."""
        if isinstance(value, Inexplicable):
            return replace(value, thread=rename(value.thread))
        return Explanations(
            frozenset(
                Configuration(c.state, frozenset(replace(call, thread=rename(call.thread)) for call in c.calls))
                for c in value.configurations
            )
        )

    def advance(self, value: Any, thread: int, events: Iterable[Event]) -> Any:
        """The monitor's value after ``thread``'s ``events``: ``Explanations``, or ``Inexplicable`` for good. Pure."""
        for event in events:
            if isinstance(value, Inexplicable):
                return value
            if isinstance(event, Invoke):
                value = _invoke(value, Call(thread, event.operation))
            else:
                value = self._respond(value, thread, event.result)
        return value

    def _respond(self, before: Explanations, thread: int, result: Any) -> Explanations | Inexplicable:
        kept: set[Configuration] = set()
        seen = set(before.configurations)
        work = list(before.configurations)
        allowed: set[str] = set()
        operation: Any = None
        wanted = identity(result)
        while work:
            configuration = work.pop()
            own = next(call for call in configuration.calls if call.thread == thread)
            operation = own.operation
            if own.done:
                allowed.add(self.say(operation, own.result))
                if identity(own.result) == wanted:
                    kept.add(Configuration(configuration.state, configuration.calls - {own}))
                if self.alternatives is no_alternatives:
                    continue  # whatever else takes effect may as well do so later; what overlaps this call may not
            for following in self._effects(configuration):
                if following not in seen:
                    seen.add(following)
                    work.append(following)
        if kept:
            return Explanations(frozenset(kept))
        return Inexplicable(thread, self.say(operation, result), tuple(sorted(allowed)))

    def _effects(self, configuration: Configuration) -> Iterable[Configuration]:
        """Every way in which one more call takes effect."""
        for call in configuration.calls:
            if call.done:
                continue
            overlapping = tuple(other.operation for other in configuration.calls if other is not call)
            strict = self.model_step(configuration.state, call.operation)
            for state, result in (strict, *self.alternatives(configuration.state, call.operation, overlapping)):
                if isinstance(result, Rest):
                    taken = Call(call.thread, result.operation)
                else:
                    taken = Call(call.thread, call.operation, done=True, result=result)
                yield Configuration(state, configuration.calls - {call} | {taken})


def _invoke(value: Explanations, call: Call) -> Explanations:
    return Explanations(frozenset(Configuration(c.state, c.calls | {call}) for c in value.configurations))
