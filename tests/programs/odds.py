"""Exact probabilities of random schedules, by brute force, for what draws them to be held against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import permutations, product
from math import factorial

from weft import Scenario
from weft.automaton.automaton import Automaton
from weft.search.sampling.pct import Pct
from weft.search.sampling.walk import Ground, walk
from weft.search.state_space import Vector, successors


class Graph:
    """All states of a scenario whose executions all end, each after all that can come after it."""

    def __init__(self, scenario: Scenario) -> None:
        self.automaton = Automaton(scenario)
        self.following: dict[Vector, list[tuple[int, Vector]]] = {}
        self.order: list[Vector] = []
        self.start = tuple(self.automaton.start)
        work = [(self.start, False)]
        while work:
            state, done = work.pop()
            if done:
                self.order.append(state)
            elif state not in self.following:
                self.following[state] = successors(self.automaton, state)
                work.append((state, True))
                work += [(after, False) for _, after in self.following[state]]

    def uniform_walk(self) -> Counter[str]:
        """How likely a uniform random walk is to end with which slug; the empty one is no violation."""
        share: Counter[Vector] = Counter({self.start: Fraction(1)})  # type: ignore[dict-item]
        ends: Counter[str] = Counter()
        for state in reversed(self.order):
            following = self.following[state]
            if not following:
                ends[self.automaton.ending(state).slug] += share[state]
            for _, after in following:
                share[after] += share[state] / len(following)
        return ends

    def longest(self) -> int:
        """The most steps of an execution."""
        most: dict[Vector, int] = {}
        for state in self.order:
            most[state] = max((1 + most[after] for _, after in self.following[state]), default=0)
        return most[self.start]


def pct_probability(scenario: Scenario, slug: str, *, depth: int, steps: int) -> Fraction:
    """How likely a run of PCT is to end with ``slug``: each order of priorities and each choice of change points tried once."""
    hits = 0
    with Ground(scenario) as ground:
        threads = len(ground.course.names)
        for priorities in permutations(range(depth, depth + threads)):
            for changes in product(range(1, steps + 1), repeat=depth - 1):
                ended = walk(ground.course, Fixed(priorities, changes)).ending
                hits += ended is not None and ended.slug == slug
    return Fraction(hits, factorial(threads) * steps ** (depth - 1))


class Fixed(Pct):
    """PCT with given choices."""

    def __init__(self, priorities: Sequence[int], changes: Sequence[int]) -> None:
        super().__init__(0, depth=len(changes) + 1)
        self._fixed = priorities, changes

    def begin(self, course) -> None:
        self.begin_with(*self._fixed)


def insertions(ranked: tuple[str, ...], new: str) -> Iterator[tuple[str, ...]]:
    """Every place that a number drawn afresh may have among those drawn before; all are equally likely."""
    for place in range(len(ranked) + 1):
        yield (*ranked[:place], new, *ranked[place:])
