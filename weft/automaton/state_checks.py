"""Checks of every state, compiled: invariants as decision trees, the rest as marks on nodes.

``faulty`` answers whether a state is wrong, at the price of a few lookups; ``find`` says how, and is asked only for states that
are. The kinds of fault and their order are those of ``worlds/faults.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from weft.automaton.observer import Look, Observer
from weft.automaton.tables import FINISHED
from weft.cells.mutex import Mutex
from weft.scenario import Invariant
from weft.worlds.faults import Fault, Wanted, broken_rule, data_race, held_at_return, invariant_fault, monitor_fault

if TYPE_CHECKING:
    from weft.automaton.automaton import Automaton

NOT_PLAIN, READS, WRITES = 0, 1, 2


class StateChecks:
    """All checks of one scenario's states."""

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._setting = automaton.setting
        self._mutexes = [cell for cell in automaton.world.cells if isinstance(cell, Mutex)]
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
        """(slot, value) pairs that must not be while ``node`` is about to take its step."""
        self._mark_nodes()
        return self._guards[node]

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
        held = self._automaton.values.number(self._automaton.owner(node) + 1)
        if want is None:
            finished = self._automaton.operations[node] == FINISHED
            return tuple((self._automaton.world.slot(lock), held) for lock in self._mutexes) if finished else ()
        locks = [lock for rule in self._setting.rules if rule.forbids(want.cell, want.kind, want.operands) for lock in rule.locks]
        return tuple((self._automaton.world.slot(lock), held) for lock in locks)

    def faulty(self, state: Sequence[int]) -> bool:
        """Whether ``state`` has a fault."""
        threads = self._automaton.threads
        monitor = self._automaton.monitor_slot
        if monitor >= 0 and self.inexplicable(state[threads + monitor]):
            return True
        if any(invariant.ask(None, state) is not None for invariant in self.invariants):
            return True
        self._mark_nodes()
        guarded = any(state[threads + slot] == value for node in state[:threads] for slot, value in self._guards[node])
        return guarded or self._races(state)

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

        def value_of(lock: Mutex) -> int:
            held = automaton.values[state[threads + automaton.world.slot(lock)]]
            assert isinstance(held, int)
            return held

        finished = [t for t, node in enumerate(state[:threads]) if automaton.operations[node] == FINISHED]
        return (
            data_race(self._setting, wanted)
            or broken_rule(self._setting, wanted, value_of)
            or held_at_return(self._setting, finished, self._mutexes, value_of)
        )
