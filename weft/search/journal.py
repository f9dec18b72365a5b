"""What a search has asked of the automata, in the order in which it asked for the first time.

The automata number nodes and values as they find them, so asking the same again in the same order rebuilds the same numbers. That
is how a search resumes from a file of integers: no Python object is saved.
"""

from __future__ import annotations

import hashlib

from weft.automaton.automaton import Automaton

Entry = list[int]
"""``[node, value]`` for a move (or ``2**31 | event`` in place of the node); ``[-1 - number, *state]`` for an invariant's answer."""


class Journal:
    """The questions of one search.

    Attributes:
        entries: So far.
        marks: Components of states whose marks under symmetry were asked for: (position, number), each once.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.marks: dict[tuple[int, int], None] = {}
        self._moves: set[tuple[int, int]] = set()
        self._answers: set[tuple[int, tuple[tuple[int, int], ...]]] = set()

    def asked_move(self, node: int, value: int) -> None:
        """A move was looked up."""
        if (node, value) not in self._moves:
            self._moves.add((node, value))
            self.entries.append([node, value])

    def asked_check(self, number: int, state: list[int], path: list[tuple[int, int]]) -> None:
        """An invariant judged ``state``, looking at ``path`` of it."""
        if (number, tuple(path)) not in self._answers:
            self._answers.add((number, tuple(path)))
            self.entries.append([-1 - number, *state])


def digest(automaton: Automaton) -> str:
    """What the automata say, as a hash: equal for equal numbers."""
    told = hashlib.sha256()
    for part in (automaton.start, automaton.operations, automaton.slots, list(automaton.moves.items())):
        told.update(repr(part).encode())
    return told.hexdigest()
