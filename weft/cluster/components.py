"""Which steps may be part of a cycle of states.

On a cycle of states every thread that moves comes back to its node, so each of its steps stays inside one strongly connected part
of its automaton; and every slot comes back to its value, so a step that changes it is inside one of the graph of the slot's values,
by steps that are left. What is left when nothing more can be ruled out are the only edges that need recording to see whether there
is a cycle. (Slots of cells that threads make, and the monitor's, are set in passing; they rule nothing out.)

Source: Tarjan, Depth-first search and linear graph algorithms, 1972; written without recursion.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weft.automaton.automaton import Automaton

Edges = Iterable[tuple[int, int]]


def cyclic_parts(automaton: Automaton) -> tuple[array[int], bool]:
    """Per node of ``automaton`` its part, and whether any step is left: one from a part to another is on no cycle of states."""
    moves = [(key >> 32, key & 0xFFFF_FFFF, move) for key, move in automaton.moves.items() if move.value >= 0]
    passing = {slot for _, _, move in moves for slot, _ in move.allocated}
    while True:
        parts = components(len(automaton.operations), ((node, move.node) for node, _, move in moves))
        moves = [(node, value, move) for node, value, move in moves if parts[node] == parts[move.node]]
        changes: dict[int, set[tuple[int, int]]] = {}
        for node, value, move in moves:
            changes.setdefault(automaton.slots[node], set()).add((value, move.value))
        for slot in passing:
            changes.pop(slot, None)
        values = {slot: components(len(automaton.values) + 1, found) for slot, found in changes.items()}
        left = [
            (node, value, move)
            for node, value, move in moves
            if (among := values.get(automaton.slots[node])) is None or among[value] == among[move.value]
        ]
        if len(left) == len(moves):
            return parts, bool(left)
        moves = left


def components(nodes: int, edges: Edges) -> array[int]:
    """Per node the number of its strongly connected part; nodes that no cycle passes have one of their own."""
    after: list[list[int]] = [[] for _ in range(nodes)]
    for node, following in edges:
        after[node].append(following)
    order, low = [0] * nodes, [0] * nodes
    found = array("I", [0]) * nodes
    settled = bytearray(nodes)
    path: list[int] = []
    counter = parts = 0
    for root in range(nodes):
        if order[root]:
            continue
        counter += 1
        order[root] = low[root] = counter
        path.append(root)
        stack: list[tuple[int, Iterator[int]]] = [(root, iter(after[root]))]
        while stack:
            node, rest = stack[-1]
            fresh = None
            for following in rest:
                if not order[following]:
                    fresh = following
                    break
                if not settled[following]:
                    low[node] = min(low[node], order[following])
            if fresh is not None:
                counter += 1
                order[fresh] = low[fresh] = counter
                path.append(fresh)
                stack.append((fresh, iter(after[fresh])))
                continue
            stack.pop()
            if stack:
                low[stack[-1][0]] = min(low[stack[-1][0]], low[node])
            if low[node] == order[node]:
                while True:
                    member = path.pop()
                    settled[member] = 1
                    found[member] = parts
                    if member == node:
                        break
                parts += 1
    return found


def refine(one: array[int], other: array[int]) -> bool:
    """Whether nodes in one part in ``other`` were in one part in ``one``, as far as ``one`` goes."""
    before: dict[int, int] = {}
    return all(before.setdefault(now, then) == then for then, now in zip(one, other, strict=False))
