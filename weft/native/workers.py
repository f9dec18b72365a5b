"""Threads that live as long as the run and work in rounds: all start together, and the round is over when the last has finished.

Between two rounds nobody else runs: that is a quiescent point, at which everything may be looked at.

A round need not end. If every unfinished thread waits for a cell, and none of those steps is possible, none ever will be: that is
a deadlock, certain, and known by name. If no call has ended for a long time otherwise, it is a hang: what each thread does is then
told by their stacks. Threads that still take steps are stopped at the next one; others are abandoned, since nothing can stop them.
"""

from __future__ import annotations

import faulthandler
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from weft.cells.effects import BLOCKED
from weft.native.world import GivenUp, Hand, StressWorld
from weft.worlds.ending import Waiting

LOOK_SECONDS = 0.1
UNWIND_SECONDS = 2.0


@dataclass(slots=True)
class Round:
    """How a round went.

    Attributes:
        values: What each thread returned; ``None`` for one that did not.
        errors: What threads raised, by number, the first one first.
        deadlock: The waits of all unfinished threads, if that is how it ended.
        hung: The numbers of the threads that did not come to an end, if that is how it ended.
        steps_when_hung: How many steps were taken since a call last ended.
        stacks: What every thread was doing then.
        stuck: Whether threads of a hang could not be stopped: they take no steps, so nothing reaches them.
    """

    values: list[Any]
    errors: list[tuple[int, BaseException]] = field(default_factory=list)
    deadlock: tuple[Waiting, ...] = ()
    hung: tuple[int, ...] = ()
    steps_when_hung: int = 0
    stacks: str = ""
    stuck: bool = False


class Workers:
    """The threads. Use as a context manager, with ``world`` in force.

    Args:
        world: Theirs.
        hang_seconds: A round in which no call has ended for so long hangs.
        pulse: Called ten times a second while a round goes on.
    """

    def __init__(self, world: StressWorld, *, hang_seconds: float, pulse: Callable[[], None]) -> None:
        self._world = world
        self._hang_seconds = hang_seconds
        self._pulse = pulse
        self._jobs: list[SimpleQueue[Callable[[], Any] | None]] = [SimpleQueue() for _ in world.hands]
        self._done: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()
        self._start = threading.Barrier(len(world.hands))
        self._threads = [
            threading.Thread(target=self._work, args=(hand,), name=hand.name, daemon=True)  # a hung one must not keep the process
            for hand in world.hands
        ]

    def __enter__(self) -> Workers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._world.given_up = True
        for jobs in self._jobs:
            jobs.put(None)
        for thread in self._threads:
            thread.join(UNWIND_SECONDS / len(self._threads))

    def _work(self, hand: Hand) -> None:
        self._world.enter(hand)
        while (job := self._jobs[hand.number].get()) is not None:
            value, error = None, None
            try:
                self._start.wait()
                value = job()
            except BaseException as raised:  # a finding, or the end of the round
                error = raised
            hand.running = False
            self._done.put((hand.number, value, error))

    def round(self, jobs: Sequence[Callable[[], Any]]) -> Round:
        """Let each thread do its job, and wait for all.

        Raises:
            KeyboardInterrupt: Ctrl-C; the threads have stopped where they were.
        """
        done = Round([None] * len(jobs))
        for hand in self._world.hands:
            hand.running = True
        for queue, job in zip(self._jobs, jobs, strict=True):
            queue.put(job)
        with self._stopped_at_the_end(done):
            self._collect(done, number_of_jobs=len(jobs))
        return done

    def _collect(self, done: Round, *, number_of_jobs: int) -> None:
        missing = set(range(number_of_jobs))
        last, since, steps = (-1, -1), time.monotonic(), 0
        while missing:
            try:
                number, value, error = self._done.get(timeout=LOOK_SECONDS)
            except Empty:
                self._pulse()
                now = self._calls(), len(missing)
                if now != last:
                    last, since, steps = now, time.monotonic(), self._steps()
                done.deadlock = self._deadlock(missing)
                if not done.deadlock and time.monotonic() - since > self._hang_seconds:
                    done.hung, done.steps_when_hung, done.stacks = tuple(sorted(missing)), self._steps() - steps, all_stacks()
                if done.deadlock or done.hung:
                    return
                continue
            missing.discard(number)
            done.values[number] = value
            if error is not None:
                self._world.given_up = True  # the state is not one to go on in
                if not isinstance(error, GivenUp):
                    done.errors.append((number, error))

    def _calls(self) -> int:
        return sum(hand.calls for hand in self._world.hands)

    def _steps(self) -> int:
        return sum(hand.steps for hand in self._world.hands)

    def _deadlock(self, missing: set[int]) -> tuple[Waiting, ...]:
        """The waits, if everybody who has not finished waits for a step that is not possible.

        A snapshot: nobody has taken a step between the first look and the last, so all of it was true at once, and stays so.
        """
        hands = [self._world.hands[number] for number in sorted(missing)]
        before = sum(hand.steps for hand in hands)
        waits = [hand.waiting for hand in hands]
        found = tuple(wait for wait in waits if wait is not None and self._blocked(wait))
        time.sleep(LOOK_SECONDS / 10)
        unchanged = sum(hand.steps for hand in hands) == before and [hand.waiting for hand in hands] == waits
        return found if unchanged and len(found) == len(hands) and self._done.empty() else ()

    def _blocked(self, wait: Waiting) -> bool:
        cell, kind = wait.cell, wait.kind
        operands = (wait.number,) if kind.by_thread else ()
        return kind.effect(cell.value, *operands) is BLOCKED  # the steps that can wait have no operands of their own

    @contextmanager
    def _stopped_at_the_end(self, done: Round) -> Iterator[None]:
        """However the round ends, wait until its threads do nothing any more, unless nothing reaches them."""
        try:
            yield
        finally:
            until = time.monotonic() + UNWIND_SECONDS
            if any(hand.running for hand in self._world.hands):
                self._world.given_up = True
            while any(hand.running for hand in self._world.hands) and time.monotonic() < until:
                time.sleep(LOOK_SECONDS / 10)
            while not self._done.empty():
                self._done.get()
            done.stuck = any(hand.running for hand in self._world.hands)
            self._world.given_up = done.stuck


def all_stacks() -> str:
    """What every thread of the process is doing, as ``faulthandler`` tells it."""
    with tempfile.TemporaryFile("w+") as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        return file.read()
