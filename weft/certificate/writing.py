"""Writing the certificate of a race that holds: its automata and every state that it reaches.

Guarantee: none. Nothing here is trusted: ``weft/verify.py`` goes over what is written, and a wrong certificate is refused. The
states are enumerated anew, breadth-first and without any reduction, whatever the search left out; a thread is re-executed where
a reduced search did not need its move. They are whole states, not fingerprints.

Limit: a race with more than ``MOST_STATES`` states gets no certificate: the checker is plain Python with all states in memory.

Format ``weft-certificate/1``: a line ``weft-certificate/1 HASH``, with the SHA-256 of all that follows; the rest is compressed by
zlib: a line of JSON, then the states. In the JSON:

- ``python`` (version); ``race`` (``FILE::RACE``); ``threads`` (their names); ``merged``, whether equal local states are one node;
  ``sources`` (file: SHA-256);
- ``slots``: which cells there are, each ``[thread, k]``, the k-th thing that the thread made (thread -1 is the set-up); ``monitor``
  is the slot of the linearizability monitor, or -1;
- ``values``: a digest each (see ``digest``); number 0 is a cell that is not there yet;
- ``nodes``: ``[slot, kind, operand...]``, the step that a thread wants to take, operands as digests, or ``["end", result]``;
- ``moves``: ``[node, value, next node, new value, event, [[slot, value], ...]]``: what a thread at ``node`` does if its step finds
  ``value``. Next node -1: it waits. Event 0: nothing to the monitor. The pairs are cells that it makes on the way;
- ``events``: ``[event, value before, value after]``, what an event does to the monitor.

A state is a vector of unsigned 32-bit little-endian numbers: a node a thread, then a value a slot. States come in the order found,
the start first, as columns: the first number of all states, then the second of all. Neighbours differ in little, so it compresses.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from weft.automaton.automaton import Automaton
from weft.automaton.tables import FINISHED, Move
from weft.cells.values import order_key
from weft.certificate.sources import hashes

FORMAT = "weft-certificate/1"
SUFFIX = ".certificate"
MOST_STATES = 500_000
"""Above this many states there is no certificate."""

State = tuple[int, ...]


class TooLarge(Exception):
    """The race has more than ``MOST_STATES`` states."""


def digest(value: Any) -> str:
    """A value as 32 hexadecimal digits, the same in every process: cells and shared objects count by who made them and when."""
    return hashlib.sha256(repr(order_key(value)).encode()).hexdigest()[:32]


def certify(automaton: Automaton, race: str, *, files: Iterable[str], merged: bool, folder: str) -> str:
    """Write the certificate of ``race`` into ``folder``, whole or not at all.

    Args:
        automaton: The automata of the race after a search that found it to hold.
        race: ``FILE::RACE``.
        files: Where it is written.
        merged: Whether the search merged equal local states.
        folder: Must exist.

    Returns:
        The name of the file, or a phrase beginning with ``none:``.
    """
    name = re.sub(r"[^\w.-]+", ".", race.replace(".py::", ".")) + SUFFIX
    try:
        content = _encoded(automaton, race, merged=merged, sources=hashes(files))
    except TooLarge:
        return f"none: more than {MOST_STATES:,} states"
    file = os.path.join(folder, name)
    unfinished = f"{file}.{os.getpid()}"
    with open(unfinished, "wb") as stream:
        stream.write(content)
    os.replace(unfinished, file)
    return file


def _encoded(automaton: Automaton, race: str, *, merged: bool, sources: Mapping[str, str]) -> bytes:
    found = _Reached(automaton)
    header = {
        "python": platform.python_version(),
        "race": race,
        "threads": automaton.setting.names,
        "merged": merged,
        "sources": dict(sorted(sources.items())),
        "slots": [cell.made_as for cell in automaton.world.cells],
        "monitor": automaton.monitor_slot,
        "values": ["", *(digest(automaton.values[k]) for k in range(1, len(automaton.values) + 1))],
        "nodes": [_wanted(automaton, node) for node in range(len(automaton.operations))],
        "moves": [[*key, move.node, move.value, move.event, move.allocated] for key, move in found.moves.items()],
        "events": [[*key, after] for key, after in found.events.items()],
    }
    return encoded(header, found.columns())


def encoded(header: Mapping[str, Any], columns: array[int]) -> bytes:
    """The bytes of a certificate; see the module's header."""
    rest = zlib.compress(json.dumps(header).encode() + b"\n" + columns.tobytes())
    return f"{FORMAT} {hashlib.sha256(rest).hexdigest()}\n".encode() + rest


def _wanted(automaton: Automaton, node: int) -> list[Any]:
    request = automaton.request(node)
    if request is not None:
        return [automaton.slots[node], request[1].name, *map(digest, request[2])]
    finished = automaton.operations[node] == FINISHED
    return ["end", digest(automaton.values[automaton.returned(node)]) if finished else "broken"]


class _Reached:
    """All that can be reached from the start: the states, and the moves and events on the way."""

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self.moves: dict[tuple[int, int], Move] = {}
        self.events: dict[tuple[int, int], int] = {}
        self._states: dict[State, None] = {tuple(automaton.start): None}
        level = list(self._states)
        while level:
            following: list[State] = []
            for state in level:
                for after in self._successors(state):
                    if after not in self._states:
                        self._states[after] = None
                        following.append(after)
            if len(self._states) > MOST_STATES:
                raise TooLarge
            level = following

    def _successors(self, state: State) -> Iterator[State]:
        """Every state after ``state``. Trailing slots without a value are left out, so that a state is one tuple."""
        automaton, threads = self._automaton, self._automaton.threads
        for thread in range(threads):
            node = state[thread]
            if automaton.operations[node] < 0:
                continue
            slot = threads + automaton.slots[node]
            value = state[slot]
            move = self.moves.get((node, value))
            if move is None:
                move = self.moves[node, value] = automaton.move(node, value)
            if move.value < 0:
                continue
            after = [*state]
            after[thread], after[slot] = move.node, move.value
            if move.event:
                at = threads + automaton.monitor_slot
                after[at] = self.events[move.event, state[at]] = automaton.monitored(move.event, state[at])
            for made, first in move.allocated:
                after.extend([0] * (threads + made + 1 - len(after)))
                after[threads + made] = first
            yield tuple(after)

    def columns(self) -> array[int]:
        """All states, a column after the other."""
        width = self._automaton.threads + len(self._automaton.world.cells)
        columns = array("I")
        for position in range(width):
            columns.extend([state[position] if position < len(state) else 0 for state in self._states])
        return columns
