"""The controlled world: every thread is a greenlet, one step at a time, and the caller picks who is next.

This is the real code on real cells, with nothing remembered from one execution to the next. It serves as the oracle
for everything cleverer: replays, random walks and the naive search run here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeVar

from weft.cells import world
from weft.cells.cell import Cell
from weft.cells.effects import BLOCKED, Kind, Misuse
from weft.cells.shared import Shared
from weft.errors import CheckFailed, UsageError
from weft.scenario import Results, Scenario
from weft.worlds.thread import Request, SuspendedThread

CellT = TypeVar("CellT", bound=Cell)
SharedT = TypeVar("SharedT", bound=Shared)


class ControlledWorld:
    """Keeps values in the cells; suspends the running thread at each step, or acts at once while nobody runs."""

    def __init__(self) -> None:
        self.running: SuspendedThread | None = None
        self._counters: dict[int, Iterator[int]] = {}

    def step(self, cell: Cell, kind: Kind, operands: tuple[Any, ...]) -> Any:
        """See ``World.step``."""
        thread = self.running
        if kind.by_thread:
            operands = (world.SETUP if thread is None else thread.number, *operands)
        if thread is not None:
            return thread.ask(Request(cell, kind, operands))
        return act_alone(cell, kind, operands)

    def adopt(self, cell: CellT) -> CellT:
        """See ``World.adopt``."""
        cell.tag = self.new_tag()
        return cell

    def intern(self, shared: SharedT) -> SharedT:
        """See ``World.intern``."""
        return shared

    def new_tag(self) -> world.Tag:
        """See ``World.new_tag``."""
        number = world.SETUP if self.running is None else self.running.number
        return number, next(self._counters.setdefault(number, count()))


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


class Execution:
    """One execution of a scenario, step by step.

    Attributes:
        threads: The suspended threads, by number.
        misuse: The contract a thread broke with its last step, with the thread's number.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._world = ControlledWorld()
        self.misuse: tuple[int, Misuse] | None = None
        with self._entered():
            try:
                self.setting = scenario.set_up()
            except CheckFailed as reason:
                raise UsageError(f"the set-up of {scenario.name} fails: {reason}") from reason
            self.threads = [SuspendedThread(t, f) for t, f in enumerate(self.setting.functions)]
            for thread in self.threads:
                self._resume(thread)

    @contextmanager
    def _entered(self) -> Iterator[None]:
        with world.activate(self._world), self._scenario.within():
            yield

    def _resume(self, thread: SuspendedThread, result: Any = None) -> None:
        self._world.running = thread
        try:
            thread.resume(result)
        finally:
            self._world.running = None

    @property
    def broken(self) -> int | None:
        """The number of the thread that raised or broke a contract, if any."""
        if self.misuse is not None:
            return self.misuse[0]
        return next((t.number for t in self.threads if t.error is not None), None)

    def enabled(self) -> list[int]:
        """The threads that can take a step now; none once a thread is broken."""
        if self.broken is not None:
            return []
        return [t.number for t in self.threads if t.request is not None and self._outcome(t.request) is not BLOCKED]

    @staticmethod
    def _outcome(request: Request) -> Any:
        return request.kind.effect(request.cell.value, *request.operands)

    def step(self, number: int) -> Any:
        """Let thread ``number`` take its step; its result. The thread must be enabled."""
        thread = self.threads[number]
        request = thread.request
        outcome = None if request is None else self._outcome(request)
        if request is None or outcome is BLOCKED:
            raise UsageError(f"thread {self.setting.names[number]} cannot take a step here")
        if isinstance(outcome, Misuse):
            self.misuse = (number, outcome)
            return None
        request.cell.value, result = outcome  # type: ignore[misc]
        with self._entered():
            self._resume(thread, result)
        return result

    @property
    def finished(self) -> bool:
        """Whether every thread returned."""
        return self.broken is None and all(t.request is None for t in self.threads)

    def results(self) -> Results:
        """What the threads returned; ``None`` for those that have not."""
        return Results(self.setting.names, [t.value for t in self.threads])

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The world with nobody running, for final checks."""
        with self._entered():
            yield

    def close(self) -> None:
        """Unwind what still waits."""
        with self._entered():
            for thread in self.threads:
                self._world.running = thread
                thread.drop()
            self._world.running = None
