"""Which steps may be part of a cycle of states.

On a cycle of states every thread that moves comes back to its node, so each of its steps stays inside one strongly connected part of
its automaton. Only such edges need to be recorded to see whether there is a cycle, and most races have few of them.

Source: Tarjan, Depth-first search and linear graph algorithms, 1972; written without recursion.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

Edges = Iterable[tuple[int, int]]


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
