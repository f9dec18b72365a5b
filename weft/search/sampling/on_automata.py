"""Runs on the product of thread automata, as integers. The automata grow on the way, just as an exhaustive search grows them.

A state that was met keeps its steps, so that after some runs a step costs one look into a list. What is kept is bounded by
``MOST_KEPT``; then all of it is forgotten, and comes back as runs meet it again. The automata themselves stay.
"""

from __future__ import annotations

from collections.abc import Sequence

from weft.automaton.automaton import Automaton
from weft.automaton.tables import BROKEN
from weft.cells.effects import BLOCKED
from weft.scenario import Scenario
from weft.search.sampling.course import Access, World
from weft.search.state_space import Vector, successor, successors
from weft.worlds.ending import Ending

MOST_KEPT = 100_000
"""States kept at once, at one or two kilobytes each."""

MOST_SEARCHED = 20_000
"""States looked at to find out whether a run that was too long could ever have ended."""


class State:
    """A state that was met; a ``Point``."""

    __slots__ = ("able", "after", "ending", "vector", "wants")

    def __init__(self, vector: Vector, able: tuple[int, ...], wants: tuple[Access | None, ...]) -> None:
        self.vector = vector
        self.able = able
        self.wants = wants
        self.after: list[State | None] = [None] * len(wants)
        self.ending: Ending | None = None


class OnAutomata:
    """A ``Course`` over automata.

    Raises:
        SharedStateError: The automata refuse the program, now or at any step.
    """

    world: World = "automata"

    def __init__(self, scenario: Scenario) -> None:
        self._automaton = automaton = Automaton(scenario)
        self.names = tuple(automaton.setting.names)
        self.letters = automaton.setting.letters()
        self._known: dict[Vector, State] = {}
        self._accesses: list[Access | None] = []
        self._here = self._state(tuple(automaton.start))

    def begin(self) -> State:
        """See ``Course``."""
        self._here = self._state(tuple(self._automaton.start))
        return self._here

    def step(self, thread: int) -> State:
        """See ``Course``."""
        self._here = after = self._here.after[thread] or self._taken(self._here, thread)
        return after

    def ending(self) -> Ending:
        """See ``Course``."""
        if self._here.ending is None:
            self._here.ending = self._automaton.ending(self._here.vector)
        return self._here.ending

    def after(self, thread: int) -> int:
        """See ``Course``."""
        return hash((self._here.after[thread] or self._taken(self._here, thread)).vector)

    def stuck_since(self, taken: Sequence[int]) -> int | None:
        """See ``Course``. Nobody knows where more than ``MOST_SEARCHED`` states can be reached."""
        if self._without_end(self._here.vector, set()) is None:
            return None
        way = [self.begin().vector, *(self.step(thread).vector for thread in taken)]
        stuck: set[Vector] = set()
        for position in range(len(taken), -1, -1):
            if way[position] not in stuck:
                more = self._without_end(way[position], stuck)
                if more is None:
                    return position + 1
                stuck |= more
        return 0

    def _without_end(self, vector: Vector, stuck: set[Vector]) -> set[Vector] | None:
        """All that can be reached from ``vector``, up to what is known to be stuck; ``None`` if an end can, or it is too much."""
        reached = {vector}
        work = [vector]
        while work:
            following = successors(self._automaton, work.pop())
            if not following or len(reached) > MOST_SEARCHED:
                return None
            new = {after for _, after in following} - reached - stuck
            reached |= new
            work += new
        return reached

    def close(self) -> None:
        """See ``Course``."""
        self._automaton.close()

    def _taken(self, state: State, thread: int) -> State:
        state.after[thread] = after = self._state(successor(self._automaton, state.vector, thread))
        return after

    def _state(self, vector: Vector) -> State:
        known = self._known.get(vector)
        if known is None:
            if len(self._known) >= MOST_KEPT:
                self._forget()
            known = self._known[vector] = self._looked_at(vector)
        return known

    def _forget(self) -> None:
        for state in self._known.values():
            state.after = [None] * len(state.after)
        self._known.clear()

    def _looked_at(self, vector: Vector) -> State:
        automaton = self._automaton
        nodes = vector[: automaton.threads]
        wants = tuple(map(self._access, nodes))
        if any(automaton.operations[node] == BROKEN for node in nodes) or automaton.faulty(vector):
            return State(vector, (), wants)
        return State(vector, tuple(t for t, want in enumerate(wants) if want is not None and self._is_able(vector, t)), wants)

    def _is_able(self, vector: Vector, thread: int) -> bool:
        """Whether the step does not block. It is not taken: the thread need not be executed for that."""
        automaton, node = self._automaton, vector[thread]
        value = vector[automaton.threads + automaton.slots[node]]
        known = automaton.moves.get(node << 32 | value)
        if known is not None:
            return known.value >= 0
        _, kind, operands = automaton.step(automaton.operations[node])
        return kind.effect(automaton.values[value], *operands) is not BLOCKED

    def _access(self, node: int) -> Access | None:
        for new in range(len(self._accesses), node + 1):
            request = self._automaton.request(new)
            self._accesses.append(None if request is None else Access(request[0].tag, not request[1].reads_only))
        return self._accesses[node]
