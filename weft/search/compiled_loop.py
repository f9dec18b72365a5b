"""The compiled search loop, with the interface of ``depth_first.DepthFirst``.

The loop itself is ``_kernel.c``, an optional extension: where it was not built, ``AVAILABLE`` is false and the Python loop serves.
Both make the same transitions in the same order; a differential test holds them to it.

Limits against the Python loop: fingerprints have 64 bits; the number of interleavings is counted in floating point beyond 2**53,
so ``interleavings_exact`` says whether it is exact; edges are recorded only up to a limit.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from typing import Any

from weft.automaton.automaton import Automaton
from weft.search.budget import Budget
from weft.search.graph import StateGraph

try:
    from weft.search import _kernel  # type: ignore[attr-defined]
except ImportError:  # no compiler at installation
    _kernel = None

AVAILABLE = _kernel is not None

QUOTA = 1 << 18
"""Transitions between two pauses."""

NO_LIMIT = (1 << 64) - 1

MOST_EDGES = 20_000_000
"""Edges recorded before recording is given up (9 bytes each)."""

_MISSING_MOVE, _TERMINAL, _PAUSED, _MISSING_CHECK = 1, 2, 3, 5
_EVENT = 1 << 31
_INEXPLICABLE = 1 << 31
_EXACT = 2.0**53


class CompiledDepthFirst:
    """One search; see ``depth_first.DepthFirst`` for the attributes."""

    def __init__(
        self, machine: Automaton, ended: Callable[[list[int]], bool], *, budget: Budget, most_edges: int = MOST_EDGES
    ) -> None:
        self._machine = machine
        self._ended = ended
        self._budget = budget
        self._known_nodes = 0
        self._kernel: Any = _kernel.Search(machine.threads, machine.start, most_edges, machine.monitor_slot)
        for number in range(len(machine.checks.invariants)):
            self._ask(number)
        for slot, value in enumerate(machine.start[machine.threads :]):
            self._tell_value(slot, value)
        self.stopped = False
        self.interleavings: int | None = None
        self.interleavings_exact = True
        self.cyclic = False

    def run(self) -> Iterator[None]:
        """Search; pauses every ``QUOTA`` transitions, and after each new move, which costs a re-execution."""
        kernel = self._kernel
        most_states = NO_LIMIT if self._budget.max_states is None else self._budget.max_states
        self._tell_nodes()
        while not self.stopped:
            reason = kernel.run(self._quota(), most_states)
            if reason == _MISSING_MOVE:
                self._teach(*kernel.missing())
                yield
            elif reason == _MISSING_CHECK:
                self._ask(kernel.missing_check())
            elif reason == _TERMINAL:
                self.stopped = self._ended(kernel.state())
            elif reason == _PAUSED:
                yield
            else:
                break
        paths = kernel.paths()
        self.cyclic = paths < 0
        self.interleavings_exact = paths < _EXACT
        self.interleavings = None if self.cyclic or self.stopped else int(paths)

    def _quota(self) -> int:
        """How many transitions to make before the next pause: no more than the budget has left."""
        limit = self._budget.max_transitions
        return QUOTA if limit is None else max(1, min(QUOTA, limit - self.transitions))

    def _tell_nodes(self) -> None:
        machine = self._machine
        for node in range(self._known_nodes, len(machine.operations)):
            checks = machine.checks
            self._kernel.add_node(min(machine.operations[node], 0), machine.slots[node], checks.plain(node), checks.guards(node))
        self._known_nodes = len(machine.operations)

    def _ask(self, number: int) -> None:
        """Let an invariant judge the current state, and tell the kernel what decided."""
        invariant, state = self._machine.checks.invariants[number], self._kernel.state()
        path = invariant.path(None, state)
        self._kernel.add_check(number, invariant.ask(None, state) is not None, path)

    def _tell_value(self, slot: int, value: int) -> None:
        """Tell the kernel what a value in a slot means: who holds the lock there, or that the history is inexplicable."""
        checks = self._machine.checks
        marks = checks.holders(slot, value)
        if slot == self._machine.monitor_slot and checks.inexplicable(value):
            marks = _INEXPLICABLE
        if marks:
            self._kernel.add_value(value, marks)

    def _teach(self, node: int, value: int) -> None:
        if node & _EVENT:
            after = self._machine.monitored(node & ~_EVENT, value)
            self._tell_value(self._machine.monitor_slot, after)
            self._kernel.add_move(node, value, after, 0, (), 0)
            return
        move = self._machine.move(node, value)
        self._tell_nodes()
        if move.value >= 0:
            self._tell_value(self._machine.slots[node], move.value)
        self._kernel.add_move(node, value, move.value, move.node, move.allocated, move.event)

    @property
    def trail(self) -> tuple[int, ...]:
        """The threads that moved on the way to the current state."""
        return self._kernel.trail()  # type: ignore[no-any-return]

    @property
    def states(self) -> int:
        """Distinct states so far."""
        return self._kernel.counts()[0]  # type: ignore[no-any-return]

    @property
    def transitions(self) -> int:
        """Steps taken so far."""
        return self._kernel.counts()[1]  # type: ignore[no-any-return]

    @property
    def visited_bytes(self) -> int:
        """Memory of the visited set."""
        return self._kernel.counts()[4]  # type: ignore[no-any-return]

    def graph(self) -> StateGraph | None:
        """The state graph, if all of it was recorded."""
        if not self._kernel.recorded():
            return None
        arrays = []
        for code, data in zip("IIBI", self._kernel.edges(), strict=True):
            one: array[int] = array(code)
            one.frombytes(data)
            arrays.append(one)
        sources, targets, actors, terminals = arrays
        return StateGraph(self.states, sources, targets, actors, list(terminals))
