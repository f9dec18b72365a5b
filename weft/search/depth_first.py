"""The search loop: depth-first over state vectors of integers, with an undo log and a set of fingerprints.

This is the reference loop, in plain Python. It sees the program only through ``Machine`` and reports only integers, so that a
compiled loop can take its place and be compared with it. It runs as a generator that pauses every few thousand transitions,
where its owner looks at budgets and draws progress.

``run`` is one function of some eighty lines because it is the hot loop: a call a transition would double its time.

It also counts the maximal paths of the state graph (the interleavings that a verdict stands for) by dynamic programming on
the way back, and records the graph's edges. A path that returns to a state on itself makes the count unbounded.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator

from weft.automaton.tables import BROKEN, Machine, Move
from weft.search.fingerprint import Marks
from weft.search.fixpoint import Fixpoint
from weft.search.graph import StateGraph
from weft.search.sleep import Sleep, behind

PAUSE = 4096
"""Transitions between two pauses."""

Choice = tuple[int, Move]


class DepthFirst:
    """One search. Iterate over ``run()`` until it ends or you have had enough.

    Args:
        machine: What to search.
        ended: Called once for each state in which no step is possible, with its vector; true stops the search.
        bits: Fingerprint size, 64 or 128.
        fixpoint: Chooses which enabled threads to follow; without it, all.

    Attributes:
        states: Distinct states so far.
        transitions: Steps taken so far, between states (each state is expanded once).
        terminals: Numbers of the states in which no step is possible. States are numbered as they are found, from 0.
        sources, targets, actors: The edges: state, state, thread.
        interleavings: Maximal paths from the start, once everything was searched; ``None`` before, or if unbounded.
        cyclic: Whether a path returns to a state on itself.
    """

    visited_bytes = 0  # of a Python set: not known

    def __init__(
        self, machine: Machine, ended: Callable[[list[int]], bool], *, bits: int = 64, fixpoint: Fixpoint | None = None
    ) -> None:
        self._machine = machine
        self._fixpoint = fixpoint
        self._ended = ended
        self._marks = Marks(bits)
        self._trail: list[int] = []
        self.states = 0
        self.transitions = 0
        self.deepest = 0
        self.stopped = False
        self.terminals: list[int] = []
        self.sources, self.targets, self.actors = array("I"), array("I"), array("B")
        self.interleavings: int | None = None
        self.interleavings_exact = True
        self.cyclic = False

    @property
    def trail(self) -> tuple[int, ...]:
        """The threads that moved on the way to the current state."""
        return tuple(self._trail)

    def run(self) -> Iterator[None]:  # noqa: PLR0912, PLR0915 - the one hot loop: a call a transition would double its time
        """Search; pauses every ``PAUSE`` transitions."""
        threads, marks = self._machine.threads, self._marks
        state = list(self._machine.start)
        fingerprint = 0
        for position, number in enumerate(state):
            fingerprint ^= marks[position << 32 | (number + (position < threads))]
        found = {fingerprint: 0}
        paths: list[int] = [-1]
        unbounded = False
        chains = self._fixpoint is not None and self._fixpoint.chains
        self.states = 1
        choices = self._choices(state)
        sleeping = self._fixpoint is not None and self._fixpoint.sleeping
        # One frame a state on the current path: its number, what is left to try, how to leave it, its fingerprint, what sleeps.
        stack: list[tuple[int, list[Choice], list[tuple[int, int]], int, Sleep]] = [(0, choices, [], fingerprint, {})]
        totals = [self._close(0, state) if not choices else 0]
        trail = self._trail
        while stack and not self.stopped:
            number, choices, undo, here, sleep = stack[-1]
            if not choices:
                stack.pop()
                passed = totals.pop()
                if number >= 0:
                    paths[number] = passed
                for position, old in reversed(undo):
                    state[position] = old
                if stack:
                    totals[-1] += passed
                    trail.pop()
                continue
            thread, move = choices.pop()
            self.transitions += 1
            if not self.transitions % PAUSE:
                yield
            asleep: Sleep = {}
            if sleeping:
                asleep = behind(self._machine, state, sleep, (thread, move))
                sleep[thread] = move
            node = state[thread]
            slot = threads + self._machine.slots[node]
            after = here ^ marks[thread << 32 | (node + 1)] ^ marks[thread << 32 | (move.node + 1)]
            after ^= marks[slot << 32 | state[slot]] ^ marks[slot << 32 | move.value]
            if move.event:
                monitor = threads + self._machine.monitor_slot
                seen = self._machine.monitored(move.event, state[monitor])
                after ^= marks[monitor << 32 | state[monitor]] ^ marks[monitor << 32 | seen]
            for new, value in move.allocated:
                after ^= marks[(threads + new) << 32 | value]
                if old := state[threads + new] if threads + new < len(state) else 0:
                    after ^= marks[(threads + new) << 32 | old]
            known = found.get(after)
            if not chains:
                self.sources.append(number)
                self.targets.append(self.states if known is None else known)
                self.actors.append(thread)
            if known is not None:
                if paths[known] < 0:
                    unbounded = True
                else:
                    totals[-1] += paths[known]
                continue
            undo = [(thread, node), (slot, state[slot])]
            state[thread], state[slot] = move.node, move.value
            if move.event:
                undo.append((monitor, state[monitor]))
                state[monitor] = seen
            for new, value in move.allocated:
                while len(state) <= threads + new:
                    state.append(0)
                undo.append((threads + new, state[threads + new]))
                state[threads + new] = value
            trail.append(thread)
            following = self._choices(state)
            stored = not (chains and self._fixpoint.persistent.is_chain(state, following))  # type: ignore[union-attr]
            if stored:
                found[after] = self.states
                paths.append(-1)
            totals.append(0 if following else self._close(self.states, state))
            left = [choice for choice in following if choice[0] not in asleep] if asleep else following
            stack.append((self.states if stored else -1, left, undo, after, asleep))
            self.states += stored
            self.deepest = max(self.deepest, len(stack))
        self.cyclic = unbounded
        self.interleavings = None if unbounded or self.stopped else paths[0]

    def ahead(self) -> None:
        """Not known."""

    def graph(self) -> StateGraph:
        """The state graph."""
        return StateGraph(self.states, self.sources, self.targets, self.actors, self.terminals)

    def _close(self, number: int, state: list[int]) -> int:
        """Report a state in which nothing can happen; it ends one path."""
        self.terminals.append(number)
        self.stopped = self._ended(state)
        return 1

    def _choices(self, state: list[int]) -> list[Choice]:
        """Every enabled thread with its move; none once a thread is broken or the state faulty."""
        machine, moves = self._machine, self._machine.moves
        threads = machine.threads
        if any(machine.operations[node] == BROKEN for node in state[:threads]) or machine.faulty(state):
            return []
        choices: list[Choice] = []
        for thread in range(threads - 1, -1, -1):
            node = state[thread]
            if machine.operations[node] >= 0:
                value = state[threads + machine.slots[node]]
                move = moves.get(node << 32 | value) or machine.move(node, value)
                if move.value >= 0:
                    choices.append((thread, move))
        if self._fixpoint is None:
            return choices
        self._fixpoint.keep_up()
        return self._fixpoint.persistent.choose(state, choices)
