"""Times of both shapes from one run: on one thread with its processor time, and on several that stat the same path.

In each round everything is measured once, in another order, so that what the machine does meanwhile falls on both shapes alike.
"""

from __future__ import annotations

import gc
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from impl.sync import AtomicInt64, AtomicUint32, Mutex, RWMutex, SharedDict
from stress.bench.stat.shapes import Call

BATCH_SECONDS = 0.004
"""How long one measurement of one thing takes: long against the clock's grain, short against what disturbs it."""


def how_many(call: Call, seconds: float) -> int:
    """How many calls take about so long."""
    started = time.thread_time_ns()
    call()
    call()
    return max(1, round(seconds * 2e9 / max(1, time.thread_time_ns() - started)))


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage collection inside the ``with`` block."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def in_rounds(calls: Mapping[str, Call], *, rounds: int, seconds: float, until: float) -> dict[str, list[float]]:
    """Microseconds of processor time of one call, for each of ``calls`` in each round.

    Args:
        calls: By names of the caller's choice.
        rounds: How many.
        seconds: Of one measurement.
        until: No round begins after this time of ``time.monotonic``, but three take place.
    """
    counts = {name: how_many(call, seconds) for name, call in calls.items()}
    found: dict[str, list[float]] = {name: [] for name in calls}
    order = list(calls)
    for number in range(rounds):
        if number >= 3 and time.monotonic() > until:
            break
        random.Random(number).shuffle(order)
        with undisturbed():
            for name in order:
                found[name].append(_timed(calls[name], counts[name]))
    return found


def _timed(call: Call, count: int) -> float:
    repeated = range(count)
    started = time.thread_time_ns()
    for _ in repeated:
        call()
    return (time.thread_time_ns() - started) / 1000 / count


@dataclass(frozen=True, slots=True)
class Together:
    """Several threads at it at once: microseconds a call, of the clock on the wall and of processors, over all threads."""

    wall: float
    cpu: float


def on_threads(call: Call, threads: int, *, count: int) -> Together:
    """``count`` calls in all, spread over ``threads`` that begin together."""
    each = max(1, count // threads)
    barrier = threading.Barrier(threads + 1)
    spent = [0] * threads

    def work(number: int) -> None:
        barrier.wait()
        started = time.thread_time_ns()
        for _ in range(each):
            call()
        spent[number] = time.thread_time_ns() - started

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    with undisturbed():
        barrier.wait()
        started = time.perf_counter_ns()
        for worker in workers:
            worker.join()
        wall = time.perf_counter_ns() - started
    return Together(wall / 1000 / each / threads, sum(spent) / 1000 / each / threads)


def operation_costs(*, rounds: int, seconds: float) -> dict[tuple[str, str], float]:
    """Microseconds of one cell operation by class and step: medians, on cells that nobody else uses.

    The two halves of a lock are measured together and share the time equally.
    """
    counter, hint, mutex, lock = AtomicInt64(5), AtomicUint32(), Mutex(), RWMutex()
    entries: SharedDict[str, int] = SharedDict([("1", 1)])
    calls: dict[str, Callable[[], object]] = {
        "AtomicInt64 load": counter.load,
        "AtomicInt64 compare_and_swap": lambda: counter.compare_and_swap(5, 5),
        "AtomicInt64 add": lambda: counter.add(0),
        "AtomicUint32 load": hint.load,
        "SharedDict get": lambda: entries.get("1"),
        "Mutex lock": lambda: (mutex.lock(), mutex.unlock()),  # type: ignore[func-returns-value]
        "RWMutex read_lock": lambda: (lock.read_lock(), lock.read_unlock()),  # type: ignore[func-returns-value]
    }
    found = in_rounds(calls, rounds=rounds, seconds=seconds, until=time.monotonic() + 60)
    costs = {(name.split()[0], name.split()[1]): median(times) for name, times in found.items()}
    for kind, take, give in (("Mutex", "lock", "unlock"), ("RWMutex", "read_lock", "read_unlock")):
        costs[kind, take] = costs[kind, give] = costs[kind, take] / 2
    return costs


def median(values: Sequence[float]) -> float:
    """The middle of the values."""
    ordered = sorted(values)
    return (ordered[len(ordered) // 2] + ordered[(len(ordered) - 1) // 2]) / 2
