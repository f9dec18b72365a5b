"""One search by several walkers, each in an operating-system thread of its own, over one set of visited states.

A state belongs to the walker that puts it into the set, so each is expanded once and the counts are those of one walker, whatever
the number of threads and their timing. A walker that has finished is replaced by one with a part of another's work. The automata
grow in this thread only, while all walkers rest: an unknown move halts them at their next step.

What only one walker can do is to see a cycle when it closes and to count interleavings on the way back; here both are read
from the recorded edges at the end. Where they are too many to keep, the answer is that the graph may have cycles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from weft.search.teacher import DONE, QUESTIONS, TERMINAL, Teacher

QUOTA = 1 << 18
"""Transitions between two pauses of a walker."""

BEATS_SECONDS = 0.2


class Crew:
    """Walkers at work.

    Args:
        space: Of the kernel.
        walkers: Who has the work so far, at rest.
        ended: Judges the walker's state, in which nothing can happen; true stops the search.
        cores: How many walkers run at once.

    Attributes:
        walkers: All that ever worked, for their counts and edges.
        stopped: Whether ``ended`` said so.
    """

    def __init__(
        self, space: Any, walkers: list[Any], teacher: Teacher, ended: Callable[[Any], bool], *, cores: int, most_states: int
    ) -> None:
        self._space = space
        self._teacher = teacher
        self._ended = ended
        self._cores = cores
        self._most_states = most_states
        self._ready = list(walkers)
        self._running: dict[Future[int], Any] = {}
        self.walkers = list(walkers)
        self.stopped = False

    def run(self) -> Iterator[None]:
        """Work until everything is searched; pauses now and then."""
        with ThreadPoolExecutor(self._cores, thread_name_prefix="walker") as pool:
            try:
                while (self._ready or self._running) and not self.stopped:
                    self._share()
                    for walker in self._ready:
                        self._running[pool.submit(walker.run, QUOTA, self._most_states)] = walker
                    self._ready = []
                    done, _ = wait(self._running, timeout=BEATS_SECONDS, return_when=FIRST_COMPLETED)
                    self._come_back(done)
                    yield
            finally:
                self.pause()

    def _share(self) -> None:
        """Let walkers at rest give work to new ones, until every core has one."""
        for walker in list(self._ready):
            if len(self._ready) + len(self._running) < self._cores and (helper := walker.give()) is not None:
                self._ready.append(helper)
                self.walkers.append(helper)

    def _come_back(self, done: set[Future[int]]) -> None:
        reasons = [(self._running.pop(future), future.result()) for future in done]
        if any(reason in QUESTIONS for _, reason in reasons):
            reasons += self._rest()
        self._settle(reasons)

    def pause(self) -> None:
        """Let all walkers rest, with nothing half done."""
        self._settle(self._rest())

    def _settle(self, reasons: list[tuple[Any, int]]) -> None:
        for walker, reason in reasons:
            self._teacher.answer(walker, reason)
        for walker, reason in reasons:
            if reason == TERMINAL and not self.stopped:
                self.stopped = self._ended(walker)
            if reason != DONE:
                self._ready.append(walker)

    def _rest(self) -> list[tuple[Any, int]]:
        """Halt every walker; who came back and why."""
        self._space.halt(1)
        wait(self._running)
        reasons = [(walker, future.result()) for future, walker in self._running.items()]
        self._running = {}
        self._space.halt(0)
        for walker in self.walkers:
            walker.trim()
        return reasons
