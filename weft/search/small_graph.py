"""The whole state graph of a race that is small enough to be drawn, with what each state holds.

The search itself keeps fingerprints and edges only. This walks the same tables breadth-first, so states are numbered by their
distance from the start, and gives up at a number of states.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from weft.automaton.automaton import Automaton
from weft.search.breadth_first import State, successors


@dataclass(slots=True)
class SmallGraph:
    """Every reachable state and every step between two.

    Attributes:
        states: The vectors, in the order of distance; the first is the start.
        edges: Source, target, thread.
    """

    states: list[State] = field(default_factory=list)
    edges: list[tuple[int, int, int]] = field(default_factory=list)


def small_graph(automaton: Automaton, *, most_states: int) -> SmallGraph | None:
    """The state graph of ``automaton``, or ``None`` if it has more than ``most_states``."""
    start = tuple(automaton.start)
    numbers = {start: 0}
    graph = SmallGraph([start])
    for source, state in enumerate(graph.states):  # grows while it is walked
        for thread, after in successors(automaton, state):
            after = _without_absent(after, len(start))  # noqa: PLW2901 - one state, one vector
            target = numbers.setdefault(after, len(numbers))
            if target == len(graph.states):
                if target == most_states:
                    return None
                graph.states.append(after)
            graph.edges.append((source, target, thread))
    return graph


def _without_absent(state: State, shortest: int) -> State:
    """``state`` without the slots at its end whose cells do not exist."""
    length = len(state)
    while length > shortest and not state[length - 1]:
        length -= 1
    return state[:length]
