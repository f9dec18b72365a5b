"""What a thread may still touch from each of its nodes: exact for the automata known so far.

An **access** is one bit: reading or writing one slot, or beginning or ending a call for the linearizability monitor. ``reach[n]``
has the bits of every step that some path from node ``n`` takes; it is the least fixpoint over the thread's automaton.

A **barrier** is a slot at a value at which other threads' steps on it are blocked, such as a mutex while somebody holds it. As long
as none of them can change the slot, they cannot get beyond those steps: ``barriers[slot, value]`` has, per node, what is reachable
without passing one, and whether that leaves the slot as it is. Nothing here knows mutexes: what is blocked at a value follows
from the effects alone.

``post`` is a postorder of each automaton: an edge to a node of the same or a higher number closes a cycle, and every cycle of the
state graph contains such an edge of some thread.

Choice a reader may question: unknown futures are taken for empty, which is unsound for a search on its way. The fixpoint in
``exhaustive.py`` believes a search only when it met nothing unknown from its start to its end.

Source: Godefroid, Partial-Order Methods, LNCS 1032, 1996, sections 4.5 and 5; barriers are ours.
"""

from __future__ import annotations

from typing import Any

from weft.automaton.automaton import Automaton
from weft.automaton.tables import BROKEN, INVOKES
from weft.cells.effects import BLOCKED, Misuse
from weft.cells.mutex import Mutex
from weft.cells.values import order_key

FIRST_SLOT_BIT = 2
"""The bits below are ``tables.INVOKES`` and ``tables.RESPONDS``."""

Barrier = tuple[list[int], list[bool]]
"""Per node: what is reachable in front of the barrier, and whether it leaves the slot as it is."""


def reads(slot: int) -> int:
    """The bit of reading ``slot``."""
    return 1 << (FIRST_SLOT_BIT + 2 * slot)


def writes(slot: int) -> int:
    """The bit of writing ``slot``."""
    return 2 << (FIRST_SLOT_BIT + 2 * slot)


class Futures:
    """The tables, as of the last ``refresh``.

    Attributes:
        own: Per node: the accesses of its step.
        reach: Per node: the accesses of its step and of every later one.
        barriers: See above.
        post: Per node: its number in postorder.
        observed: Per invariant: the write bits of every slot that it ever looked at.
        knowledge: How much is known now; a search that ends with more than it began with must be repeated.
    """

    def __init__(self, automaton: Automaton, *, locks: bool) -> None:
        self._automaton = automaton
        self._locks = locks
        self._keys: dict[int, tuple[Any, ...]] = {}
        self.refresh()

    def refresh(self) -> None:
        """Compute everything anew from what the automata know."""
        automaton = self._automaton
        self.refreshed_at = self.knowledge
        count = len(automaton.operations)
        self.own = [self._access(node) for node in range(count)]
        self._before: list[list[int]] = [[] for _ in range(count)]
        self._after: list[list[int]] = [[] for _ in range(count)]
        for node, _, following, events in sorted(automaton.edges(), key=self._place):
            self._after[node].append(following)
            self._before[following].append(node)
            self.own[node] |= events
        self.post = self._postorder()
        self._order = sorted(range(count), key=self.post.__getitem__)
        self.reach = self._closed(self.own, frozenset())
        held = self._held() if self._locks else []
        self.barriers = {(slot, value): self._barrier(slot, value) for slot, value in held}
        self.observed = [sum(map(writes, look.slots)) for look in automaton.checks.invariants]

    @property
    def knowledge(self) -> int:
        """Edges, and slots that invariants look at; it only grows."""
        automaton = self._automaton
        return automaton.edge_count + sum(len(look.slots) for look in automaton.checks.invariants)

    def _access(self, node: int) -> int:
        request = self._automaton.request(node)
        if request is None:
            return 0
        slot = self._automaton.slots[node]
        return (reads(slot) if request[1].reads_only else writes(slot)) | (INVOKES if self._automaton.begins(node) else 0)

    def _place(self, edge: tuple[int, int, int, int]) -> tuple[int, tuple[Any, ...]]:
        """Edges of one node in an order that does not depend on when they were found."""
        node, result, _, _ = edge
        known = self._keys.get(result)
        if known is None:
            known = self._keys[result] = order_key(self._automaton.values[result])
        return node, known

    def _postorder(self) -> list[int]:
        post = [-1] * len(self._after)
        done = 0
        roots = self._automaton.start[: self._automaton.threads]
        for root in (*roots, *range(len(self._after))):
            if post[root] != -1:
                continue
            post[root] = -2  # on the way
            stack = [(root, iter(self._after[root]))]
            while stack:
                node, rest = stack[-1]
                following = next((n for n in rest if post[n] == -1), None)
                if following is None:
                    post[node] = done
                    done += 1
                    stack.pop()
                else:
                    post[following] = -2
                    stack.append((following, iter(self._after[following])))
        return post

    def _closed(self, own: list[int], barred: frozenset[int]) -> list[int]:
        """The least fixpoint of ``reach[n] = own[n] | reach of what follows``; nothing is reachable from barred nodes."""
        reach = [0 if node in barred else access for node, access in enumerate(own)]
        work, waiting = list(reversed(self._order)), set(self._order)
        while work:
            node = work.pop()
            waiting.discard(node)
            for before in self._before[node]:
                if before not in barred and reach[node] & ~reach[before]:
                    reach[before] |= reach[node]
                    if before not in waiting:
                        waiting.add(before)
                        work.append(before)
        return reach

    def _held(self) -> list[tuple[int, int]]:
        """Every mutex at every value that says who holds it."""
        automaton = self._automaton
        locks = [slot for slot, cell in enumerate(automaton.world.cells) if isinstance(cell, Mutex)]
        holders = [automaton.values.number(thread + 1) for thread in range(automaton.threads)]
        return [(slot, value) for slot in locks for value in holders]

    def _barrier(self, slot: int, value: int) -> Barrier:
        """What is in front of ``slot`` while it holds ``value``."""
        automaton = self._automaton
        at = [node for node, own in enumerate(self.own) if own and automaton.slots[node] == slot]
        blocked, changing = set(), set()
        for node in at:
            outcome = self._effect(node, value)
            if outcome is BLOCKED:
                blocked.add(node)
            elif outcome != value:
                changing.add(node)
        barred = frozenset(blocked)
        reach = self._closed(self.own, barred)
        unsteady = self._closed([int(node in changing) for node in range(len(self.own))], barred)
        return reach, [not changes for changes in unsteady]

    def _effect(self, node: int, value: int) -> object:
        """The slot's value after the step of ``node``; ``BLOCKED`` if it cannot happen."""
        automaton = self._automaton
        request = automaton.request(node)
        assert request is not None
        outcome = request[1].effect(automaton.values[value], *request[2])
        if isinstance(outcome, Misuse):
            return value
        return outcome if outcome is BLOCKED else automaton.values.number(outcome[0])

    def closes_cycle(self, node: int, following: int) -> bool:
        """Whether the edge may close a cycle of its automaton: every cycle has such an edge, whatever is still unknown."""
        return max(node, following) >= len(self.post) or self.post[following] >= self.post[node]

    def known(self, node: int) -> bool:
        """Whether ``node`` was there at the last refresh."""
        return node < len(self.reach) and self._automaton.operations[node] != BROKEN
