"""The controlled world: every thread is a greenlet, one step at a time, and the caller picks who is next.

This is the real code on real cells, with nothing remembered from one execution to the next. It serves as the oracle
for everything cleverer: replays, random walks and the naive search run here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any, NamedTuple, TypeVar

from weft.cells import world
from weft.cells.cell import Cell
from weft.cells.effects import BLOCKED, Kind, Misuse
from weft.cells.lock import Lock
from weft.cells.monitor import Event, Invoke
from weft.cells.shared import Shared
from weft.errors import CheckFailed, UsageError
from weft.scenario import Results, Scenario, Taken
from weft.worlds.faults import Fault, Wanted, broken_rule, data_race, held_at_return, invariant_fault, monitor_fault
from weft.worlds.thread import Request, SuspendedThread

CellT = TypeVar("CellT", bound=Cell)
SharedT = TypeVar("SharedT", bound=Shared)


class Visit(NamedTuple):
    """Instead of a result: something to do inside a thread before it takes its step."""

    call: Callable[[], None]


class ControlledWorld:
    """Keeps values in the cells; suspends the running thread at each step, or acts at once while nobody runs."""

    def __init__(self) -> None:
        self.running: SuspendedThread | None = None
        self.events: list[Event] = []
        self.looking = False
        self.looked: list[tuple[Cell, Any]] = []
        self.locks: list[Lock] = []
        self._counters: dict[int, Iterator[int]] = {}

    def emit(self, event: Event) -> None:
        """See ``World.emit``."""
        self.events.append(event)

    def step(self, cell: Cell, kind: Kind, operands: tuple[Any, ...]) -> Any:
        """See ``World.step``."""
        thread = self.running
        if kind.by_thread:
            operands = (world.SETUP if thread is None else thread.number, *operands)
        if thread is not None:
            answer = thread.ask(Request(cell, kind, operands))
            while type(answer) is Visit:
                answer.call()
                answer = thread.ask(Request(cell, kind, operands))
            return answer
        self.looked.append((cell, cell.value))
        if self.looking and not kind.reads_only:
            raise UsageError(f"an invariant does {cell.label}.{kind.name}; invariants only read")
        return act_alone(cell, kind, operands)

    def adopt(self, cell: CellT) -> CellT:
        """See ``World.adopt``."""
        cell.tag = self.new_tag()
        if isinstance(cell, Lock) and self.running is None:
            self.locks.append(cell)
        return cell

    def intern(self, shared: SharedT) -> SharedT:
        """See ``World.intern``."""
        return shared

    def new_tag(self) -> world.Tag:
        """See ``World.new_tag``."""
        number = world.SETUP if self.running is None else self.running.number
        return number, next(self._counters.setdefault(number, count()))


def _value_of(lock: Lock) -> Any:
    return lock.value


def act_alone(cell: Cell, kind: Kind, operands: tuple[Any, ...]) -> Any:
    """Perform a step at once, while no thread runs (set-up, final checks).

    Raises:
        CheckFailed: The step would wait for ever, or breaks its primitive's contract.
    """
    outcome = kind.effect(cell.value, *operands)
    if outcome is BLOCKED:
        raise CheckFailed(f"{cell.label}.{kind.name} would wait for ever: nobody else runs")
    if isinstance(outcome, Misuse):
        raise CheckFailed(f"{cell.label}.{kind.name}: {outcome.message}")
    cell.value = outcome[0]
    return outcome[1]


def split_events(events: Sequence[Event]) -> tuple[tuple[Event, ...], list[Event]]:
    """What a thread's events between two steps belong to: (its last step, its next step).

    A call that begins here and does not end begins with the next step; all else happened with the last one.
    """
    cut = len(events)
    while cut and isinstance(events[cut - 1], Invoke):
        cut -= 1
    return tuple(events[:cut]), list(events[cut:])


class Execution:
    """One execution of a scenario, step by step.

    Attributes:
        threads: The suspended threads, by number.
        misuse: The contract a thread broke with its last step, with the thread's number.
        fault: What is wrong with the state now, although no thread is broken.
        reached: The sometimes-conditions that some step has shown.
        events: Beginnings and ends of calls so far, with the thread's number.
        results: What the last check was given, once the execution has been judged.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._world = ControlledWorld()
        self.misuse: tuple[int, Misuse] | None = None
        self.reached: set[str] = set()
        self.events: list[tuple[int, Event]] = []
        self.results: Results | None = None
        with self._entered():
            try:
                self.setting = scenario.set_up()
            except CheckFailed as reason:
                raise UsageError(f"the set-up of {scenario.name} fails: {reason}") from reason
            self.threads = [SuspendedThread(t, f) for t, f in enumerate(self.setting.functions)]
            self._begun: list[list[Event]] = [[] for _ in self.threads]
            for thread in self.threads:
                self._resume(thread)
        self.fault = self._find_fault()

    @contextmanager
    def _entered(self) -> Iterator[None]:
        with world.activate(self._world), self._scenario.within():
            yield

    def _resume(self, thread: SuspendedThread, result: Any = None) -> None:
        self._world.running = thread
        self._world.events = []
        try:
            thread.resume(result)
        finally:
            self._world.running = None
        ended, self._begun[thread.number] = split_events(self._world.events)
        self._advance_monitor(thread.number, ended)

    def _advance_monitor(self, number: int, events: Sequence[Event]) -> None:
        self.events.extend((number, event) for event in events)
        if self.setting.history is not None:
            monitor = self.setting.history.monitor
            monitor.value = monitor.advance(monitor.value, number, events)

    def _find_fault(self) -> Fault | None:
        """The first fault of the state, in the order of ``faults.py``."""
        setting = self.setting
        if self.broken is not None:
            return None
        if setting.history is not None and (fault := monitor_fault(setting.history.monitor.value)):
            return fault
        self._world.looking = True
        try:
            with self._entered():
                for invariant in setting.invariants:
                    self._world.looked.clear()
                    if fault := invariant_fault(invariant):
                        return fault
        finally:
            self._world.looking = False
        wanted = [Wanted(t.number, *t.request) for t in self.threads if t.request is not None]
        finished = [t.number for t in self.threads if t.ended]
        return (
            data_race(setting, wanted)
            or broken_rule(setting, wanted, _value_of)
            or held_at_return(setting, finished, self._world.locks, _value_of)
        )

    @property
    def broken(self) -> int | None:
        """The number of the thread that raised or broke a contract, if any."""
        if self.misuse is not None:
            return self.misuse[0]
        return next((t.number for t in self.threads if t.error is not None), None)

    def enabled(self) -> list[int]:
        """The threads that can take a step now; none once a thread is broken or the state faulty."""
        if self.broken is not None or self.fault is not None:
            return []
        return [t.number for t in self.threads if t.request is not None and self._outcome(t.request) is not BLOCKED]

    @staticmethod
    def _outcome(request: Request) -> Any:
        return request.kind.effect(request.cell.value, *request.operands)

    def _show(self, number: int, request: Request, result: Any) -> None:
        """Note which sometimes-conditions a step shows."""
        taken = Taken(self.setting.names[number], request.cell, request.kind.name, request.operands, result)
        self.reached.update(condition.name for condition in self.setting.conditions if condition.shows(taken))

    def step(self, number: int) -> Any:
        """Let thread ``number`` take its step; its result. The thread must be enabled."""
        thread = self.threads[number]
        request = thread.request
        outcome = None if request is None else self._outcome(request)
        if request is None or outcome is None or outcome is BLOCKED:
            raise UsageError(f"thread {self.setting.names[number]} cannot take a step here")
        if isinstance(outcome, Misuse):
            self.misuse = (number, outcome)
            return None
        self._advance_monitor(number, self._begun[number])
        request.cell.value, result = outcome
        self._show(number, request, result)
        with self._entered():
            self._resume(thread, result)
        self.fault = self._find_fault()
        return result

    @property
    def finished(self) -> bool:
        """Whether every thread returned."""
        return self.broken is None and self.fault is None and all(t.request is None for t in self.threads)

    @property
    def looked(self) -> tuple[Cell, ...]:
        """The cells that the last invariant or final check has looked at so far."""
        return tuple(cell for cell, _ in self._world.looked)

    def look_afresh(self, results: Results) -> None:
        """Another check begins, and is given ``results``."""
        self._world.looked.clear()
        results.seen.clear()
        self.results = results

    def visit(self, number: int, call: Callable[[], None]) -> None:
        """Do ``call()`` inside thread ``number``, on top of its frames, before it takes the step that it waits for."""
        with self._entered():
            self._resume(self.threads[number], Visit(call))

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Nobody runs for a while, though a thread is in mid-flight: whoever looks at cells sees them, and takes no step."""
        running, self._world.running = self._world.running, None
        try:
            yield
        finally:
            self._world.running = running

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The world with nobody running, for final checks."""
        self._world.looked.clear()
        with self._entered():
            yield

    @property
    def found(self) -> tuple[tuple[Cell, Any], ...]:
        """The cells that the last check, or the code inside ``alone``, acted on, step by step with what they held before."""
        return tuple(self._world.looked)

    @property
    def locks(self) -> Sequence[Lock]:
        """The locks that the set-up made."""
        return self._world.locks

    def close(self) -> None:
        """Unwind what still waits."""
        with self._entered():
            for thread in self.threads:
                self._world.running = thread
                thread.drop()
            self._world.running = None
