"""How far a cluster carries a search: a discrete-event simulation fed with measured constants.

Workers take tasks, compute, and exchange states through one coordinator, as ``weft/cluster`` does (``STAR``); or directly with each
other, the coordinator keeping what they accept (``DIRECT``); or directly, each partition kept by a second worker (``PAIRS``). What
is shared is a resource with a queue: the coordinator's processor, its line, each worker's processor, and, for the runs that were
measured on this machine, its two cores.

The search itself is a fluid: what is found and not yet expanded is a given function of what is expanded, at most ``PEAK`` of all.
Limits: tasks of one simulated run are at most some thousands, each standing for as many real ones as needed; partitions are equal
(the measured skew is below 1.05 from a million states on); nobody dies.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

STAR, DIRECT, PAIRS = "through the coordinator", "directly", "directly, kept in pairs"

PEAK = 0.05
"""The frontier's greatest share of all states."""

MOST_TASKS = 3_000
"""Simulated tasks of one run."""

LEAST_STATES = 2_000
ENOUGH = 1 - 1e-4
"""The share of states after which the run counts as done: the last ones are a matter of latency alone."""


@dataclass(frozen=True, slots=True)
class Constants:
    """What was measured, on one kind of machine and one race.

    Attributes:
        states_per_second: That one worker expands, packing included, while it does nothing else.
        sent_per_state: States sent for each state found, by so many workers that hardly any is their own.
        state_bytes: Of a state that is sent.
        accepted_bytes: Of a fingerprint that is accepted, as it is sent and kept.
        visited_bytes: Of memory for a visited state.
        coordinator_seconds_per_byte: Processor time for what passes through.
        line_bytes_per_second: Of one network interface.
        task_latency_seconds: Between two tasks of a lane, nothing else going on.
        start_seconds: Before the first task.
    """

    states_per_second: float
    sent_per_state: float
    state_bytes: float
    accepted_bytes: float
    visited_bytes: float
    coordinator_seconds_per_byte: float
    line_bytes_per_second: float = 1.25e9
    task_latency_seconds: float = 0.015
    start_seconds: float = 0.0
    task_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run.

    Attributes:
        seconds: It took.
        worker_bytes: Of memory for each worker.
        coordinator_bytes: On the coordinator's disk.
        busy: By resource, the share of the time that it was at work.
    """

    seconds: float
    worker_bytes: float
    coordinator_bytes: float
    busy: dict[str, float]

    @property
    def bottleneck(self) -> str:
        """What was busiest."""
        return max(self.busy, key=lambda name: self.busy[name])


class _Run:
    def __init__(self, constants: Constants, states: float, workers: int, topology: str, cores: int) -> None:
        import simpy  # of `dev`; files of this folder are imported where that is not installed

        self.env = simpy.Environment()
        self.constants, self.states, self.workers, self.topology = constants, states, workers, topology
        self.expanded = 0.0
        self.given = float(workers)  # each begins with a state; the search before the split is not simulated
        self.taken = [0.0] * workers
        self.working = 0
        self.idle: dict[int, Any] = {}
        self.processor = simpy.Resource(self.env)
        self.line = simpy.Resource(self.env)
        self.cores = simpy.Resource(self.env, capacity=cores) if cores else None
        self.used = dict.fromkeys(("workers", "coordinator's processor", "coordinator's line", "workers' lines"), 0.0)
        real = states / (constants.states_per_second * constants.task_seconds)
        self.together = max(1.0, real / MOST_TASKS)
        self.foreign = constants.sent_per_state * (workers - 1) / workers

    def frontier(self) -> float:
        """States found and not expanded."""
        share = self.expanded / self.states
        return min(1.0 + 4 * self.expanded, PEAK * self.states * math.sqrt(4 * share * (1 - share)), self.states - self.expanded)

    def waiting(self, number: int) -> float:
        """States in a worker's inbox: its part of all, without what it has taken."""
        return self.given / self.workers - self.taken[number]

    def worker(self, number: int) -> Generator[Any, Any, Any]:
        most = self.constants.states_per_second * self.constants.task_seconds * self.together
        while self.expanded < self.states * ENOUGH:
            least = min(LEAST_STATES * self.together, self.frontier() / self.workers / 2)
            if self.waiting(number) < max(1.0, least) and self.working:
                self.idle[number] = self.env.event()
                yield self.idle[number]
                continue
            taken = max(1.0, min(self.waiting(number), most))
            self.taken[number] += taken
            self.working += 1
            yield from self.task(taken)
            self.working -= 1
            before = self.expanded + self.frontier()
            self.expanded = min(self.states, self.expanded + taken)
            self.given += max(0.0, self.expanded + self.frontier() - before)
            idle, self.idle = self.idle, {}
            for event in idle.values():
                event.succeed()

    def task(self, taken: float) -> Generator[Any, Any, Any]:
        constants = self.constants
        yield self.env.timeout(constants.task_latency_seconds * max(1.0, min(self.together, taken)))
        exchanged = taken * self.foreign * constants.state_bytes
        kept = taken * constants.accepted_bytes
        through = {STAR: 2 * exchanged + kept, DIRECT: kept, PAIRS: 0.0}[self.topology]
        yield from self.hold(self.processor, "coordinator's processor", through * constants.coordinator_seconds_per_byte, core=True)
        yield from self.hold(self.line, "coordinator's line", through / constants.line_bytes_per_second)
        alone = 2 * exchanged + kept
        self.used["workers' lines"] += alone / constants.line_bytes_per_second / self.workers
        if self.topology != STAR:
            yield self.env.timeout(alone / constants.line_bytes_per_second)
        work = taken / constants.states_per_second
        self.used["workers"] += work / self.workers
        if self.cores is None:
            yield self.env.timeout(work)
        else:
            with self.cores.request() as turn:
                yield turn
                yield self.env.timeout(work)

    def hold(self, resource: Any, name: str, seconds: float, *, core: bool = False) -> Generator[Any, Any, Any]:
        self.used[name] += seconds
        with resource.request() as turn:
            yield turn
            if core and self.cores is not None:
                with self.cores.request() as place:
                    yield place
                    yield self.env.timeout(seconds)
            else:
                yield self.env.timeout(seconds)

    def outcome(self) -> Outcome:
        for number in range(self.workers):
            self.env.process(self.worker(number))
        self.env.run()
        constants = self.constants
        seconds = self.env.now + constants.start_seconds
        copies = 2 if self.topology == PAIRS else 1
        batch = constants.state_bytes * constants.states_per_second * constants.task_seconds * constants.sent_per_state
        memory = copies * self.states * constants.visited_bytes / self.workers + batch
        disk = 0.0 if self.topology == PAIRS else self.states * constants.accepted_bytes
        return Outcome(seconds, memory, disk, {name: used / self.env.now for name, used in self.used.items()})


def simulate(constants: Constants, *, states: float, workers: int, topology: str = STAR, cores: int = 0) -> Outcome:
    """One search.

    Args:
        constants: Of machine and race.
        states: How many there are.
        workers: How many lanes.
        topology: ``STAR``, ``DIRECT`` or ``PAIRS``.
        cores: How many cores all processes share; 0: each has its own.
    """
    return _Run(constants, states, workers, topology, cores).outcome()


def said(seconds: float) -> str:
    """A time for people."""
    for unit, size in (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def with_128_bits(constants: Constants) -> Constants:
    """The same with fingerprints that are twice as long, which a search beyond some billions of states needs."""
    return replace(constants, visited_bytes=constants.visited_bytes * 17 / 9, accepted_bytes=constants.accepted_bytes + 8)


if __name__ == "__main__":
    sys.exit("python -m stress.bench.cluster_page writes the page")
