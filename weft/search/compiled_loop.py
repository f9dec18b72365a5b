"""The compiled search loop, with the interface of ``depth_first.DepthFirst``.

The loop itself is ``_kernel.c``, an optional extension: where it was not built, ``AVAILABLE`` is false and the Python loop serves.
Both make the same transitions in the same order; a differential test holds them to it.

Limits against the Python loop: the number of interleavings is counted in floating point beyond 2**53, so ``interleavings_exact``
says whether it is exact; edges are recorded only on request, and up to a limit. Recording costs half of the loop's time, and who
needs them (a livelock is looked for, an exact count wanted) can search again over automata that are known by then.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from typing import Any

from weft.automaton.automaton import Automaton
from weft.search.budget import Budget
from weft.search.crew import QUOTA, Crew
from weft.search.fixpoint import Fixpoint
from weft.search.graph import StateGraph
from weft.search.journal import Entry, Journal
from weft.search.pulse import Ahead
from weft.search.symmetry import Symmetry
from weft.search.teacher import MISSING_MOVE, PAUSED, QUESTIONS, TERMINAL, Teacher

try:
    from weft.search import _kernel  # type: ignore[attr-defined]
except ImportError:  # no compiler at installation
    _kernel = None

INTERFACE = 5
"""What ``_kernel.c`` must have been built for; after an update without a new installation it has another number."""

STALE = _kernel is not None and getattr(_kernel, "INTERFACE", 0) != INTERFACE
AVAILABLE = _kernel is not None and not STALE

SHARED_FROM = 100_000
"""States from which on several cores search; a smaller search ends before they could help."""

MOST_EDGES = 50_000_000
"""Edges recorded before recording is given up (9 bytes each). They show livelocks, and to several cores cycles at all."""

PROBES = 200
"""Random walks for one estimate of what is left."""

MOST_COUNTED = 50_000_000
"""States up to which interleavings are counted; beyond, a state takes at most 12 bytes."""

NO_LIMIT = (1 << 64) - 1

_EXACT = 2.0**53


def said() -> str:
    """Which loop searches here, and why."""
    if AVAILABLE:
        return "compiled search loop"
    why = "the compiled one is of another version; install again" if STALE else "no C compiler at installation"
    return f"search loop in Python: slower ({why})"


class CompiledDepthFirst:
    """One search; see ``depth_first.DepthFirst`` for the attributes.

    Attributes:
        recording: Whether the state graph can be asked for, unless it grows too large.
    """

    def __init__(
        self,
        machine: Automaton,
        ended: Callable[[list[int]], bool],
        *,
        budget: Budget,
        bits: int = 64,
        fixpoint: Fixpoint | None = None,
        symmetry: Symmetry | None = None,
        cores: int = 1,
        journal: Journal | None = None,
        recording: bool = False,
    ) -> None:
        self.recording = recording or cores > 1 or bool(fixpoint and fixpoint.strict)  # else a cycle shows on the way
        self._machine = machine
        self._ended = ended
        self._budget = budget
        self._reduced = fixpoint is not None or symmetry is not None
        self._cores = cores
        self._space: Any = _kernel.Space(
            threads=machine.threads,
            start=machine.start,
            monitor=machine.monitor_slot,
            most_edges=MOST_EDGES if self.recording else 0,
            most_counted=0 if self._reduced else MOST_COUNTED,
            bits=bits,
            permutations=1 if symmetry is None else len(symmetry.permutations),
        )
        self._teacher = Teacher(machine, self._space, fixpoint, journal or Journal(), symmetry)
        self._walker = self._space.walker()
        self._walkers = [self._walker]
        self._crew: Crew | None = None
        for number in range(len(machine.checks.invariants)):
            self._teacher.ask(number, self._walker.state())
        self.stopped = False
        self.interleavings: int | None = None
        self.interleavings_exact = True
        self.cyclic = False

    def run(self) -> Iterator[None]:
        """Search; pauses every ``QUOTA`` transitions, and after each new move, which costs a re-execution."""
        walker, teacher = self._walker, self._teacher
        if len(self._walkers) > 1:
            yield from self._run_crew()
            return
        while not self.stopped:
            reason = walker.run(self._quota(), self._most_states())
            if reason in QUESTIONS:
                teacher.answer(walker, reason)
                if reason == MISSING_MOVE:
                    yield
            elif reason == TERMINAL:
                self.stopped = self._ended(walker.state())
            elif reason == PAUSED:
                walker.trim()
                if self._cores > 1 and self.states >= SHARED_FROM:
                    yield from self._run_crew()
                    return
                yield
            else:
                break
        self._count(walker.paths())

    def _run_crew(self) -> Iterator[None]:
        """Go on with several walkers."""

        def ended(walker: Any) -> bool:
            self._walker = walker
            return self._ended(walker.state())

        crew = Crew(self._space, self._walkers, self._teacher, ended, cores=self._cores, most_states=self._most_states())
        self._crew, self._walkers = crew, crew.walkers
        yield from crew.run()
        self.stopped = crew.stopped
        recorded = self._edges()
        if not self.stopped:
            self._count(-1.0 if recorded is None else _kernel.paths(self.states, recorded[0], recorded[1]))

    def _count(self, paths: float) -> None:
        self.cyclic = paths < 0
        self.interleavings_exact = paths < _EXACT
        self.interleavings = None if self.cyclic or self.stopped or not self._counts_paths() else int(paths)

    def _counts_paths(self) -> bool:
        return not self._reduced and bool(self._cores > 1 or self._space.counts()[3])

    def _most_states(self) -> int:
        return NO_LIMIT if self._budget.max_states is None else self._budget.max_states

    def _quota(self) -> int:
        """How many transitions to make before the next pause: no more than the budget has left."""
        limit = self._budget.max_transitions
        return QUOTA if limit is None else max(1, min(QUOTA, limit - self.transitions))

    def dump(self) -> tuple[Any, list[Any]]:
        """Visited states and walkers, as data."""
        if self._crew is not None:
            self._crew.pause()
        return self._space.dump(), [walker.dump() for walker in self._walkers]

    def repeat(self, entries: list[Entry], marks: list[tuple[int, int]]) -> None:
        """Ask everything that another search has asked."""
        self._teacher.repeat(entries, marks)

    def load(self, space: Any, walkers: list[Any]) -> None:
        """Go on from what that search has dumped. It must have been of the same program, or ``ValueError`` is raised."""
        self._teacher.tell_futures()
        self._space.load(space)
        self._walkers = [self._space.revive(walker) for walker in walkers]
        self._walker = self._walkers[0]

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
        return sum(walker.counts()[0] for walker in self._walkers)

    def ahead(self) -> Ahead:
        """What is left, by a few random walks."""
        met, known = self._space.probe(self.transitions, PROBES)
        return Ahead(None if self._crew is not None else self._walker.untried(), known / met if met else 0.0)

    @property
    def visited_bytes(self) -> int:
        """Memory of the visited set."""
        return self._space.counts()[1]  # type: ignore[no-any-return]

    def graph(self) -> StateGraph | None:
        """The state graph, if all of it was recorded."""
        recorded = self._edges()
        if recorded is None:
            return None
        sources, targets, actors, terminals = recorded
        return StateGraph(self.states, sources, targets, actors, list(terminals))

    def _edges(self) -> list[array[int]] | None:
        if not self._space.counts()[2]:
            return None
        arrays = [array(code) for code in "IIBI"]
        for walker in self._walkers:
            for one, data in zip(arrays, walker.edges(), strict=True):
                one.frombytes(data)
        return arrays
