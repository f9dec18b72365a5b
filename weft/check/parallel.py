"""Searching races in several processes at once, with the answers that one process gives.

Each race is searched by one worker process, which collects it again by ``FILE::RACE`` (a scenario does not pickle) and sends back a
record of what came out, not the exploration (values of the code under test need not pickle either). Answers are in the order of the
races, whatever order they came in; races of many threads begin first, as they take longest (how many is for a worker to find out,
since a set-up may do anything). A worker that dies is the answer of its race; another one takes its place.

Ctrl-C reaches the parent only. It raises a flag which the searches see at their next pulse, so that they end as they would in one
process; who has not answered after ``GRACE_SECONDS`` is killed. Workers whose parent dies end themselves.

Choice a reader may question: an executor of one worker for each slot instead of one of N. When a worker of a larger executor dies,
all its futures break and none says whose fault it was.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from typing import Any, Generic, Protocol, TypeVar

from weft.cells import world
from weft.check.collect import Race, collect
from weft.check.judge import Judgement
from weft.check.paths import said, scrubbed
from weft.check.run import INTERRUPTED, Checked, Plan, Watcher, check
from weft.errors import EngineBug, WeftError
from weft.scenario import Scenario
from weft.search.pulse import LookAhead
from weft.worlds.controlled import ControlledWorld

RecordT = TypeVar("RecordT")
Record = Callable[[Checked], RecordT]
"""What to keep of an answer: a function at module level whose value pickles."""

GRACE_SECONDS = 2.0
"""How long searches may take to answer after Ctrl-C."""

REFRESH_SECONDS = 0.1
_JOIN_SECONDS = 5.0
_SIZES = -1
"""Stands for a race's number where a worker counts threads."""
_STATES, _TRANSITIONS, _SECONDS, _STOP = range(4)


@dataclass(frozen=True, slots=True)
class Running:
    """A search that goes on in a worker; ``states`` is 0 while it is building."""

    race: Race
    states: int
    transitions: int
    seconds: float


class ParallelWatcher(Watcher, Protocol):
    """Who wants to see the progress of several searches at once."""

    def running(self, searches: Sequence[Running], *, done: int, total: int) -> None:
        """These go on; ``done`` of ``total`` races have answered. Called again and again."""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_each(races: Sequence[Race], plan: Plan, *, jobs: int, record: Record[RecordT], watcher: ParallelWatcher) -> list[RecordT]:
    """Search every race, ``jobs`` at a time; one record each, in their order. With one job (or race) all happens here.

    Args:
        races: What to search.
        plan: How; the budget is for each race.
        jobs: At most how many worker processes; what is left over with fewer races goes to threads inside each search.
        record: Applied to each answer, in the worker.
        watcher: For progress.
    """
    plan = replace(plan, cores=max(1, jobs // len(races)))
    jobs = min(jobs, len(races))
    if jobs <= 1:
        return [record(checked) for checked in check(races, plan, watcher=watcher)]
    return _Parallel(races, plan, jobs, record).run(watcher)


class _Parallel(Generic[RecordT]):
    def __init__(self, races: Sequence[Race], plan: Plan, jobs: int, record: Record[RecordT]) -> None:
        self._races = races
        self._plan = plan
        self._record = record
        self._waiting = deque(range(len(races)))
        self._answers: dict[int, RecordT] = {}
        self._slots = [_Slot() for _ in range(jobs)]

    def run(self, watcher: ParallelWatcher) -> list[RecordT]:
        try:
            with suppress(KeyboardInterrupt):
                self._ask_for_sizes()
                while self._start() or self._busy():
                    wait([slot.future for slot in self._busy()], timeout=REFRESH_SECONDS, return_when=FIRST_COMPLETED)
                    self._gather()
                    self._tell(watcher)
            with suppress(KeyboardInterrupt):
                self._interrupt()
            self._gather()
        finally:
            for slot in self._slots:
                slot.close()
        return [self._answer(number) for number in range(len(self._races))]

    def _busy(self) -> list[_Slot]:
        return [slot for slot in self._slots if slot.number is not None]

    def _ask_for_sizes(self) -> None:
        """Let one worker count the threads of all races, while the others begin."""
        if len(self._races) > len(self._slots):
            self._slots[0].begin(_SIZES, _threads_of, [race.name for race in self._races])

    def _sort(self, slot: _Slot) -> None:
        """Begin with the largest of what is left. Without an answer (a set-up ended the worker) the order stays."""
        try:
            threads = slot.future.result()
            self._waiting = deque(sorted(self._waiting, key=lambda number: -threads[number]))
        except Exception:
            slot.bury()

    def _start(self) -> bool:
        """Give races to the idle; whether any was left to give."""
        left = bool(self._waiting)
        for slot in self._slots:
            if slot.number is None and self._waiting:
                race = self._races[self._waiting[0]]
                slot.begin(self._waiting.popleft(), _search, race.name, self._plan, self._record)
        return left

    def _gather(self) -> None:
        for slot in self._busy():
            if slot.number == _SIZES and slot.future.done():
                self._sort(slot)
                slot.number = None
            elif slot.number is not None and slot.future.done():
                self._answers[slot.number] = self._result(self._races[slot.number], slot)
                slot.number = None

    def _result(self, race: Race, slot: _Slot) -> RecordT:
        try:
            return slot.future.result()  # type: ignore[no-any-return]
        except BrokenProcessPool:
            judgement, reason = death(slot.bury())
        except EngineBug as bug:
            judgement, reason = Judgement.ENGINE_BUG, scrubbed(str(bug))
        except WeftError as error:
            judgement, reason = Judgement.ERROR, scrubbed(str(error))
        except Exception as error:
            judgement, reason = Judgement.ENGINE_BUG, f"its worker raised {said(error)}"
        return self._record(Checked(race, judgement, reason))

    def _tell(self, watcher: ParallelWatcher) -> None:
        searches = [slot.running(self._races[slot.number]) for slot in self._busy() if slot.number not in (None, _SIZES)]
        watcher.running(searches, done=len(self._answers), total=len(self._races))

    def _interrupt(self) -> None:
        """After Ctrl-C, and after a run to the end, when it does nothing: ask who still searches to come to an end."""
        for slot in self._busy():
            slot.shared[_STOP] = 1.0
        wait([slot.future for slot in self._busy()], timeout=GRACE_SECONDS)

    def _answer(self, number: int) -> RecordT:
        if number in self._answers:
            return self._answers[number]
        begun = any(slot.number == number for slot in self._slots)
        reason = f"{INTERRUPTED} came before {'its search could answer' if begun else 'it'}"
        return self._record(Checked(self._races[number], Judgement.NOT_RUN, reason))


class _Slot:
    """A place for one worker process, started when there is something to search.

    ``number`` is the race that it works on, ``future`` its answer, ``shared`` memory in which it shows how far it is and sees
    whether to stop.
    """

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._executor: ProcessPoolExecutor | None = None
        self._process: BaseProcess | None = None
        self.shared = self._context.RawArray("d", 4)
        self.number: int | None = None
        self.future: Future[Any] = Future()

    def begin(self, number: int, function: Callable[..., Any], *arguments: Any) -> None:
        self.shared[:] = [0.0] * 4
        if self._executor is None:
            self._executor = ProcessPoolExecutor(1, mp_context=self._context, initializer=_begin, initargs=(self.shared,))
        others = set(multiprocessing.active_children())
        with _interrupts_held_back():
            self.future = self._executor.submit(function, *arguments)
            self.number = number
            self._process = next(iter(set(multiprocessing.active_children()) - others), self._process)

    def running(self, race: Race) -> Running:
        return Running(race, int(self.shared[_STATES]), int(self.shared[_TRANSITIONS]), self.shared[_SECONDS])

    def bury(self) -> int | None:
        """Forget the dead worker; its exit code, or minus the number of the signal that killed it."""
        process = self._process
        self.close()
        return None if process is None else process.exitcode

    def close(self) -> None:
        """End the worker, by force if it is at work."""
        if self._process is not None and not self.future.done():
            self._process.kill()
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
        if self._process is not None:
            self._process.join(_JOIN_SECONDS)
        self._executor = self._process = None


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Hold Ctrl-C back while a worker starts, which inherits that; it would die of it before it could ignore it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def death(code: int | None) -> tuple[Judgement, str]:
    """What the end of a worker means for its race."""
    if code in (-signal.SIGKILL, -signal.SIGTERM):
        how = f"was killed by {signal.Signals(-code).name}, often because memory ran out; --max-memory ends a search before"
        return Judgement.INCONCLUSIVE, f"the process that searched it {how}"
    if code is not None and code >= 0:
        return Judgement.ERROR, f"the process that searched it exited with code {code}; a race must not end its process"
    how = "died" if code is None else f"was killed by {signal.Signals(-code).name}"
    return Judgement.ENGINE_BUG, f"the process that searched it {how}"


# In the worker.

_shared: Any = None
"""The memory shared with the parent."""


def _begin(shared: Any) -> None:
    global _shared  # noqa: PLW0603 - what an initializer leaves for the calls
    _shared = shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class _Pulse:
    """A ``Watcher`` that shows the parent how far the search is, and ends it when the parent says so."""

    def begin(self, race: Race, *, number: int, total: int) -> None:
        """See ``Watcher``."""

    def pulse(self, states: int, transitions: int, seconds: float, look_ahead: LookAhead | None = None) -> None:  # noqa: ARG002
        """See ``Watcher``."""
        _shared[_STATES], _shared[_TRANSITIONS], _shared[_SECONDS] = states, transitions, seconds
        if _shared[_STOP]:
            raise KeyboardInterrupt


def _threads_of(names: Sequence[str]) -> list[int]:
    """How many threads each race has; 0 where the set-up fails."""
    return [_threads(race.scenario) for race in collect(names)]


def _threads(scenario: Scenario) -> int:
    try:
        with world.activate(ControlledWorld()), scenario.within():
            return len(scenario.set_up().functions)
    except (Exception, SystemExit):
        return 0


def _search(name: str, plan: Plan, record: Record[RecordT]) -> RecordT:
    races = collect([name])
    [checked] = check(races, plan, watcher=_Pulse())
    return record(checked)
