"""Random walks over the automata before a reduced search, so that its first pass knows most futures already.

They only make automata grow; what they do not meet, the passes meet. The walks are the same in every run.
"""

from __future__ import annotations

import random

from weft.automaton.automaton import Automaton
from weft.automaton.tables import BROKEN
from weft.search.audit import advance

WALKS = 48
LONGEST = 2_000


def scout(automaton: Automaton, *, seed: int = 0) -> None:
    """Take some walks."""
    choose = random.Random(seed)
    for _ in range(WALKS):
        state = list(automaton.start)
        for _ in range(LONGEST):
            able = _enabled(automaton, state)
            if not able:
                break
            advance(automaton, state, choose.choice(able))


def _enabled(automaton: Automaton, state: list[int]) -> list[int]:
    """The threads that can take a step; none where an execution ends."""
    threads = automaton.threads
    if any(automaton.operations[node] == BROKEN for node in state[:threads]) or automaton.faulty(state):
        return []
    able = []
    for thread, node in enumerate(state[:threads]):
        if automaton.operations[node] >= 0 and automaton.move(node, state[threads + automaton.slots[node]]).value >= 0:
            able.append(thread)
    return able
