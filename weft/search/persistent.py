"""Persistent sets: in each state, the threads that a search must follow; the others may wait.

A set of threads is *closed* in a state if nothing that a thread outside may ever do, while the set stands still, conflicts with
the next step of a thread inside (a write with any access of the same slot; the beginning with the ending of calls), and if nobody
outside can unblock a thread inside that waits. Following only the enabled threads of a closed set reaches every final state,
every deadlock and every step of every thread that the full search reaches (Godefroid, sections 4.2 and 6.3).

What else is checked needs a word each, for one path ``u`` from here to a faulty state, made of steps from outside the set, and
one enabled step ``t`` of the set:

- *Invariant*: a step that writes a slot which the invariant looks at makes the set take in every thread that may still write any
  such slot. So ``t`` either leaves the verdict alone, or ``u`` did not change it and it was already wrong here. Where the invariant
  is satisfied by slots that nobody outside can change (it applies only while a lock is free, and the lock is held inside), it
  is satisfied along all of ``u``.
- *Data race*: if ``t`` is one of the two racing steps, the thread of the other is in the set, so both stood there already.
- *Rules about held locks*, *locks held at return*: only their holder gives them back, so ``t`` of another thread changes nothing.
- *Linearizability*: responses commute with responses and invocations with invocations; each kind conflicts with the other one.
- *Livelock*: from every state that is visited, all final states that the full search reaches are reached.

Cycles: a thread could be left waiting all around a cycle of the state graph, and for ever. So where a search has met a cycle it is
repeated in ``strict`` mode: if a followed step may close a cycle of its automaton, all threads are followed. This proviso looks
only at the state, not at the search's stack, so counts do not depend on the order of the search.

What a reduced search cannot say: the number of interleavings, and which violations exist besides the one it shows.

Source: Godefroid, Partial-Order Methods, LNCS 1032, 1996, section 4; Kurshan et al., Static partial order reduction, TACAS 1998
(the proviso).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weft.automaton.automaton import Automaton
from weft.automaton.tables import INVOKES, RESPONDS, Move
from weft.search.futures import Futures, reads, writes

Choice = tuple[int, Move]


class Persistent:
    """Chooses among the enabled threads of a state."""

    def __init__(self, automaton: Automaton, futures: Futures) -> None:
        self._automaton = automaton
        self._futures = futures
        self.strict = False

    def choose(self, state: Sequence[int], enabled: list[Choice]) -> list[Choice]:
        """The enabled steps of the smallest closed set found, in the order of ``enabled``; all of them where a cycle closes."""
        best = enabled
        moves = dict(enabled)
        for seed in sorted(moves):
            members = self._closure(seed, state, moves)
            followed = [choice for choice in enabled if choice[0] in members]
            cyclic = self.strict and any(self._futures.closes_cycle(state[thread], move.node) for thread, move in followed)
            if len(followed) < len(best) and not cyclic:
                best = followed
        return best

    def is_chain(self, state: Sequence[int], followed: list[Choice]) -> bool:
        """Whether a state with this one way on need not be stored."""
        return len(followed) == 1 and not self._futures.closes_cycle(state[followed[0][0]], followed[0][1].node)

    def _closure(self, seed: int, state: Sequence[int], moves: dict[int, Move]) -> set[int]:
        """The smallest closed set with ``seed`` that adding one thread at a time arrives at; who holds locks comes first."""
        members = {seed}
        others = sorted(set(range(self._automaton.threads)) - members, key=lambda t: (self._holds_none(t, state), t))
        while (wanted := self._conflicting(members, others, state, moves)) is not None:
            members.add(wanted)
            others.remove(wanted)
        return members

    def _conflicting(self, members: set[int], others: list[int], state: Sequence[int], moves: dict[int, Move]) -> int | None:
        standing = self._standing(state, others)
        clash = 0
        for thread in members:
            clash |= self._clash(thread, state, moves.get(thread), standing)
        return next((other for other in others if self._reach(state[other], state, standing) & clash), None)

    def _in_force(self, state: Sequence[int]) -> Iterator[tuple[int, list[bool]]]:
        """The slots that hold a value at which they bar, and for each node whether it leaves them so."""
        threads = self._automaton.threads
        for (slot, value), (_, steady) in self._futures.barriers.items():
            if threads + slot < len(state) and state[threads + slot] == value:
                yield slot, steady

    def _leaves(self, thread: int, state: Sequence[int], steady: list[bool]) -> bool:
        return self._futures.known(state[thread]) and steady[state[thread]]

    def _holds_none(self, thread: int, state: Sequence[int]) -> bool:
        return all(self._leaves(thread, state, steady) for _, steady in self._in_force(state))

    def _standing(self, state: Sequence[int], others: list[int]) -> list[int]:
        """The barriers that stand: slots that none of ``others`` can change."""
        return [slot for slot, steady in self._in_force(state) if all(self._leaves(t, state, steady) for t in others)]

    def _reach(self, node: int, state: Sequence[int], standing: list[int]) -> int:
        if not self._futures.known(node):
            return 0
        reach = self._futures.reach[node]
        for slot in standing:
            reach &= self._futures.barriers[slot, state[self._automaton.threads + slot]][0][node]
        return reach

    def _clash(self, thread: int, state: Sequence[int], move: Move | None, standing: list[int]) -> int:
        """The accesses that conflict with the next step of ``thread``."""
        node = state[thread]
        slot = self._automaton.slots[node]
        if slot < 0:
            return 0
        if move is None:
            return writes(slot)
        clash = writes(slot)
        events = self._automaton.events.kinds(move.event)
        clash |= RESPONDS if events & INVOKES else 0
        clash |= INVOKES if events & RESPONDS else 0
        if move.value != state[self._automaton.threads + slot]:
            clash |= reads(slot) | self._observing(slot, state, standing)
        return clash

    def _observing(self, slot: int, state: Sequence[int], standing: list[int]) -> int:
        """Writes of slots that some invariant looks at together with ``slot``."""
        clash = 0
        for observed, look in zip(self._futures.observed, self._automaton.checks.invariants, strict=True):
            if observed & writes(slot) and not look.settled(None, state, standing):
                clash |= observed
        return clash
