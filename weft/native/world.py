"""The native world with eyes: real threads and real locks as in ``weft.worlds.native``, each step counted and some of them delayed.

Threads are known by small numbers, so that a lock's value names its holder. Everything a thread notes is its own: no lock is taken
but the one of the cell it steps on, with which the step would be taken anyway. Nothing here rests on the GIL.

A wait is not for ever: a thread that waits looks now and then whether the round has been given up, and leaves by ``GivenUp``, which
code under test does not catch. Outside threads (set-up, checks) steps are taken at once, since nobody else runs then.

Choice a reader may question: a step first tries the cell's lock and only then waits for it. That is what tells a collision from a
free cell, and costs one call more than ``with``.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import Any, NamedTuple, TypeVar

from weft.cells import world
from weft.cells.atomic import COMPARE_AND_SWAP
from weft.cells.cell import Cell
from weft.cells.effects import BLOCKED, Kind, Misuse
from weft.cells.lock import Lock
from weft.cells.monitor import Event, Invoke
from weft.cells.mutex import TRY_LOCK
from weft.cells.rwmutex import RWMutex
from weft.cells.seqcount import READ_OK
from weft.cells.shared import Shared
from weft.native.noise import Pauses
from weft.native.tallies import Ledger, Tally
from weft.scenario import Rule
from weft.search.replay import code_under_test
from weft.worlds.controlled import act_alone
from weft.worlds.ending import Waiting
from weft.worlds.faults import Fault

CellT = TypeVar("CellT", bound=Cell)
SharedT = TypeVar("SharedT", bound=Shared)

PATIENCE_SECONDS = 0.2
"""How long a thread waits before it looks whether the round was given up."""


class GivenUp(BaseException):
    """The round is over although this thread has not finished."""


class BrokeContract(BaseException):
    """A step breaks its primitive's contract, or a rule of the scenario; never an exception that code under test may handle."""

    def __init__(self, step: str, fault: Misuse | Fault) -> None:
        super().__init__(fault.message)
        self.step = step
        self.fault = fault


class Stamped(NamedTuple):
    """A call's beginning or end, with the clock: the same one for all threads, never going back."""

    at_ns: int
    event: Event


class Hand:
    """One thread as the world knows it. Written by that thread alone; others may look.

    Attributes:
        number: By which lock values name it.
        steps: Steps taken, over all rounds.
        calls: Calls finished, over all rounds.
        answers: The same by (call, what it answered if that was text).
        call: The call it is in, in a word.
        waiting: What it waits for, if it does.
        history: Beginnings and ends of its calls since it last rested.
        running: Whether it is at work in this round.
    """

    __slots__ = ("answers", "call", "calls", "history", "ledger", "made", "name", "number", "pauses", "running", "steps", "waiting")

    def __init__(self, number: int, name: str, pauses: Pauses) -> None:
        self.number = number
        self.name = name
        self.pauses = pauses
        self.ledger = Ledger()
        self.steps = 0
        self.calls = 0
        self.answers: Counter[tuple[str, str]] = Counter()
        self.call = ""
        self.waiting: Waiting | None = None
        self.history: list[Stamped] = []
        self.made: list[Shared] = []
        self.running = False


class StressWorld:
    """A world for threads that have introduced themselves by ``enter``."""

    def __init__(self) -> None:
        self.hands: Sequence[Hand] = ()
        self.given_up = False
        self.recording = False  # whether calls are noted for a history
        self.noting_made = False  # whether shared objects are noted when they are made
        self.rules: tuple[Rule, ...] = ()
        self.locks: list[Lock] = []
        self.made_alone: list[Shared] = []
        self._local = threading.local()
        self._made = count()
        self._changers: dict[int, Hand] = {}  # who last changed a cell that blocks and knows no holder, by its address

    def enter(self, hand: Hand) -> None:
        """The calling thread is this one from now on."""
        self._local.hand = hand

    # -- steps -----------------------------------------------------------------------------------------------

    def step(self, cell: Cell, kind: Kind, operands: tuple[Any, ...]) -> Any:
        """See ``World.step``."""
        hand: Hand | None = getattr(self._local, "hand", None)
        if hand is None:
            return act_alone(cell, kind, (world.SETUP, *operands) if kind.by_thread else operands)
        hand.pauses.left -= 1
        if hand.pauses.left <= 0:
            hand.pauses.pause(lambda: self._others(hand))
        if self.given_up:
            raise GivenUp
        if self.rules:
            self._obey_rules(hand, cell, kind, operands)
        tally = hand.ledger.tally(cell)
        result = self._act(hand, cell, kind, (hand.number, *operands) if kind.by_thread else operands, tally)
        hand.steps += 1
        tally.steps += 1
        if result is False:
            if kind is COMPARE_AND_SWAP or kind is TRY_LOCK:
                tally.failed_swaps += 1
            elif kind is READ_OK:
                tally.retries += 1
        return result

    def _act(self, hand: Hand, cell: Cell, kind: Kind, operands: tuple[Any, ...], tally: Tally) -> Any:
        guard = cell._guard
        if not guard.acquire(blocking=False):
            tally.collisions += 1
            guard.acquire()
        try:
            outcome = kind.effect(cell.value, *operands)
            if outcome is BLOCKED:
                outcome = self._wait(hand, cell, kind, operands, tally)
            if isinstance(outcome, Misuse):
                raise BrokeContract(f"{cell.label}.{kind.name}", outcome)
            if outcome[0] is not cell.value:
                cell.value = outcome[0]
                if cell.blocking:
                    guard.notify_all()
                    if not isinstance(cell, Lock):
                        self._changers[id(cell)] = hand
            return outcome[1]
        finally:
            guard.release()

    def _wait(self, hand: Hand, cell: Cell, kind: Kind, operands: tuple[Any, ...], tally: Tally) -> Any:
        """Wait, with the cell's lock, until the step is possible; its outcome."""
        tally.waits += 1
        hand.waiting = Waiting(hand.number, cell, kind, cell.value)
        blamed = self._blamed(cell)
        began = time.perf_counter_ns()
        outcome: Any = BLOCKED
        while outcome is BLOCKED:
            if self.given_up:
                raise GivenUp
            wait_for_cell(cell)
            outcome = kind.effect(cell.value, *operands)
        waited = time.perf_counter_ns() - began
        hand.waiting = None
        tally.waited_ns += waited
        tally.blamed[blamed] += waited
        tally.sites[_site()] += waited
        return outcome

    def _blamed(self, cell: Cell) -> tuple[str, str]:
        """Who is in the way at ``cell``: thread and call."""
        if isinstance(cell, Lock):
            holders = [number for number, _ in cell.holders(cell.value)]
            if isinstance(cell, RWMutex) and not holders:
                holders = [cell.value[1] - 1]  # the readers have left, and the writer that waited for them comes next
            found = next((self.hands[number] for number in holders if 0 <= number < len(self.hands)), None)
        else:
            found = self._changers.get(id(cell))
        return ("nobody yet", "") if found is None else (found.name, found.call)

    def _others(self, hand: Hand) -> int | None:
        """How many steps the others have taken; ``None`` if none of them is able to."""
        others = [other for other in self.hands if other is not hand]
        if not any(other.running and other.waiting is None for other in others):
            return None
        return sum(other.steps for other in others)

    def _obey_rules(self, hand: Hand, cell: Cell, kind: Kind, operands: tuple[Any, ...]) -> None:
        for rule in self.rules:
            if rule.forbids(cell, kind, operands):
                for lock in rule.locks:
                    how = lock.how_held(lock.value, hand.number)
                    if how is not None:
                        step = f"{cell.label}.{kind.name}"
                        message = f"{hand.name} is about to do {step} while it holds {lock.label}{how}"
                        raise BrokeContract(step, Fault(f"forbidden:{rule.name}", message, (hand.number,), (lock,)))

    # -- making and calling ----------------------------------------------------------------------------------

    def adopt(self, cell: CellT) -> CellT:
        """See ``World.adopt``."""
        cell.tag = self.new_tag()
        cell.prepare_native()
        if isinstance(cell, Lock) and getattr(self._local, "hand", None) is None:
            self.locks.append(cell)
        return cell

    def intern(self, shared: SharedT) -> SharedT:
        """See ``World.intern``."""
        if self.noting_made:
            hand: Hand | None = getattr(self._local, "hand", None)
            (self.made_alone if hand is None else hand.made).append(shared)
        return shared

    def new_tag(self) -> world.Tag:
        """See ``World.new_tag``."""
        return world.SETUP, next(self._made)

    def emit(self, event: Event) -> None:
        """See ``World.emit``. The clock is read before a call's first step and after its last."""
        hand: Hand | None = getattr(self._local, "hand", None)
        if hand is None:
            return
        if isinstance(event, Invoke):
            hand.call = event.operation if isinstance(event.operation, str) else type(event.operation).__name__.lower()
            hand.ledger.enter(hand.call)
            if self.recording:
                hand.history.append(Stamped(time.perf_counter_ns(), event))
        else:
            if self.recording:
                hand.history.append(Stamped(time.perf_counter_ns(), event))
            hand.calls += 1
            hand.answers[hand.call, event.result if isinstance(event.result, str) else ""] += 1


def wait_for_cell(cell: Cell) -> None:
    """Where threads wait: profilers know it by this name."""
    cell._guard.wait(PATIENCE_SECONDS)


def _site() -> str:
    """``file:line`` of the code under test that takes the step."""
    file, line, _ = code_under_test(sys._getframe(1))
    return f"{file}:{line}"
