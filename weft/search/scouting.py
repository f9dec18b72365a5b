"""Random walks over the automata before a reduced search, so that its first pass knows most futures already.

They only make automata grow; what they do not meet, the passes meet. The walks are the same in every run.
"""

from __future__ import annotations

import random

from weft.automaton.automaton import Automaton
from weft.search.state_space import successors

WALKS = 48
LONGEST = 2_000


def scout(automaton: Automaton, *, seed: int = 0) -> None:
    """Take some walks."""
    choose = random.Random(seed)
    for _ in range(WALKS):
        state = automaton.start
        for _ in range(LONGEST):
            possible = successors(automaton, state)
            if not possible:
                break
            _, state = choose.choice(possible)
