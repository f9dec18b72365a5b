"""Questions about a state graph that a search recorded: who can still finish, and the shortest way somewhere."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Collection, Iterable

from weft.search.schedule import Schedule


class StateGraph:
    """States numbered from 0 (the start), with an edge for each step and the thread that took it.

    Attributes:
        states: How many.
        terminals: The states without edges out.
    """

    def __init__(self, states: int, sources: array[int], targets: array[int], actors: array[int], terminals: list[int]) -> None:
        self.states = states
        self.terminals = terminals
        self._sources, self._targets, self._actors = sources, targets, actors

    def _grouped(self, keys: array[int]) -> tuple[list[int], array[int]]:
        """Edges grouped by ``keys``: first position of each group, and edge numbers in group order."""
        first = [0] * (self.states + 1)
        for key in keys:
            first[key + 1] += 1
        for k in range(self.states):
            first[k + 1] += first[k]
        order = array("I", bytes(4 * len(keys)))
        place = first[:]
        for edge, key in enumerate(keys):
            order[place[key]] = edge
            place[key] += 1
        return first, order

    def cannot_reach(self, goals: Iterable[int]) -> list[int]:
        """The states from which no state of ``goals`` can be reached, in ascending order."""
        first, order = self._grouped(self._targets)
        reached = bytearray(self.states)
        work = deque(goals)
        for goal in work:
            reached[goal] = 1
        while work:
            state = work.popleft()
            for k in range(first[state], first[state + 1]):
                source = self._sources[order[k]]
                if not reached[source]:
                    reached[source] = 1
                    work.append(source)
        return [state for state in range(self.states) if not reached[state]]

    def shortest(self, goals: Collection[int]) -> Schedule | None:
        """The schedule with the fewest steps from the start to any state of ``goals``."""
        wanted = set(goals)
        first, order = self._grouped(self._sources)
        came: dict[int, int] = {0: -1}
        work = deque([0])
        while work:
            state = work.popleft()
            if state in wanted:
                return self._way(came, state)
            for k in range(first[state], first[state + 1]):
                target = self._targets[order[k]]
                if target not in came:
                    came[target] = order[k]
                    work.append(target)
        return None

    def paths(self) -> int:
        """The number of maximal paths from the start, exactly. The graph must be acyclic."""
        first, order = self._grouped(self._sources)
        waiting = [0] * self.states
        for target in self._targets:
            waiting[target] += 1
        ways = [0] * self.states
        ways[0] = 1
        work = [0]
        while work:
            state = work.pop()
            for k in range(first[state], first[state + 1]):
                target = self._targets[order[k]]
                ways[target] += ways[state]
                waiting[target] -= 1
                if not waiting[target]:
                    work.append(target)
        return sum(ways[state] for state in self.terminals)

    def __len__(self) -> int:
        return len(self._sources)

    def _way(self, came: dict[int, int], state: int) -> Schedule:
        threads = []
        while came[state] >= 0:
            edge = came[state]
            threads.append(self._actors[edge])
            state = self._sources[edge]
        return Schedule(tuple(reversed(threads)))
