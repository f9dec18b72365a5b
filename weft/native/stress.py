"""Native stress: a race or a load, round after round on real threads, until the time is up or something is found.

Before each round the noise is drawn anew (how rare pauses are, how long a thread may keep the interpreter). After it, while nobody
runs: errors, deadlocks and hangs; locks still held; the history explained; invariants; for a race its final checks. Those of a
load come once, at the end.

It samples. What it finds is real, since it happened; that it finds nothing proves nothing, and no result here says ``HOLDS``.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from weft.cells import world as worlds
from weft.errors import CheckFailed, UsageError, WeftError
from weft.native import history
from weft.native.findings import Finding, Plan, Stressed, Watcher
from weft.native.load import Load, Traffic
from weft.native.noise import RARITIES, Pauses
from weft.native.workers import Round, Workers
from weft.native.world import BrokeContract, Hand, StressWorld
from weft.scenario import Results, Scenario, Setting
from weft.search.interrupts import HeldBack, Interrupted
from weft.worlds import ending
from weft.worlds.faults import Fault, held_at_return, invariant_fault

SWITCH_INTERVALS_SECONDS = (2e-6, 5e-5, 1e-3, 5e-3)
"""How long a thread may keep the interpreter while others want it; one of them is in force in a round. The last is Python's own."""

TELL_SECONDS = 0.2


def stress(subject: Scenario | Load, plan: Plan, watcher: Watcher | None = None) -> Stressed:
    """Stress ``subject``. Ctrl-C ends it after the round under way, with its last checks; a second one at once, without.

    Raises:
        UsageError: The set-up fails.
    """
    run = _Run(subject, plan, watcher or (lambda so_far: None))
    with subject.within(), worlds.activate(run.world):
        try:
            run.prepare()
            with _switch_interval_restored():
                run.work()
        except KeyboardInterrupt:
            run.done.stopped_by = "Ctrl-C"
        run.count()
    return run.done


class _Run:
    """One run under way."""

    def __init__(self, subject: Scenario | Load, plan: Plan, watcher: Watcher) -> None:
        self.world = StressWorld()
        self.done = Stressed()
        self._subject = subject
        self._plan = plan
        self._watcher = watcher
        self._choose = random.Random(plan.seed)
        self._setting = Setting()
        self._followed: history.Followed | None = None
        self._began = self._told = time.monotonic()
        self._cpu_began = time.process_time()

    def prepare(self) -> None:
        """Set up, for the first time or for good, and have hands for the threads."""
        if isinstance(self._subject, Load):
            self.world.noting_made = True
        self._set_up()
        self.done.names = tuple(self._setting.names)
        self.world.hands = [
            Hand(number, name, Pauses(random.Random(self._choose.getrandbits(64)))) for number, name in enumerate(self.done.names)
        ]

    def _set_up(self) -> None:
        self.world.locks.clear()
        try:
            if isinstance(self._subject, Load):
                self._setting = self._subject.set_up(self._plan.threads or self._subject.threads)
            else:
                self._setting = self._subject.set_up()
        except CheckFailed as reason:
            raise UsageError(f"the set-up of {self._subject.name} fails: {reason}") from reason
        self.world.rules = tuple(self._setting.rules)
        self.world.recording = self._setting.history is not None
        self._followed = None if self._setting.history is None else history.Followed(self._setting.history.monitor)

    def work(self) -> None:
        """Rounds until the end, and the last checks."""
        with HeldBack() as held, Workers(self.world, hang_seconds=self._plan.hang_seconds, pulse=self._tell) as workers:
            try:
                while not self._over():
                    held.check()
                    self._one_round(workers)
            except Interrupted:  # between two rounds; a second Ctrl-C comes through at once
                self.done.stopped_by = "Ctrl-C"
            if isinstance(self._subject, Load) and not self.done.findings:
                self._last_checks()

    def _over(self) -> bool:
        done, plan = self.done, self._plan
        return bool(done.findings) or self._seconds() >= plan.seconds or (plan.rounds is not None and done.rounds >= plan.rounds)

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _tell(self) -> None:
        if time.monotonic() - self._told >= TELL_SECONDS:
            self._told = time.monotonic()
            self.count()
            self._watcher(self.done)

    def count(self) -> None:
        """Bring the sums up to date."""
        self.done.calls = sum(hand.calls for hand in self.world.hands)
        self.done.steps = sum(hand.steps for hand in self.world.hands)
        self.done.pauses = sum(hand.pauses.made for hand in self.world.hands)
        self.done.seconds = self._seconds()
        self.done.cpu_seconds = time.process_time() - self._cpu_began

    def _one_round(self, workers: Workers) -> None:
        if isinstance(self._subject, Scenario) and self.done.rounds:
            self._set_up()
        self._make_noise()
        ended = workers.round(list(self._jobs()))
        self._rest()
        found = self._judge(ended)
        if found is not None:
            self.done.findings.append(found)
        else:
            self.done.rounds += 1
        self._tell()

    def _make_noise(self) -> None:
        rarity = self._choose.choice(RARITIES) if self._plan.pauses else 0
        if self._plan.pauses:
            sys.setswitchinterval(self._choose.choice(SWITCH_INTERVALS_SECONDS))
        for hand in self.world.hands:
            hand.pauses.begin(rarity)

    def _jobs(self) -> Iterator[Callable[[], Any]]:
        if isinstance(self._setting, Traffic) and isinstance(self._subject, Load):
            for hand in self.world.hands:
                yield _calling(
                    self._setting, hand, 1 + self._choose.randrange(2 * self._subject.calls), self._choose.getrandbits(64)
                )
        else:
            yield from self._setting.functions

    def _rest(self) -> None:
        """All threads rest: collect what they noted."""
        made, self.world.made_alone = self.world.made_alone, []
        for hand in self.world.hands:
            self.done.totals.add(hand.ledger.take())
            self.done.answers.update(hand.answers)
            hand.answers.clear()
            made += hand.made
            hand.made = []
        if isinstance(self._setting, Traffic):
            for shared in made:
                for note in self._setting.made_watchers:
                    note(shared)

    # -- judging ---------------------------------------------------------------------------------------------

    def _judge(self, ended: Round) -> Finding | None:
        """What is wrong after a round: how it ended first, then what the calls answered, then the state."""
        histories = [hand.history for hand in self.world.hands]
        for hand in self.world.hands:
            hand.history = []
        if ended.hung:
            self.done.stuck = ended.stuck
            return self._finding("hang", self._say_hang(ended), stacks=ended.stacks)
        if ended.errors or ended.deadlock:
            return self._broken(ended)
        inexplicable = self._explain(histories)
        if inexplicable is not None:
            return inexplicable
        fault = self._fault()
        if fault is not None:
            return self._finding(fault.slug, fault.message)
        if isinstance(self._subject, Load):
            return None
        judged = ending.judge(self._setting, ended.values)
        return self._finding(judged.slug, judged.message) if judged.slug else None

    def _broken(self, ended: Round) -> Finding:
        setting, values = self._setting, ended.values
        if ended.deadlock:
            found = ending.deadlocked(setting, values, ended.deadlock)
            return self._finding(found.slug, found.message)
        number, error = ended.errors[0]
        if isinstance(error, BrokeContract):
            if isinstance(error.fault, Fault):
                return self._finding(error.fault.slug, error.fault.message)
            fault = error.fault
            found = ending.misused(setting, values, number=number, step=error.step, slug=fault.slug, message=fault.message)
        elif isinstance(error, Exception):
            found = ending.broken(setting, values, number=number, error=error)
        else:
            found = ending.broken(setting, values, number=number, error=RuntimeError(f"{type(error).__name__} {error}".rstrip()))
        return self._finding(found.slug, found.message)

    def _explain(self, histories: list[list[Any]]) -> Finding | None:
        if self._setting.history is None or self._followed is None:
            return None
        notes = history.merged(histories)
        wrong = self._followed.follow(notes)
        if wrong is None:
            self.done.explained += len(notes) // 2
            return None
        inexplicable, window = wrong
        calls = tuple(history.told(self._setting.history.monitor, window, self.done.names))
        return self._finding("linearizability", inexplicable.message, calls=calls)

    def _fault(self) -> Fault | None:
        """What is wrong with the state while all threads rest."""
        numbers = range(len(self.world.hands))
        held = held_at_return(self._setting, numbers, self.world.locks, lambda lock: lock.value)
        return held or next((fault for each in self._setting.invariants if (fault := invariant_fault(each))), None)

    def _last_checks(self) -> None:
        results = Results(self.done.names, [None] * len(self.done.names))
        for check in self._setting.checks:
            try:
                check.function(results)
            except (CheckFailed, AssertionError) as reason:
                found = self._finding(f"final:{check.name}", str(reason) or "the condition is false")
            except WeftError:
                raise
            except Exception as error:  # whatever the code under test raises is the finding
                found = self._finding(f"final:{check.name}", f"{type(error).__name__}: {error}")
            else:
                continue
            self.done.findings.append(found)
            return
        self.done.checked_at_end = bool(self._setting.checks)

    def _finding(self, slug: str, message: str, **more: Any) -> Finding:
        return Finding(slug, message, self.done.rounds + 1, self._seconds(), **more)

    def _say_hang(self, ended: Round) -> str:
        names = [self.done.names[number] for number in ended.hung]
        waits = [f"{hand.name} waits at {w.cell.label}.{w.kind.name}" for hand in self.world.hands if (w := hand.waiting)]
        doing = "; ".join(waits) or "none of them waits for a cell"
        steps = f"{ended.steps_when_hung:,} steps were taken" if ended.steps_when_hung else "no step was taken"
        took = f"no thread and no call ended for {self._plan.hang_seconds:g} seconds, in which {steps}"
        return f"{took}; not finished: {', '.join(names)}; {doing}"


def _calling(traffic: Traffic, hand: Hand, times: int, seed: int) -> Callable[[], None]:
    one_call = traffic.one_call
    assert one_call is not None

    def job() -> None:
        choose = random.Random(seed)
        for _ in range(times):
            one_call(choose, hand.number)

    return job


@contextmanager
def _switch_interval_restored() -> Iterator[None]:
    before = sys.getswitchinterval()
    try:
        yield
    finally:
        sys.setswitchinterval(before)
