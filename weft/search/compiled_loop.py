"""The compiled search loop, with the interface of ``depth_first.DepthFirst``.

The loop itself is ``_kernel.c``, an optional extension: where it was not built, ``AVAILABLE`` is false and the Python loop serves.
Both make the same transitions in the same order; a differential test holds them to it.

Limits against the Python loop: the number of interleavings is counted in floating point beyond 2**53, so ``interleavings_exact``
says whether it is exact; edges are recorded only up to a limit.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from typing import Any

from weft.automaton.automaton import Automaton
from weft.search.budget import Budget
from weft.search.fixpoint import Fixpoint
from weft.search.graph import StateGraph
from weft.search.teacher import Teacher

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
_EXACT = 2.0**53


class CompiledDepthFirst:
    """One search; see ``depth_first.DepthFirst`` for the attributes."""

    def __init__(
        self,
        machine: Automaton,
        ended: Callable[[list[int]], bool],
        *,
        budget: Budget,
        bits: int = 64,
        fixpoint: Fixpoint | None = None,
        most_edges: int = MOST_EDGES,
    ) -> None:
        self._machine = machine
        self._ended = ended
        self._budget = budget
        self._fixpoint = fixpoint
        self._space: Any = _kernel.Space(
            threads=machine.threads,
            start=machine.start,
            monitor=machine.monitor_slot,
            most_edges=most_edges,
            counting=fixpoint is None,
            bits=bits,
        )
        self._walker = self._space.walker()
        self._teacher = Teacher(machine, self._space, fixpoint)
        for number in range(len(machine.checks.invariants)):
            self._teacher.ask(number, self._walker.state())
        self.stopped = False
        self.interleavings: int | None = None
        self.interleavings_exact = True
        self.cyclic = False

    def run(self) -> Iterator[None]:
        """Search; pauses every ``QUOTA`` transitions, and after each new move, which costs a re-execution."""
        walker, teacher = self._walker, self._teacher
        most_states = NO_LIMIT if self._budget.max_states is None else self._budget.max_states
        while not self.stopped:
            reason = walker.run(self._quota(), most_states)
            if reason == _MISSING_MOVE:
                teacher.teach(*walker.missing())
                yield
            elif reason == _MISSING_CHECK:
                teacher.ask(walker.missing_check(), walker.state())
            elif reason == _TERMINAL:
                self.stopped = self._ended(walker.state())
            elif reason == _PAUSED:
                yield
            else:
                break
        paths = walker.paths()
        self.cyclic = paths < 0
        self.interleavings_exact = paths < _EXACT
        self.interleavings = None if self.cyclic or self.stopped or self._fixpoint else int(paths)

    def _quota(self) -> int:
        """How many transitions to make before the next pause: no more than the budget has left."""
        limit = self._budget.max_transitions
        return QUOTA if limit is None else max(1, min(QUOTA, limit - self.transitions))

    @property
    def trail(self) -> tuple[int, ...]:
        """The threads that moved on the way to the current state."""
        return self._walker.trail()  # type: ignore[no-any-return]

    @property
    def states(self) -> int:
        """Distinct states so far."""
        return self._space.counts()[0]  # type: ignore[no-any-return]

    @property
    def transitions(self) -> int:
        """Steps taken so far."""
        return self._walker.counts()[0]  # type: ignore[no-any-return]

    @property
    def visited_bytes(self) -> int:
        """Memory of the visited set."""
        return self._space.counts()[1]  # type: ignore[no-any-return]

    def graph(self) -> StateGraph | None:
        """The state graph, if all of it was recorded."""
        if not self._space.counts()[2]:
            return None
        arrays = []
        for code, data in zip("IIBI", self._walker.edges(), strict=True):
            one: array[int] = array(code)
            one.frombytes(data)
            arrays.append(one)
        sources, targets, actors, terminals = arrays
        return StateGraph(self.states, sources, targets, actors, list(terminals))
