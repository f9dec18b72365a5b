"""Scenarios: a set-up that builds shared state, threads that work on it, and what to check.

A scenario is written as one function that receives a ``Setting``::

    @scenario(expect="VIOLATED", why="add is split into load and store")
    def lost_update(s: Setting) -> None:
        counter = AtomicInt64(0)

        def add_one() -> None:
            counter.store(counter.load() + 1)

        s.thread(add_one, name="first")
        s.thread(add_one, name="second")

        @s.final
        def both_counted(results: Results) -> None:
            require(counter.load() == 2, f"counter is {counter.load()}, expected 2")

The function is the set-up: it runs alone, before any thread, once per search and once per replay. Threads share
only cells and shared objects; a list or a plain object reached by a thread is a ``SharedStateError``.
"""

from __future__ import annotations

import inspect
import string
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from weft.cells import world
from weft.cells.cell import Cell
from weft.cells.effects import Kind
from weft.cells.lock import Lock
from weft.cells.monitor import Alternatives, Invoke, ModelStep, Monitor, Respond, Say, no_alternatives, say_by_repr
from weft.cells.shared import Shared
from weft.errors import UsageError

Verdict = Literal["HOLDS", "HOLDS_WITHIN_BOUND", "VIOLATED", "INCONCLUSIVE"]
"""What a search says. ``INCONCLUSIVE`` is never a pass."""

ThreadFunction = Callable[[], Any]
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class Results(Sequence[Any]):
    """What the threads returned, by number or by thread name.

    Attributes:
        seen: The numbers of the threads whose results somebody has looked at.
    """

    __slots__ = ("_names", "_values", "seen")

    def __init__(self, names: Sequence[str], values: Sequence[Any]) -> None:
        self._names = tuple(names)
        self._values = tuple(values)
        self.seen: set[int] = set()

    def __getitem__(self, which: Any) -> Any:
        if isinstance(which, str):
            if which not in self._names:
                raise UsageError(f"no thread is called {which!r}; threads: {', '.join(self._names)}")
            which = self._names.index(which)
        chosen = range(len(self._values))[which]
        self.seen.update(chosen if isinstance(which, slice) else (chosen,))
        return self._values[which]

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self[:])

    def __repr__(self) -> str:
        self.seen.update(range(len(self._values)))
        return ", ".join(f"{name} = {value!r}" for name, value in zip(self._names, self._values, strict=True))


@dataclass(frozen=True, slots=True)
class Check:
    """A named check at the end: ``function(results)`` raises when it does not hold."""

    name: str
    function: Callable[[Results], Any]


@dataclass(frozen=True, slots=True)
class Invariant:
    """A named check of every state: ``function()`` raises when it does not hold; asked where ``applies()`` is true."""

    name: str
    function: Callable[[], Any]
    applies: Callable[[], bool] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Steps that a thread must not take while it holds one of some locks."""

    name: str
    forbids: Callable[[Cell, Kind, tuple[Any, ...]], bool]
    locks: tuple[Lock, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that some thread took, as sometimes-conditions see it."""

    thread: str
    cell: Cell
    kind: str
    operands: tuple[Any, ...]
    result: Any


@dataclass(frozen=True, slots=True)
class Sometimes:
    """A situation that must be reached: a search in which no step shows it has missed its subject."""

    name: str
    shows: Callable[[Taken], bool]


class History(Shared):
    """Calls that must be explained by a sequential model. Made by ``Setting.linearizable``."""

    def __init__(self, initial: Any, model_step: ModelStep, alternatives: Alternatives, say: Say) -> None:
        self.name = "history"
        self.monitor = Monitor(initial, model_step, alternatives, say)

    def call(self, operation: Any, function: Callable[..., Any], *arguments: Any, says: Callable[[Any], Any] | None = None) -> Any:
        """Return ``function(*arguments)``, which must be explicable as the model's ``operation``.

        The call begins with its first step and ends with its last. What it returns, or what ``says`` makes of it, is
        compared with the model's result, so it must be an immutable value; an exception ends the thread.
        """
        world.current.emit(Invoke(operation))
        result = function(*arguments)
        world.current.emit(Respond(result if says is None else says(result)))
        return result


@dataclass(slots=True)
class Setting:
    """What a scenario's set-up fills in: threads in order, what to check and when, and what counts as the outcome."""

    names: list[str] = field(default_factory=list)
    functions: list[ThreadFunction] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    observers: list[Check] = field(default_factory=list)
    invariants: list[Invariant] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    conditions: list[Sometimes] = field(default_factory=list)
    history: History | None = None
    data_races: bool = True
    lock_order: bool = True
    alike: list[tuple[int, ...]] = field(default_factory=list)

    def threads(self, count: int, function: FunctionT, *arguments: Any, name: str | None = None) -> FunctionT:
        """Add ``count`` threads that call the same ``function(*arguments)`` and may stand for each other.

        All checks and observers must treat them alike: what they say of an execution they must say of the same one with the threads
        in other roles. Then ``--reduce`` takes states that differ only in who is who for one.
        """
        first = len(self.names)
        called = _bound(function, arguments) if arguments else function
        for _ in range(count):
            self.thread(called, name=name)
        self.alike.append(tuple(range(first, first + count)))
        return function

    def thread(self, function: FunctionT, *arguments: Any, name: str | None = None) -> FunctionT:
        """Add a thread that calls ``function(*arguments)``; usable as a decorator.

        Args:
            function: Ordinary Python. What it returns must be immutable; it is part of the outcome.
            arguments: Passed on.
            name: How traces call the thread; by default the function's name, numbered if taken.
        """
        wanted = name or function.__name__.strip("_<>")
        self.names.append(_fresh(wanted, taken=self.names))
        self.functions.append(_bound(function, arguments) if arguments else function)
        return function

    def final(self, check: FunctionT) -> FunctionT:
        """Check ``check(results)`` whenever all threads have finished. Raise (``require``) when it does not hold.

        It may call code under test, for instance to release everything and look for leaks.
        """
        self.checks.append(Check(check.__name__, check))
        return check

    def observe(self, look: FunctionT) -> FunctionT:
        """Make the immutable value of ``look(results)`` a part of the outcome."""
        self.observers.append(Check(look.__name__, look))
        return look

    def invariant(self, check: FunctionT, *, applies: Callable[[], bool] | None = None) -> FunctionT:
        """Check ``check()`` in every state, or in those where ``applies()`` is true. Usable as a decorator.

        It reads cells and raises (``require``) when it does not hold. It must not write.
        """
        self.invariants.append(Invariant(check.__name__, check, applies))
        return check

    def invariant_when(self, applies: Callable[[], bool]) -> Callable[[FunctionT], FunctionT]:
        """Decorator: an invariant that is asked only in states where ``applies()`` is true."""

        def mark(check: FunctionT) -> FunctionT:
            self.invariant(check, applies=applies)
            return check

        return mark

    def never_while_holding(self, *locks: Lock) -> Callable[[FunctionT], FunctionT]:
        """Decorator: the steps that ``forbids(cell, kind, operands)`` names must not be taken holding one of ``locks``.

        A reader/writer lock counts as held for reading and for writing alike.
        """

        def mark(forbids: FunctionT) -> FunctionT:
            self.rules.append(Rule(forbids.__name__, forbids, locks))
            return forbids

        return mark

    def sometimes(self, shows: FunctionT) -> FunctionT:
        """Demand that some step of some execution shows a situation; ``shows(taken)`` recognises it."""
        self.conditions.append(Sometimes(shows.__name__, shows))
        return shows

    def linearizable(
        self,
        initial: Any,
        model_step: ModelStep,
        *,
        alternatives: Alternatives = no_alternatives,
        say: Say = say_by_repr,
    ) -> History:
        """Check calls against a sequential model: ``model_step(state, operation)`` is the next state and the result.

        Wrap each call: ``history.call(operation, function, *arguments)``. At most one history a scenario.

        Args:
            initial: The model's state when the threads start.
            model_step: Pure.
            alternatives: What else a call may do while others overlap it: ``alternatives(state, operation,
                overlapping)``. By default nothing.
            say: How a call and its result read in a finding.
        """
        if self.history is not None:
            raise UsageError("a scenario can have one history; put all operations into one model")
        self.history = History(initial, model_step, alternatives, say)
        return self.history

    def letters(self) -> tuple[str, ...]:
        """One letter a thread for schedules: first letters of the names if they differ, else a, b, c..."""
        firsts = tuple(name[0].lower() for name in self.names)
        if len(set(firsts)) == len(firsts) and all(letter in string.ascii_lowercase for letter in firsts):
            return firsts
        return tuple(string.ascii_lowercase[: len(self.names)])


def _bound(function: Callable[..., Any], arguments: tuple[Any, ...]) -> ThreadFunction:
    def call() -> Any:
        return function(*arguments)

    return call


def _fresh(wanted: str, *, taken: Sequence[str]) -> str:
    if wanted not in taken:
        return wanted
    return next(f"{wanted}-{k}" for k in range(2, len(taken) + 3) if f"{wanted}-{k}" not in taken)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A set-up with what is expected of it.

    Attributes:
        name: Unique in its file.
        build: The set-up.
        expect: The verdict a correct search must give.
        why: One sentence: why that verdict is right.
        violates: For ``VIOLATED``: the start of the violation's slug (``deadlock``, ``final:no_leak``).
        within: Entered around set-up and execution, for planted bugs that replace a function of the code under
            test from outside.
        slow: Left out unless asked for.
        file: Where it was written.
        line: The same.
    """

    name: str
    build: Callable[[Setting], None]
    expect: Verdict = "HOLDS"
    why: str = ""
    violates: str = ""
    within: Callable[[], AbstractContextManager[Any]] = nullcontext
    slow: bool = False
    file: str = ""
    line: int = 0

    def set_up(self) -> Setting:
        """Run the set-up in the current world.

        Raises:
            UsageError: It makes no thread, or more than the 26 that schedules have letters for.
        """
        setting = Setting()
        self.build(setting)
        if not 1 <= len(setting.functions) <= len(string.ascii_lowercase):
            raise UsageError(f"scenario {self.name} makes {len(setting.functions)} threads; 1 to 26 are possible")
        return setting


def scenario(
    *,
    expect: Verdict = "HOLDS",
    why: str = "",
    violates: str = "",
    within: Callable[[], AbstractContextManager[Any]] = nullcontext,
    slow: bool = False,
    name: str | None = None,
) -> Callable[[Callable[[Setting], None]], Scenario]:
    """Turn a set-up function into a ``Scenario`` that ``weft check`` finds in its file. See ``Scenario``."""
    if expect not in ("HOLDS", "VIOLATED"):
        raise UsageError(f"a scenario can expect HOLDS or VIOLATED, not {expect!r}")

    def make(build: Callable[[Setting], None]) -> Scenario:
        line = build.__code__.co_firstlineno
        return Scenario(
            name=name or build.__name__,
            build=build,
            expect=expect,
            why=why or inspect.cleandoc(build.__doc__ or ""),
            violates=violates,
            within=within,
            slow=slow,
            file=build.__code__.co_filename,
            line=line,
        )

    return make
