"""The seed's benchmark: stat at growing depth, with and without a mount crossing, in the shapes of VFS2 and VFS1."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from stress.bench.stat import timing
from stress.bench.stat.fit import Fitted, fitted, least_squares, ratio
from stress.bench.stat.page import PARTS, PLACES, pages, threads_label
from stress.bench.stat.shapes import SHAPES, Function, Operation, Place, both, operations, python_calls
from weft.check.benchmark import Row, benchmark
from weft.search.budget import Budget

ROUNDS = 31
THREADS = tuple(range(1, 9))
THREADED = Place(8, mounted=True)
THREADED_SECONDS = 0.2
THREADED_ROUNDS = 3


@benchmark("What does stat cost, by depth and mount crossing, in the shape of VFS2 and in that of VFS1?", pages=pages)
def stat(limit: Budget) -> Iterator[Row]:
    """Counts are exact; times are of this machine, both shapes in one run. See the page for what they say."""
    yield from measured(PLACES, THREADS, rounds=ROUNDS, seconds=timing.BATCH_SECONDS, limit=limit)


def measured(places: Sequence[Place], threads: Sequence[int], *, rounds: int, seconds: float, limit: Budget) -> Iterator[Row]:
    """All rows: places, fits, the operations of a component, threads.

    Args:
        places: Three depths at least, and mounts.
        threads: How many at once.
        rounds: Of measurements on one thread.
        seconds: Of one measurement.
        limit: Ends the rounds on one thread, of which three take place.
    """
    until = time.monotonic() + (limit.max_seconds or float("inf"))
    calls = {(shape, place): call for place in places for shape, call in both(place).items()}
    named = {_name(shape, place): call for (shape, place), call in calls.items()}
    found = timing.in_rounds(named, rounds=rounds, seconds=seconds, until=until)
    by_shape = {shape: {place: found[_name(shape, place)] for place in places} for shape in SHAPES}
    counted = {key: (operations(call).total(), python_calls(call).total()) for key, call in calls.items()}
    for (shape, place), (cells, entered) in counted.items():
        costs = by_shape[shape][place]
        times = {"cpu_us": timing.median(costs), "least_us": min(costs), "python_calls": float(entered)}
        yield Row(_name(shape, place), {"cell_operations": cells}, times)
    for shape in SHAPES:
        of_shape = {place: counted[shape, place] for place in places}
        yield from _fit(shape, of_shape, fitted(by_shape[shape]))
    for k, part in enumerate(PARTS[:2]):
        interval = ratio(by_shape["VFS1"], by_shape["VFS2"], k)
        yield Row(f"VFS1 / VFS2, {part}", times={"ratio": interval.value, "low": interval.low, "high": interval.high})
    yield from _component(rounds=rounds, seconds=seconds)
    yield from _together(threads, seconds=seconds * THREADED_SECONDS / timing.BATCH_SECONDS)


def _name(shape: str, place: Place) -> str:
    return f"{shape}, {place}"


def _fit(shape: str, counted: Mapping[Place, tuple[int, int]], fit: Fitted) -> Iterator[Row]:
    """A row for each part of the costs: time, and cell operations and Python functions, which are exactly linear."""
    cells, entered = (least_squares({place: float(counts[k]) for place, counts in counted.items()}) for k in (0, 1))
    for k, part in enumerate(PARTS):
        interval = fit.intervals[k]
        times = {"cpu_us": interval.value, "low": interval.low, "high": interval.high, "python_calls": float(round(entered[k]))}
        yield Row(f"{shape}, {part}", {"cell_operations": round(cells[k])}, times)


def of_one_component(shape: str) -> Mapping[Operation, int]:
    """The cell operations that one more directory costs."""
    near, far = (operations(both(Place(depth, mounted=False))[shape]) for depth in (2, 3))
    return far - near


def entered_by_one_component(shape: str) -> Mapping[Function, int]:
    """The Python functions that one more directory costs."""
    near, far = (python_calls(both(Place(depth, mounted=False))[shape]) for depth in (2, 3))
    return far - near


def _component(*, rounds: int, seconds: float) -> Iterator[Row]:
    alone = timing.operation_costs(rounds=rounds, seconds=seconds)
    for shape in SHAPES:
        for operation, count in of_one_component(shape).items():
            cost = alone[operation.kind, operation.step]
            yield Row(f"{shape}: {operation}", {"cell_operations": count}, {"cpu_us": cost * count})
        entered = entered_by_one_component(shape)
        for function, count in entered.items():
            if not function.of_cells:
                yield Row(f"{shape} enters {function.name}", times={"python_calls": float(count)})
        inside = sum(count for function, count in entered.items() if function.of_cells)
        yield Row(f"{shape} enters cells", times={"python_calls": float(inside)})


def _together(threads: Sequence[int], *, seconds: float) -> Iterator[Row]:
    calls = both(THREADED)
    counts = {shape: timing.how_many(calls[shape], seconds) for shape in SHAPES}
    found: dict[tuple[str, int], list[timing.Together]] = {}
    for _ in range(THREADED_ROUNDS):
        for number in threads:
            for shape in SHAPES:
                once = timing.on_threads(calls[shape], number, count=counts[shape])
                found.setdefault((shape, number), []).append(once)
    for (shape, number), times in found.items():
        wall, cpu = timing.median([each.wall for each in times]), timing.median([each.cpu for each in times])
        yield Row(f"{shape}, {threads_label(number)}", times={"cpu_us": cpu, "wall_us": wall})
