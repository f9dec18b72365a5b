"""The state space again, in Python and with whole states, for questions that are asked only once a violation is known.

The search loops keep fingerprints. Here every state keeps its vector and the steps that are possible in it, so that it can be asked
from any of them how executions go on. Nearly all moves are known by then, so a state costs microseconds; the memory is what limits.

It is the whole space, whatever reduction the search before it has used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NewType

from weft.automaton.tables import BROKEN, Machine, Move
from weft.search.budget import Budget, Meter

Vector = tuple[int, ...]
State = NewType("State", int)
Step = tuple[int, State]
"""A thread and the state after its step."""

Pulse = Callable[[], None]

_LOOK_EVERY = 1024
"""States between two looks at the clock."""


class TooLarge(Exception):
    """The space has more states than were allowed, or took longer."""


class StateSpace:
    """States by number, from 0 (the start), made as they are asked for.

    Args:
        machine: What moves.
        budget: States and seconds after which ``TooLarge`` is raised.
        pulse: Called now and then; what it raises ends the work.
    """

    start = State(0)

    def __init__(self, machine: Machine, budget: Budget, pulse: Pulse | None = None) -> None:
        self._machine = machine
        self._meter = Meter(budget)
        self._pulse = pulse
        self._vectors: list[Vector] = []
        self._numbers: dict[Vector, State] = {}
        self._steps: list[list[Step] | None] = []
        self._number(tuple(machine.start))

    def __len__(self) -> int:
        return len(self._vectors)

    def vector(self, state: State) -> Vector:
        """The nodes and values of ``state``."""
        return self._vectors[state]

    def steps(self, state: State) -> list[Step]:
        """Every step possible in ``state``, by ascending thread; none where the execution ends."""
        known = self._steps[state]
        if known is None:
            found = successors(self._machine, self._vectors[state])
            known = self._steps[state] = [(thread, self._number(vector)) for thread, vector in found]
        return known

    def along(self, threads: tuple[int, ...]) -> list[State]:
        """The states on the way, from the start to where the schedule leads."""
        states = [self.start]
        for thread in threads:
            states.append(dict(self.steps(states[-1]))[thread])
        return states

    def _number(self, vector: Vector) -> State:
        known = self._numbers.get(vector)
        if known is None:
            known = self._numbers[vector] = State(len(self._vectors))
            self._vectors.append(vector)
            self._steps.append(None)
            self._look_at_budget(known)
        return known

    def _look_at_budget(self, states: int) -> None:
        budget = self._meter.budget
        if budget.max_states is not None and states >= budget.max_states:
            raise TooLarge
        if states % _LOOK_EVERY == 0:
            if self._pulse is not None:
                self._pulse()
            if self._meter.exceeded(states=0, transitions=0):
                raise TooLarge


def successors(machine: Machine, vector: Vector) -> list[tuple[int, Vector]]:
    """Every step possible in a state, by ascending thread, with the state after it; none where the execution ends."""
    threads = machine.threads
    if any(machine.operations[node] == BROKEN for node in vector[:threads]) or machine.faulty(vector):
        return []
    found = []
    for thread in range(threads):
        node = vector[thread]
        if machine.operations[node] < 0:
            continue
        move = machine.move(node, vector[threads + machine.slots[node]])
        if move.value >= 0:
            found.append((thread, _after(machine, vector, thread, move)))
    return found


def successor(machine: Machine, vector: Vector, thread: int) -> Vector:
    """The state after the step of ``thread``, which must be able to take it."""
    node = vector[thread]
    return _after(machine, vector, thread, machine.move(node, vector[machine.threads + machine.slots[node]]))


def _after(machine: Machine, vector: Vector, thread: int, move: Move) -> Vector:
    threads = machine.threads
    after = list(vector)
    after[thread], after[threads + machine.slots[vector[thread]]] = move.node, move.value
    if move.event:
        monitor = threads + machine.monitor_slot
        after[monitor] = machine.monitored(move.event, after[monitor])
    for new, value in move.allocated:
        after.extend([0] * (threads + new + 1 - len(after)))
        after[threads + new] = value
    return tuple(after)
