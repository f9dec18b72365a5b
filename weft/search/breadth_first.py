"""The shortest schedule to a violation: breadth-first over the same machine.

Runs after a depth-first search has met a violation, when nearly all moves are known. Keeps whole states for one level at a time
and a parent for every state, so it costs more memory a state than the depth-first loop; it stops at its budget and then leaves
the longer schedule in place.
"""

from __future__ import annotations

from collections.abc import Callable

from weft.automaton.tables import BROKEN, Machine
from weft.search.budget import Meter
from weft.search.schedule import Schedule

State = tuple[int, ...]


def shortest_schedule(machine: Machine, wanted: Callable[[State], bool], meter: Meter) -> Schedule | None:
    """The schedule with the fewest steps to a state without possible steps that is ``wanted``.

    Returns:
        ``None`` if the budget ends first or no such state exists.
    """
    start = tuple(machine.start)
    parents: dict[State, tuple[State, int] | None] = {start: None}
    level = [start]
    while level:
        following: list[State] = []
        for state in level:
            possible = successors(machine, state)
            if not possible and wanted(state):
                return _trace(parents, state)
            for thread, after in possible:
                if after not in parents:
                    parents[after] = (state, thread)
                    following.append(after)
        if meter.exceeded(states=len(parents), transitions=len(parents)):
            return None
        level = following
    return None


def _trace(parents: dict[State, tuple[State, int] | None], state: State) -> Schedule:
    threads = []
    step = parents[state]
    while step is not None:
        state, thread = step
        threads.append(thread)
        step = parents[state]
    return Schedule(tuple(reversed(threads)))


def successors(machine: Machine, state: State) -> list[tuple[int, State]]:
    """Every step possible in ``state``: the thread and the state after it; none where the execution ends."""
    threads = machine.threads
    if any(machine.operations[node] == BROKEN for node in state[:threads]) or machine.faulty(state):
        return []
    found = []
    for thread in range(threads):
        node = state[thread]
        operation = machine.operations[node]
        if operation < 0:
            continue
        slot = threads + machine.slots[node]
        move = machine.move(node, state[slot])
        if move.value < 0:
            continue
        after = list(state)
        after[thread], after[slot] = move.node, move.value
        if move.event:
            monitor = threads + machine.monitor_slot
            after[monitor] = machine.monitored(move.event, after[monitor])
        for new, value in move.allocated:
            after.extend([0] * (threads + new + 1 - len(after)))
            after[threads + new] = value
        found.append((thread, tuple(after)))
    return found
