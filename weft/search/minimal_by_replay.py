"""A better schedule to a violation where the state space is too large to find the best one: tries on the real code, no proof.

Guarantee: the schedule found ends in the same violation, with no more preemptions than the one given, nor as many and more steps.
Nothing says that it is the best. The same schedule is found on every machine: what limits the work is a number of steps, not time.

How: delta debugging over the blocks of a schedule (the steps of one thread in a row). A try takes a block out, or moves it to that
thread's next or last one, and is then followed loosely: who cannot move is passed over, and what is missing at the end is added,
whoever ran last first. A try that is better is the schedule to go on from.

Source: Zeller and Hildebrandt, Simplifying and isolating failure-inducing input, TSE 2002.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from weft.scenario import Scenario
from weft.search.replay import conclude
from weft.search.schedule import Schedule
from weft.worlds.controlled import Execution

MOST_STEPS = 100_000
"""Steps executed in all tries together."""

LONGEST = 10_000
"""Steps after which one try is given up."""

Threads = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Try:
    """An execution: what its schedule turned out to be, what that costs and how it ended."""

    threads: Threads
    preemptions: int
    slug: str
    message: str

    @property
    def cost(self) -> tuple[int, int, Threads]:
        """Less is better."""
        return self.preemptions, len(self.threads), self.threads


def shortened(scenario: Scenario, schedule: Schedule, slug: str, *, most_steps: int = MOST_STEPS) -> tuple[Schedule, str] | None:
    """A schedule to ``slug`` as good as ``schedule`` or better, with the violation's message.

    Returns:
        ``None`` if ``schedule`` itself does not show it.
    """
    best = follow(scenario, schedule.threads)
    left = most_steps - len(best.threads)
    if best.slug != slug:
        return None
    better = True
    while better and left > 0:
        better = False
        for threads in _variations(best.threads):
            tried = follow(scenario, threads)
            left -= len(tried.threads)
            if tried.slug == slug and tried.cost < best.cost:
                best, better = tried, True
                break
            if left <= 0:
                break
    return Schedule(best.threads), best.message


def _variations(threads: Threads) -> Iterator[Threads]:
    """Schedules that may be better: blocks moved to where their thread runs again, halves of blocks moved, blocks taken out."""
    blocks = [(thread, len(list(steps))) for thread, steps in groupby(threads)]
    for k, (thread, steps) in enumerate(blocks):
        later = [j for j in range(k + 1, len(blocks)) if blocks[j][0] == thread]
        for size in dict.fromkeys((steps, (steps + 1) // 2, 1)):
            rest = [*blocks[:k], (thread, steps - size)]
            for j in dict.fromkeys(later[:1] + later[-1:]):
                yield _spelled([*rest, *blocks[k + 1 : j], (thread, size), *blocks[j:]])
            if later:
                yield _spelled([*blocks[: k + 1], (thread, blocks[later[0]][1]), *_without(blocks[k + 1 :], later[0] - k - 1)])
        yield _spelled([*blocks[:k], *blocks[k + 1 :]])


def _without(blocks: list[tuple[int, int]], position: int) -> list[tuple[int, int]]:
    return blocks[:position] + blocks[position + 1 :]


def _spelled(blocks: list[tuple[int, int]]) -> Threads:
    return tuple(thread for thread, steps in blocks for _ in range(steps))


def follow(scenario: Scenario, threads: Threads) -> Try:
    """Execute ``scenario`` along ``threads`` as far as that is possible, and then to its end."""
    execution = Execution(scenario)
    try:
        taken: list[int] = []
        preemptions = 0
        wishes = iter(threads)
        while (able := execution.enabled()) and len(taken) < LONGEST:
            number = next((wish for wish in wishes if wish in able), None)
            if number is None:
                number = taken[-1] if taken and taken[-1] in able else able[0]
            preemptions += bool(taken) and taken[-1] != number and taken[-1] in able
            taken.append(number)
            execution.step(number)
        ended = conclude(execution)
        return Try(tuple(taken), preemptions, "" if ended is None else ended.slug, "" if ended is None else ended.message)
    finally:
        execution.close()
