"""Benchmarks: functions at module level that yield measured rows, found in files like races are.

    @benchmark("How does a search grow with threads?")
    def growth_with_threads(limit: Budget) -> Iterator[Row]:
        for n in range(2, 7):
            yield searched(f"{n} threads", race(n), limit)

What two runs must have in common (states, transitions, verdicts) is in a row's ``counts``; what they need not (seconds, rates) is
in its ``times``. A search that a limit ended has no counts at all, only how far it came, among the times, and a note that says so.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from weft.check.collect import python_files
from weft.check.judge import Judgement, judge
from weft.check.loading import import_file
from weft.check.paths import shown
from weft.check.run import INTERRUPTED
from weft.errors import UsageError
from weft.scenario import Scenario
from weft.search.budget import Budget
from weft.search.exhaustive import explore
from weft.search.reduction import ASLEEP
from weft.search.result import Exploration

Explore = Callable[..., Exploration]

STEADY_SECONDS = 1.0
"""A search is repeated, and its best time taken, until so much time has gone into it."""

MOST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a benchmark's table.

    Attributes:
        label: Unique in its benchmark.
        counts: Equal in every run on every machine.
        times: Seconds, rates, ratios of them; anything that need not come out again.
        note: What a reader must know beside the numbers: ``not finished: max-seconds 20``.
        wrong: Whether an answer is not the one expected, so that the numbers mean nothing.
    """

    label: str
    counts: Mapping[str, int | str] = field(default_factory=dict)
    times: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    wrong: bool = False


Measure = Callable[[Budget], Iterator[Row]]

Pages = Callable[[Sequence[Row]], Mapping[str, str]]
"""What is to be read of a benchmark, made from all its rows: texts by file name."""


def _no_versions() -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A question and the function that measures the answer; made by ``benchmark``.

    Attributes:
        name: The function's.
        question: One sentence.
        measure: Yields rows; each of its searches may cost the budget it is given.
        slow: Left out unless asked for.
        versions: What else took part, by name: peers that are measured beside weft.
        pages: Makes a page from all rows, and the plots in it; ``None`` if the table says it all.
        file: Where it was written.
    """

    name: str
    question: str
    measure: Measure
    slow: bool = False
    versions: Callable[[], Mapping[str, str]] = _no_versions
    pages: Pages | None = None
    file: str = ""


def benchmark(
    question: str,
    *,
    slow: bool = False,
    versions: Callable[[], Mapping[str, str]] = _no_versions,
    pages: Pages | None = None,
) -> Callable[[Measure], Benchmark]:
    """Turn a function that yields rows into a ``Benchmark`` that ``weft bench`` finds in its file. See ``Benchmark``."""

    def make(measure: Measure) -> Benchmark:
        return Benchmark(measure.__name__, question, measure, slow, versions, pages, measure.__code__.co_filename)

    return make


def collect_benchmarks(paths: Sequence[str]) -> list[Benchmark]:
    """The benchmarks in ``paths``, files or folders, in the order of the files and of the definitions.

    Raises:
        UsageError: There are none, a file cannot be imported, or a name, which is also that of a report, is taken twice.
    """
    found: dict[str, Benchmark] = {}
    files = chain.from_iterable(python_files(path, expected="a .py file or a folder") for path in paths)
    for file in dict.fromkeys(map(os.path.normpath, files)):
        for each in vars(import_file(file)).values():
            if not isinstance(each, Benchmark) or shown(each.file) != shown(file):
                continue
            if each.name in found and found[each.name] is not each:
                raise UsageError(f"{shown(file)}: a benchmark {each.name!r} is in {shown(found[each.name].file)} too; rename one")
            found[each.name] = each
    if not found:
        raise UsageError(f"no benchmark in {', '.join(paths)}; expected functions decorated with @benchmark at module level")
    return list(found.values())


def searched(label: str, scenario: Scenario, limit: Budget, *, search: Explore = explore) -> Row:
    """Search ``scenario`` and tell what it cost: set-up, growing the automata, search and audit together.

    Args:
        label: Of the row.
        scenario: Its whole space is searched if it holds; if it is expected to be violated, the search ends at the first violation.
        limit: Of this search.
        search: What to call in place of ``explore``, with its arguments.
    """
    found, seconds = timed(scenario, limit, search=search)
    return row_of(label, scenario, found, seconds)


def full_and_reduced(label: str, scenario: Scenario, limit: Budget) -> Iterator[Row]:
    """A row for the search of everything, and one for the reduced search (``weft check --reduce``)."""
    yield searched(label, scenario, limit)
    yield searched(f"{label}, reduced", scenario, limit, search=reduced)


def reduced(scenario: Scenario, *, budget: Budget) -> Exploration:
    """``explore`` with every reduction that needs no word of the scenario."""
    return explore(scenario, budget=budget, reduction=ASLEEP)


def timed(scenario: Scenario, limit: Budget, *, search: Explore = explore) -> tuple[Exploration, float]:
    """The result of a search and its seconds of processor time, the best of a few where it is short.

    Processor time is what a search on one core takes on an idle machine; other work disturbs it least.

    Raises:
        KeyboardInterrupt: Ctrl-C ended the search; half a search is no measurement.
    """
    best, spent = float("inf"), 0.0
    for _ in range(MOST_ROUNDS):
        gc.collect()
        started = time.process_time()
        found = search(scenario, budget=limit)
        seconds = time.process_time() - started
        best, spent = min(best, seconds), spent + seconds
        if found.stopped_by == INTERRUPTED:
            raise KeyboardInterrupt
        if spent >= STEADY_SECONDS or found.verdict == "INCONCLUSIVE":
            break
    return found, best


def row_of(label: str, scenario: Scenario, found: Exploration, seconds: float) -> Row:
    """The row that says what a search found and cost."""
    pace = {"cpu_seconds": seconds, "transitions_per_second": found.transitions / seconds}
    if found.verdict == "INCONCLUSIVE":
        far = {"states_so_far": float(found.states), **pace}
        return Row(label, {}, far, note=f"not finished: {found.stopped_by}")
    judgement, reason = judge(scenario, found)
    counts: dict[str, int | str] = {
        "verdict": found.verdict,
        "states": found.states,
        "transitions": found.transitions,
        "re_executions": found.executions,
    }
    if found.states and found.visited_bytes:
        counts["bytes_per_state"] = round(found.visited_bytes / found.states)
    wrong = judgement != Judgement.AS_EXPECTED
    return Row(label, counts, pace, note=f"WRONG: {reason}" if wrong else "", wrong=wrong)
