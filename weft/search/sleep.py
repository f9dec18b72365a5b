"""Sleep sets: steps that need no trying because another order of the same steps has been searched.

After the step ``t`` of a state was searched, and a step ``a`` of it that commutes with ``t`` is searched next, ``t`` *sleeps*
behind ``a``: ``a`` then ``t`` leads where ``t`` then ``a`` does. It wakes where a step does not commute with it.

Guarantee, for state graphs without cycles and a search by one walker: whatever kind of state (final, faulty, about to take some
step) the search without sleep sets reaches, the one with them reaches. For a state that the search has left, everything reachable
from it has been found: by the step that leads there, if it was tried; if it slept, by the earlier brother that it slept for, left
before. So states that are met again need not be searched again for a smaller sleep set, and no sleep set is stored.
States themselves may be left out: those that only lead where others have led.

In graphs with cycles a state can be met before it is left, and with several walkers too; there the sleep sets stay empty.

Source: Godefroid, Partial-Order Methods, LNCS 1032, 1996, section 5; the argument for doing without stored sleep sets is ours.
"""

from __future__ import annotations

from collections.abc import Sequence

from weft.automaton.tables import INVOKES, RESPONDS, Machine, Move

Sleep = dict[int, Move]
"""By thread, the step that sleeps."""


def commute(machine: Machine, state: Sequence[int], one: tuple[int, Move], other: tuple[int, Move]) -> bool:
    """Whether two enabled steps (thread, move) lead to the same state in either order."""
    (thread, move), (neighbour, step) = one, other
    kinds = (machine.events.kinds(move.event), machine.events.kinds(step.event))
    if all(kinds) and kinds[0] | kinds[1] == INVOKES | RESPONDS:
        return False
    slot = machine.slots[state[thread]]
    value = state[machine.threads + slot]
    return slot != machine.slots[state[neighbour]] or move.value == step.value == value


def behind(machine: Machine, state: Sequence[int], sleep: Sleep, taken: tuple[int, Move]) -> Sleep:
    """What sleeps after the step ``taken`` from ``state``, where ``sleep`` does."""
    return {thread: move for thread, move in sleep.items() if commute(machine, state, (thread, move), taken)}
