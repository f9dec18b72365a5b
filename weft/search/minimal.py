"""The best schedule to a violation: the fewest preemptions, then the fewest steps, then the first in the threads' order.

Guarantee: among all schedules of the scenario that end in what is wanted, none has fewer preemptions, and none with as many has
fewer steps. Of those that are equally good it is the smallest in lexicographic order, so it is the same on every machine and for
every search before it. The limit is that of all searches over automata: equal local states are taken to have equal futures.

How: a breadth-first search over pairs of a state and the thread that took the last step, in the order of (preemptions, steps); a
switch away from a thread that could have gone on costs one preemption, any other step none. So pairs with equal costs are finished
together, and all best ways to them are known before the first of them is gone on from.

Source: 0-1 breadth-first search is folklore (Dial's buckets, CACM 1969); preemptions as the measure of a counterexample are
Musuvathi and Qadeer, Iterative context bounding, PLDI 2007.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from weft.search.schedule import Schedule
from weft.search.state_space import State, StateSpace

Pair = tuple[State, int]
Cost = tuple[int, int]
Wanted = Callable[[State], bool]

NOBODY = -1


def minimal_schedule(space: StateSpace, wanted: Wanted) -> Schedule | None:
    """The best schedule to a state that is ``wanted``; ``None`` if there is no such state.

    Raises:
        TooLarge: The space has used up its budget.
    """
    return _Best(space, wanted).schedule()


class _Best:
    def __init__(self, space: StateSpace, wanted: Wanted) -> None:
        self._space = space
        self._wanted = wanted
        self._start: Pair = (space.start, NOBODY)
        self._costs: dict[Pair, Cost] = {self._start: (0, 0)}
        self._before: dict[Pair, list[Pair]] = {self._start: []}
        # By preemptions, then by steps: the pairs found with that cost, of which some may have been found cheaper since.
        self._found: list[dict[int, list[Pair]]] = [{0: [self._start]}]

    def schedule(self) -> Schedule | None:
        preemptions = 0
        while preemptions < len(self._found):
            layer = self._found[preemptions]
            steps = min(layer, default=0)
            while layer:
                pairs = [pair for pair in layer.pop(steps, ()) if self._costs[pair] == (preemptions, steps)]
                goals = [pair for pair in pairs if self._wanted(pair[0])]
                if goals:
                    return self._first_of(goals)
                for pair in pairs:
                    self._go_on_from(pair, (preemptions, steps))
                steps += 1
            preemptions += 1
        return None

    def _go_on_from(self, pair: Pair, cost: Cost) -> None:
        state, running = pair
        possible = self._space.steps(state)
        can_go_on = any(thread == running for thread, _ in possible)
        preemptions, steps = cost
        for thread, following in possible:
            self._meet((following, thread), (preemptions + (can_go_on and thread != running), steps + 1), pair)

    def _meet(self, pair: Pair, cost: Cost, before: Pair) -> None:
        known = self._costs.get(pair)
        if known == cost:
            self._before[pair].append(before)
        elif known is None or cost < known:
            self._costs[pair] = cost
            self._before[pair] = [before]
            while len(self._found) <= cost[0]:
                self._found.append({})
            self._found[cost[0]].setdefault(cost[1], []).append(pair)

    def _first_of(self, goals: list[Pair]) -> Schedule:
        """Of all best ways to ``goals`` the one that is first in the threads' order."""
        after: dict[Pair, list[Pair]] = {}
        work, seen = list(goals), set(goals)
        while work:
            pair = work.pop()
            for before in self._before[pair]:
                after.setdefault(before, []).append(pair)
                if before not in seen:
                    seen.add(before)
                    work.append(before)
        threads, here = [], self._start
        while here in after:
            here = min(after[here], key=lambda pair: pair[1])
            threads.append(here[1])
        return Schedule(tuple(threads))


def without_end(space: StateSpace) -> set[State]:
    """The states from which no execution ends (a livelock), out of the whole space.

    Raises:
        TooLarge: The space has used up its budget.
    """
    before: dict[State, list[State]] = {}
    ends: deque[State] = deque()
    k = 0
    while k < len(space):
        state = State(k)
        possible = space.steps(state)
        if not possible:
            ends.append(state)
        for _, following in possible:
            before.setdefault(following, []).append(state)
        k += 1
    reached = set(ends)
    while ends:
        for state in before.get(ends.popleft(), ()):
            if state not in reached:
                reached.add(state)
                ends.append(state)
    return {State(k) for k in range(len(space))} - reached


def decided_at(space: StateSpace, schedule: Schedule, ends_well: Wanted) -> int:
    """After how many steps of ``schedule`` no continuation ends well any more.

    Args:
        space: What can happen.
        schedule: It leads to a violation.
        ends_well: Whether an execution that ends in this state has nothing wrong.

    Raises:
        TooLarge: The space has used up its budget.
    """
    states = space.along(schedule.threads)
    lost: set[State] = set()
    for position in range(len(states) - 1, -1, -1):
        work, seen = [states[position]], {states[position]}
        while work:
            state = work.pop()
            possible = space.steps(state)
            if not possible and ends_well(state):
                return position + 1
            for _, following in possible:
                if following not in seen and following not in lost:
                    seen.add(following)
                    work.append(following)
        lost |= seen
    return 0
