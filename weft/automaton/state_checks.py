"""Checks of every state, compiled: invariants as decision trees, the rest as marks on nodes.

``faulty`` answers whether a state is wrong, at the price of a few lookups; ``find`` says how, and is asked only for states that
are. The kinds of fault and their order are those of ``worlds/faults.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from weft.automaton.observer import Look, Observer
from weft.automaton.tables import FINISHED
from weft.cells.lock import Lock
from weft.scenario import Invariant
from weft.worlds.faults import Fault, Wanted, broken_rule, data_race, held_at_return, invariant_fault, monitor_fault

if TYPE_CHECKING:
    from weft.automaton.automaton import Automaton

NOT_PLAIN, READS, WRITES = 0, 1, 2


class StateChecks:
    """All checks of one scenario's states.

    Attributes:
        apart: Further pairs by node (see ``guards``), for a search that looks for states of its own.
    """

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._setting = automaton.setting
        self._locks = [cell for cell in automaton.world.cells if isinstance(cell, Lock)]
        self._holders: dict[tuple[int, int], int] = {}
        self.apart: dict[int, tuple[tuple[int, int], ...]] = {}
        self._plain: list[int] = []
        self._guards: list[tuple[tuple[int, int], ...]] = []
        self.invariants = [self._compiled(invariant) for invariant in self._setting.invariants]

    def _compiled(self, invariant: Invariant) -> Observer[Fault | None]:
        automaton = self._automaton

        def run(_: None, look: Look) -> Fault | None:
            automaton.world.looking = True
            try:
                with automaton.entered(), automaton.world.observing(lambda slot: automaton.values[look(slot)]):
                    return invariant_fault(invariant)
            finally:
                automaton.world.looking = False

        return Observer(run, offset=automaton.threads)

    def plain(self, node: int) -> int:
        """Whether the step of ``node`` is a plain access: ``NOT_PLAIN``, ``READS`` or ``WRITES``."""
        self._mark_nodes()
        return self._plain[node]

    def guards(self, node: int) -> tuple[tuple[int, int], ...]:
        """What must not be while ``node`` is about to take its step, as pairs.

        (slot, threads): one of ``threads``, a bit each, holds the lock in the slot. (number of a thread minus the number of
        threads, node): that thread is at that node.
        """
        self._mark_nodes()
        return self._guards[node] + self.apart.get(node, ())

    def holders(self, slot: int, value: int) -> int:
        """The threads that hold the lock in ``slot`` while its value is ``value``, a bit each; 0 if it is not a lock."""
        known = self._holders.get((slot, value))
        if known is None:
            lock = self._automaton.world.cells[slot]
            holders = lock.holders(self._automaton.values[value]) if value and isinstance(lock, Lock) else ()
            known = self._holders[slot, value] = sum({1 << thread for thread, _ in holders if thread >= 0})
        return known

    def inexplicable(self, value: int) -> bool:
        """Whether ``value`` in the monitor's slot says that the history cannot be explained."""
        return monitor_fault(self._automaton.values[value]) is not None

    def _mark_nodes(self) -> None:
        for node in range(len(self._plain), len(self._automaton.operations)):
            want = self._wanted(node)
            plain = NOT_PLAIN
            if want is not None and want.kind.plain and self._setting.data_races:
                plain = READS if want.kind.reads_only else WRITES
            self._plain.append(plain)
            self._guards.append(self._guards_of(node, want))

    def _wanted(self, node: int) -> Wanted | None:
        request = self._automaton.request(node)
        return None if request is None else Wanted(self._automaton.owner(node), *request)

    def _guards_of(self, node: int, want: Wanted | None) -> tuple[tuple[int, int], ...]:
        own = 1 << self._automaton.owner(node)
        if want is None:
            finished = self._automaton.operations[node] == FINISHED
            return tuple((self._automaton.world.slot(lock), own) for lock in self._locks) if finished else ()
        locks = [lock for rule in self._setting.rules if rule.forbids(want.cell, want.kind, want.operands) for lock in rule.locks]
        return tuple((self._automaton.world.slot(lock), own) for lock in locks)

    def faulty(self, state: Sequence[int]) -> bool:
        """Whether ``state`` has a fault."""
        threads = self._automaton.threads
        monitor = self._automaton.monitor_slot
        if monitor >= 0 and self.inexplicable(state[threads + monitor]):
            return True
        if any(invariant.ask(None, state) is not None for invariant in self.invariants):
            return True
        guards = (pair for node in state[:threads] for pair in self.guards(node))
        return any(self._is(state, slot, what) for slot, what in guards) or self._races(state)

    def _is(self, state: Sequence[int], slot: int, what: int) -> bool:
        """Whether the state has what one pair of ``guards`` says."""
        there = state[self._automaton.threads + slot]
        return there == what if slot < 0 else bool(self.holders(slot, there) & what)

    def _races(self, state: Sequence[int]) -> bool:
        accessed: dict[int, int] = {}
        for node in state[: self._automaton.threads]:
            plain = self._plain[node]
            if plain:
                slot = self._automaton.slots[node]
                before = accessed.get(slot, NOT_PLAIN)
                if before and WRITES in (before, plain):
                    return True
                accessed[slot] = max(before, plain)
        return False

    def find(self, state: Sequence[int]) -> Fault | None:
        """The first fault of ``state``, or ``None``."""
        automaton = self._automaton
        threads = automaton.threads
        if automaton.monitor_slot >= 0:
            fault = monitor_fault(automaton.values[state[threads + automaton.monitor_slot]])
            if fault is not None:
                return fault
        for invariant in self.invariants:
            fault = invariant.ask(None, state)
            if fault is not None:
                return fault
        wanted = [want for node in state[:threads] if (want := self._wanted(node)) is not None]

        def value_of(lock: Lock) -> Any:
            return automaton.values[state[threads + automaton.world.slot(lock)]]

        finished = [t for t, node in enumerate(state[:threads]) if automaton.operations[node] == FINISHED]
        return (
            data_race(self._setting, wanted)
            or broken_rule(self._setting, wanted, value_of)
            or held_at_return(self._setting, finished, self._locks, value_of)
        )
