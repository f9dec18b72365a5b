"""Telling the compiled kernel what it does not know: nodes, moves, values of the monitor, answers of invariants, futures.

Everything goes in the order of discovery, so two searches of one program tell the same things in the same order.
"""

from __future__ import annotations

from array import array
from typing import Any

from weft.automaton.automaton import Automaton
from weft.search.fixpoint import Fixpoint
from weft.search.futures import FIRST_SLOT_BIT, Futures
from weft.search.journal import Entry, Journal
from weft.search.symmetry import Symmetry

DONE, MISSING_MOVE, TERMINAL, PAUSED, MISSING_CHECK, MISSING_MARK = 0, 1, 2, 3, 5, 6
"""Why a walker came back; 4 is an exception."""

QUESTIONS = (MISSING_MOVE, MISSING_CHECK, MISSING_MARK)
"""Those after which ``Teacher.answer`` lets it go on."""

_EVENT = 1 << 31
_INEXPLICABLE = 1 << 31
_WORD_BYTES = 8


class Teacher:
    """Between one automaton and one ``_kernel.Space``."""

    def __init__(
        self, machine: Automaton, space: Any, fixpoint: Fixpoint | None, journal: Journal, symmetry: Symmetry | None
    ) -> None:
        self._machine = machine
        self._journal = journal
        self._space = space
        self._fixpoint = fixpoint
        self._symmetry = symmetry
        self._nodes = 0
        self._version = 0
        for slot, value in enumerate(machine.start[machine.threads :]):
            self._tell_value(slot, value)
        self._tell_nodes()
        self.tell_futures()
        self._mark_start()

    def answer(self, walker: Any, reason: int) -> None:
        """Tell what ``walker`` came back for, if it was a question."""
        if reason == MISSING_MOVE:
            self.teach(*walker.missing())
        elif reason == MISSING_CHECK:
            self.ask(walker.missing_check(), walker.state())
        elif reason == MISSING_MARK:
            self.mark(*walker.missing())

    def teach(self, node: int, value: int) -> None:
        """The move of ``node`` on ``value``; or of an event, which is ``2**31 | event`` in place of a node."""
        machine = self._machine
        self._journal.asked_move(node, value)
        if node & _EVENT:
            after = machine.monitored(node & ~_EVENT, value)
            self._tell_value(machine.monitor_slot, after)
            self._space.add_move(node, value, after, 0, (), 0, 0)
            return
        move = machine.move(node, value)
        self._tell_nodes()
        if move.value >= 0:
            self._tell_value(machine.slots[node], move.value)
        self._space.add_move(node, value, move.value, move.node, move.allocated, move.event, machine.events.kinds(move.event))
        if self._fixpoint is not None:
            self._fixpoint.keep_up()
            self.tell_futures()

    def mark(self, position: int, number: int) -> None:
        """The marks of a component of the state under each permutation of like threads."""
        assert self._symmetry is not None
        self._journal.marks[position, number] = None
        self._space.add_marks(position, number, self._symmetry.marks(position, number))

    def _mark_start(self) -> None:
        if self._symmetry is not None:
            for position, number in enumerate(self._machine.start):
                if position < self._machine.threads or number:
                    self.mark(position, number + (position < self._machine.threads))

    def ask(self, number: int, state: list[int]) -> None:
        """Let an invariant judge ``state``, and tell what decided."""
        invariant = self._machine.checks.invariants[number]
        path = invariant.path(None, state)
        self._journal.asked_check(number, state, path)
        self._space.add_check(number, invariant.ask(None, state) is not None, path)

    def repeat(self, entries: list[Entry], marks: list[tuple[int, int]]) -> None:
        """Tell everything that a search asked before it was saved."""
        for first, *rest in entries:
            if first >= 0:
                self.teach(first, rest[0])
            else:
                self.ask(-1 - first, rest)
        for position, number in marks:
            if self._symmetry is not None:
                self.mark(position, number)

    def _tell_nodes(self) -> None:
        machine, checks = self._machine, self._machine.checks
        for node in range(self._nodes, len(machine.operations)):
            kind = min(machine.operations[node], 0)
            self._space.add_node(machine.owner(node), kind, machine.slots[node], checks.plain(node), checks.guards(node))
        self._nodes = len(machine.operations)

    def _tell_value(self, slot: int, value: int) -> None:
        """What a value in a slot means: who holds the lock there, or that the history is inexplicable."""
        checks = self._machine.checks
        marks = checks.holders(slot, value)
        if slot == self._machine.monitor_slot and checks.inexplicable(value):
            marks = _INEXPLICABLE
        if marks:
            self._space.add_value(value, marks)

    def tell_futures(self) -> None:
        """Tell what threads may still do, if that is newer than what the kernel knows."""
        if self._fixpoint is None or self._version == self._fixpoint.version:
            return
        self._version = self._fixpoint.version
        futures = self._fixpoint.futures
        words = (FIRST_SLOT_BIT + 2 * len(self._machine.world.cells) + 63) // 64
        self._space.set_futures(
            self._fixpoint.strict,
            self._fixpoint.chains,
            self._fixpoint.sleeping,
            words,
            len(futures.reach),
            _packed(futures.reach, words),
            _packed(futures.observed, words),
            array("I", futures.post).tobytes(),
            _barriers(futures, words),
        )


def _packed(sets: list[int], words: int) -> bytes:
    return b"".join(bits.to_bytes(words * _WORD_BYTES, "little") for bits in sets)


def _barriers(futures: Futures, words: int) -> list[tuple[int, int, bytes, bytes]]:
    return [(slot, value, _packed(reach, words), bytes(steady)) for (slot, value), (reach, steady) in futures.barriers.items()]
