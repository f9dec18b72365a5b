"""The distributed search loop, with the interface of ``compiled_loop.CompiledDepthFirst``.

Interleavings are counted from the recorded edges, as several walkers on one machine do it (``crew.py``), up to as many of them;
beyond 2**53 the number depends on the order in which floating-point numbers are added, in its last digits. Cycles need fewer edges
(``components.py``). Where even those are too many, or the automata grew together late, the answer is that there may be some.

A violation is a reason to stop: ``ViolationSeen``. The schedule to it is for a search to find that knows its way (``explore.py``).
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from weft.automaton.automaton import Automaton
from weft.cluster.components import cyclic_parts, refine
from weft.cluster.coordinator import Coordinator, Engine
from weft.cluster.ledger import MAY_CYCLE, Ledger
from weft.cluster.orders import ACCEPTED, ALL_EDGES, CYCLIC_EDGES, NO_EDGES, PARTITIONS, Batch, Shape, leb128, packed_state
from weft.cluster.place import Place
from weft.cluster.recorder import Recorder
from weft.cluster.statistics import Statistics
from weft.errors import EngineBug
from weft.search import _kernel  # type: ignore[attr-defined]
from weft.search.budget import Budget
from weft.search.compiled_loop import CompiledDepthFirst
from weft.search.fingerprint import Marks
from weft.search.fixpoint import Fixpoint
from weft.search.graph import StateGraph
from weft.search.journal import Entry, Journal
from weft.search.pulse import Ahead
from weft.search.teacher import Teacher

MOST_EDGES = 50_000_000
"""Edges recorded before recording is given up (17 bytes each, in the ledger). Beyond, and where the
search is reduced, only those are kept that may be part of a cycle."""

PARTS_SECONDS = 2.0
"""How often to look again which steps may be part of a cycle."""

WARM_STATES = 100_000
"""States searched here first, for the automata to grow without asking over the network."""

_PLAIN = bytes(actor & ~MAY_CYCLE for actor in range(256))
_WORD = (1 << 64) - 1
_EXACT = 2.0**53


class ViolationSeen(Exception):
    """Some execution does not end well."""


class Snapshot(msgspec.Struct, kw_only=True):
    """A search between two tasks; the rest is in the ledger."""

    ledger: str
    length: int
    batches: list[tuple[int, int, bytes, int]]
    transitions: int
    recording: int
    components_fit: bool
    terminals: bytes


def warm_up(machine: Automaton, bits: int, journal: Journal) -> None:
    """Let the automata grow by a search of some states."""
    loop = CompiledDepthFirst(machine, lambda state: False, budget=Budget(max_states=WARM_STATES), bits=bits, journal=journal)
    for _ in loop.run():
        if loop.states >= WARM_STATES:
            break


class ClusterLoop:
    """One search; see ``depth_first.DepthFirst`` for the attributes."""

    def __init__(
        self,
        machine: Automaton,
        ended: Callable[[list[int]], bool],
        *,
        engine: Engine,
        place: Place,
        statistics: Statistics,
        name: str,
        bits: int,
        fixpoint: Fixpoint | None,
        journal: Journal,
    ) -> None:
        self._machine, self._ended = machine, ended
        self._bits = bits
        self._place, self._statistics = place, statistics
        self._engine, self._name = engine, name
        self._reduced = fixpoint is not None
        self._recorder = Recorder()
        self._teacher = Teacher(machine, self._recorder, fixpoint, journal, None)
        for number in range(len(machine.checks.invariants)):
            self._teacher.ask(number, list(machine.start))
        self._teacher.repeat(list(journal.entries), [])
        self._ledger = Ledger(place.new(), PARTITIONS)
        self._recording = CYCLIC_EDGES if fixpoint is not None and not fixpoint.strict else ALL_EDGES
        self._steps_known, self._components, self._components_fit, self._cycles_possible = -1, array("I"), True, True
        self._tell_components()
        self._coordinator = self._made()
        start = self._start()
        low = start & _WORD
        high = (start >> 64).to_bytes(8, "little") if bits > 64 else b""
        self._first = low & ~1
        self._ledger.accept(low >> 56, 1, leb128(low) + high)
        self._coordinator.add([Batch(ACCEPTED, 1, packed_state(machine.start))])
        self.stopped = False
        self.interleavings: int | None = None
        self.interleavings_exact = True
        self.cyclic = False
        self.trail: tuple[int, ...] = ()

    def _made(self) -> Coordinator:
        machine = self._machine
        return Coordinator(
            f"{self._name}-{self._ledger.path.stem.rpartition('-')[2]}",
            Shape(machine.threads, machine.start, machine.monitor_slot, self._bits),
            self._engine,
            self._ledger,
            self._recorder,
            learning=self._teacher,
            ended=self._judge,
            recording=self._recording,
            most_edges=MOST_EDGES,
            statistics=self._statistics,
        )

    def _judge(self, state: list[int]) -> None:
        if self._ended(state):
            raise ViolationSeen

    def _start(self) -> int:
        """The fingerprint of the start, as the kernel stores it."""
        marks, found = Marks(self._bits), 0
        for position, number in enumerate(self._machine.start):
            found ^= marks[position << 32 | (number + (position < self._machine.threads))]
        return found if found & _WORD else found | 1

    def run(self) -> Iterator[None]:
        """Search; pauses now and then."""
        told = time.monotonic()
        for _ in self._coordinator.run():
            if time.monotonic() - told > PARTS_SECONDS:
                self._tell_components()
                told = time.monotonic()
            yield
        self.cyclic = self._has_cycle()
        paths = -1.0
        if self._coordinator.recording == ALL_EDGES and not self.cyclic and not self._reduced:
            count, sources, targets, _, _ = self._numbered()
            if count != self.states:
                raise EngineBug(
                    f"steps lead to {count:,} states, and {self.states:,} were accepted; please report this with the race"
                )
            paths = _kernel.paths(count, sources, targets)
        self.interleavings_exact = 0 <= paths < _EXACT
        self.interleavings = None if paths < 0 else int(paths)

    def _tell_components(self) -> None:
        """Tell which steps may be part of a cycle, if more steps are known than when that was told last."""
        if self._steps_known == len(self._machine.moves):
            return
        self._steps_known = len(self._machine.moves)
        now, self._cycles_possible = cyclic_parts(self._machine)
        self._components_fit = self._components_fit and refine(self._components, now)
        self._components = now
        self._recorder.set_components(now.tobytes())

    def _has_cycle(self) -> bool:
        """Whether the state graph may have a cycle; exact while its edges are recorded."""
        self._tell_components()
        if not self._cycles_possible:
            return False
        if not self._components_fit and self._coordinator.recording != ALL_EDGES:
            return self._recording == ALL_EDGES  # a reduced search has met something new then, and is repeated
        if self._coordinator.recording == NO_EDGES:
            return True
        count, sources, targets, _, _ = self._numbered(only_cyclic=self._components_fit)
        return bool(_kernel.paths(count, sources, targets) < 0)

    def _numbered(self, *, only_cyclic: bool = False) -> tuple[int, bytes, bytes, bytes, bytes]:
        """How many states the recorded edges name; their sources, targets and actors; terminal states."""
        sources, targets, actors = self._ledger.all_edges(only_cyclic=only_cyclic)
        count, *numbered = _kernel.numbered(self._first, sources, targets, b"" if only_cyclic else self._coordinator.terminals)
        return count, numbered[0], numbered[1], actors.translate(_PLAIN), numbered[2]

    def graph(self) -> StateGraph | None:
        """The state graph, if all of it was recorded."""
        if self._coordinator.recording != ALL_EDGES:
            return None
        count, sources, targets, actors, terminals = self._numbered()
        return StateGraph(count, array("I", sources), array("I", targets), array("B", actors), list(array("I", terminals)))

    @property
    def states(self) -> int:
        """Distinct states so far."""
        return self._ledger.states

    @property
    def transitions(self) -> int:
        """Steps taken so far."""
        return self._coordinator.transitions

    @property
    def visited_bytes(self) -> int:
        """Memory of the visited set, on all workers together."""
        return self._coordinator.visited_bytes

    @property
    def skew(self) -> float:
        """The largest partition, in average ones."""
        return max(self._ledger.counts) * PARTITIONS / max(1, self._ledger.states)

    def ahead(self) -> Ahead:
        """What is left."""
        return Ahead(self._coordinator.frontier, None, self._statistics.text(states=self.states, skew=self.skew))

    def close(self) -> None:
        """No more is asked."""
        self._ledger.close()

    # -- checkpoints --------------------------------------------------------------------------------------------

    def repeat(self, entries: list[Entry], marks: list[tuple[int, int]]) -> None:
        """Ask everything that another search has asked."""
        self._teacher.repeat(entries, marks)

    def dump(self) -> tuple[bytes, list[Any]]:
        """What ``load`` goes on from."""
        coordinator = self._coordinator
        saved = Snapshot(
            ledger=self._ledger.path.name,
            length=self._ledger.flush(),
            batches=[(batch.kind, batch.states, batch.packed, batch.first) for batch in coordinator.pending()],
            transitions=coordinator.transitions,
            recording=coordinator.recording,
            components_fit=self._components_fit,
            terminals=coordinator.terminals.tobytes(),
        )
        self._place.needs(self._ledger.path)
        return msgspec.msgpack.encode(saved), []

    def load(self, space: bytes, _walkers: list[Any]) -> None:
        """Go on from what another search has dumped."""
        self._teacher.tell_futures()
        saved = msgspec.msgpack.decode(space, type=Snapshot)
        self._ledger.close()
        try:
            self._ledger = Ledger(self._place.old(saved.ledger), PARTITIONS, length=saved.length)
        except OSError as error:
            raise ValueError(f"its ledger {saved.ledger} cannot be read: {error.strerror}") from None
        self._coordinator = coordinator = self._made()
        coordinator.add([Batch(kind, states, packed, first) for kind, states, packed, first in saved.batches])
        coordinator.transitions, coordinator.recording = saved.transitions, saved.recording
        self._components_fit = saved.components_fit
        coordinator.terminals = array("Q", saved.terminals)
