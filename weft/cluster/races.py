"""Many races on a cluster, with the answers that one process gives.

Each race is an errand (``errand.py``) for one worker thread, with the states it may take before it is split; answers are noted as
they come, and are given in the order of the races. A race that was too large for one worker is searched afterwards by all of them
together (``explore.py``). A worker that dies with a race loses it to another one, three times.
"""

from __future__ import annotations

import os
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Generic, TypeVar

from weft.check.collect import Race
from weft.check.judge import Judgement
from weft.check.parallel import ParallelWatcher, Running, death
from weft.check.run import INTERRUPTED, Checked, Plan, check
from weft.cluster.engine import Dask
from weft.cluster.errand import Brought, Errand, end_children, hashes, project_files, run
from weft.cluster.explore import Spread

RecordT = TypeVar("RecordT")

BEAT_SECONDS = 0.2
MOST_ATTEMPTS = 3


def check_each(
    races: Sequence[Race],
    plan: Plan,
    *,
    engine: Dask,
    spread: Spread,
    record: Callable[[Checked], RecordT],
    watcher: ParallelWatcher,
) -> list[RecordT]:
    """Search every race; one record each, in their order.

    Args:
        races: What to search.
        plan: How; the budget is for each race.
        engine: The cluster.
        spread: Searches one race with all of it.
        record: Applied to each answer, where it was found.
        watcher: For progress.
    """
    if len(races) == 1:
        return [record(checked) for checked in check(races, replace(plan, explorer=spread), watcher=watcher)]
    return _Errands(races, plan, engine, spread, record).run(watcher)


class _Errands(Generic[RecordT]):
    def __init__(
        self, races: Sequence[Race], plan: Plan, engine: Dask, spread: Spread, record: Callable[[Checked], RecordT]
    ) -> None:
        self._races, self._plan = races, plan
        self._engine, self._spread, self._record = engine, spread, record
        self._limit = min(spread.split_from, plan.budget.max_states or spread.split_from)
        self._waiting = deque(range(len(races)))
        self._attempts = [0] * len(races)
        self._at: dict[int, str] = {}
        self._answers: dict[int, RecordT] = {}
        self._large: list[int] = []
        self._run = secrets.token_hex(4)
        self._files = hashes(project_files())

    def run(self, watcher: ParallelWatcher) -> list[RecordT]:
        interrupted = False
        try:
            while len(self._answers) + len(self._large) < len(self._races):
                self._send()
                for (number, attempt), brought in self._engine.finished(BEAT_SECONDS):
                    self._gather(number, attempt, brought)
                running = [Running(self._races[number], 0, 0, 0.0) for number in self._at]
                watcher.running(running, done=len(self._answers), total=len(self._races))
        except KeyboardInterrupt:
            interrupted = True
        finally:
            for number in self._at:
                self._engine.abandon((number, self._attempts[number]))
            with suppress(Exception):
                self._engine.client.run(end_children, self._run, wait=False, on_error="ignore")
        if not interrupted:
            self._split(watcher)
        return [self._answer(number) for number in range(len(self._races))]

    def _send(self) -> None:
        there = self._engine.workers()
        for number in [number for number, worker in self._at.items() if worker not in there]:
            self._engine.abandon((number, self._attempts[number]))
            self._again(number)
        for worker, tasks in there.items():
            for _ in range(tasks - sum(at == worker for at in self._at.values())):
                if self._waiting:
                    self._begin(self._waiting.popleft(), worker)

    def _begin(self, number: int, worker: str) -> None:
        race, budget = self._races[number], self._plan.budget
        self._at[number] = worker
        plan = replace(self._plan, budget=replace(budget, max_states=self._limit), checkpoints=None, resume=False)
        errand = Errand(self._run, os.getcwd(), self._files, race.name, plan, self._record)
        key = f"{race.scenario.name}-{self._run}-{number}-{self._attempts[number]}"
        self._engine.start((number, self._attempts[number]), run, errand, worker=worker, key=key)

    def _gather(self, number: int, attempt: int, brought: Brought | None) -> None:
        if number not in self._at or attempt != self._attempts[number]:
            return
        if brought is None:
            self._again(number)
            return
        del self._at[number]
        race = self._races[number]
        if brought.died is not None:
            self._answers[number] = self._record(Checked(race, *death(brought.died)))
        elif brought.stopped_by == f"max-states {self._limit:,}" and self._plan.budget.max_states != self._limit:
            self._large.append(number)
        else:
            self._answers[number] = brought.record

    def _again(self, number: int) -> None:
        """Its worker has gone."""
        del self._at[number]
        self._attempts[number] += 1
        if self._attempts[number] < MOST_ATTEMPTS:
            self._waiting.append(number)
            return
        reason = (
            f"{MOST_ATTEMPTS} workers that searched it went away, often because memory ran out; --max-memory ends a search before"
        )
        self._answers[number] = self._record(Checked(self._races[number], Judgement.INCONCLUSIVE, reason))

    def _split(self, watcher: ParallelWatcher) -> None:
        """Search what was too large for one worker with all of them."""
        large = [self._races[number] for number in sorted(self._large)]
        plan = replace(self._plan, explorer=self._spread.split)
        for number, checked in zip(sorted(self._large), check(large, plan, watcher=watcher), strict=True):
            self._answers[number] = self._record(checked)

    def _answer(self, number: int) -> RecordT:
        if number in self._answers:
            return self._answers[number]
        reason = f"{INTERRUPTED} came before {'its search could answer' if number in self._at else 'it'}"
        return self._record(Checked(self._races[number], Judgement.NOT_RUN, reason))
