"""The exhaustive search: every interleaving of a scenario, over its thread automata.

Guarantee: ``HOLDS`` means that every reachable state was visited (up to fingerprint collisions, whose probability is in the
result), that every execution in it ends well, and that a sample of schedules did the same on the real code. ``VIOLATED`` means
that a schedule was executed on the real code and showed the violation.

``explore`` is over fifty lines because half of it is what its options mean, and the other half puts the parts together once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from weft.automaton.automaton import Automaton
from weft.errors import UsageError
from weft.scenario import Scenario
from weft.search.audit import audit
from weft.search.budget import Budget, Meter
from weft.search.checkpoint import Checkpoint
from weft.search.compiled_loop import AVAILABLE, CompiledDepthFirst, said
from weft.search.confirm import confirm
from weft.search.depth_first import DepthFirst
from weft.search.fixpoint import Fixpoint
from weft.search.graph import StateGraph
from weft.search.interrupts import HeldBack
from weft.search.journal import Journal
from weft.search.keeper import Keeper
from weft.search.lock_order import find_inversion, locks_are_nested
from weft.search.minimal_violation import minimised
from weft.search.pulse import Pulse
from weft.search.reduction import NONE, Reduction
from weft.search.result import Exploration, Violation
from weft.search.schedule import Schedule
from weft.search.symmetry import Symmetry

Loop = Any
"""``DepthFirst``, ``CompiledDepthFirst``, or one of their interface from elsewhere."""

Ended = Callable[[list[int]], bool]


class MakeLoop(Protocol):
    """Makes a search of the race."""

    def __call__(self, ended: Ended, fixpoint: Fixpoint | None, symmetry: Symmetry | None, *, recording: bool = False) -> Loop:
        """``recording``: its state graph will be asked for."""


Elsewhere = Callable[..., Loop]
"""Called as ``MakeLoop`` is, with the automaton in front and ``bits`` and ``journal`` behind."""

Look = Callable[[Automaton, Exploration], Any]
"""What to keep of the automata for a report."""
Certify = Callable[[Automaton], str]
"""Called with the automata of a race that holds, to write them down; returns what became of that."""

AUDITED_RUNS = 4

SYMMETRIC_BITS = 64

EXACT_COUNT_EDGES = 100_000
"""Up to how many edges the interleavings are counted again, exactly, when floating point was not enough."""

INTERRUPTED = "Ctrl-C"

ALL_TOGETHER = ("never:", "lock-order")
"""Findings about all executions together, which no single schedule shows."""


def explore(
    scenario: Scenario,
    *,
    budget: Budget | None = None,
    merge: bool = True,
    stop_at_first: bool = True,
    bits: int = 64,
    compiled_loop: bool | None = None,
    reduction: Reduction = NONE,
    cores: int = 1,
    elsewhere: Elsewhere | None = None,
    checkpoint: Checkpoint | None = None,
    pulse: Pulse | None = None,
    look: Look | None = None,
    certify: Certify | None = None,
    minimal: bool = True,
) -> Exploration:
    """Search every interleaving of ``scenario``.

    Args:
        scenario: What to search.
        budget: Limits; meeting one gives ``INCONCLUSIVE`` unless something was found before.
        merge: Treat equal local states as one; without it, threads are told apart by their histories.
        stop_at_first: End at the first violation; otherwise find all outcomes.
        bits: Size of a state's fingerprint, 64 or 128.
        compiled_loop: Which loop searches; by default the compiled one where it was built.
        reduction: Which interleavings to leave out because others show the same; by default none.
        cores: How many threads the compiled loop may search with. Counts do not depend on it.
        elsewhere: Makes the loops, in place of those that search in this process.
        checkpoint: Where to save the search now and then, at Ctrl-C and at a limit; and what to resume.
        pulse: For progress.
        look: Called at the end with the automata and the result, unless Ctrl-C came; its value is the result's ``portrait``.
        certify: Called at the end if the race holds.
        minimal: Look for the best schedule to each violation; without it, the schedule is the one that the search came by.

    Returns:
        Counts, outcomes, violations. ``KeyboardInterrupt`` ends the search like a budget does.

    Raises:
        UsageError, NondeterminismError: The scenario is at fault.
        EngineBug: A violation does not show on the real code, or the audit found a difference.
    """
    automaton = Automaton(scenario, merge=merge)
    budget = budget or Budget()
    if checkpoint is not None and (compiled_loop is False or not AVAILABLE):
        raise UsageError("only the compiled loop can be saved, which was not built here; search without --checkpoint and --resume")
    journal = Journal()
    make_loop = partial(_loop, automaton, budget=budget, bits=bits, cores=cores, compiled_loop=compiled_loop, journal=journal)
    if elsewhere is not None:
        make_loop = partial(elsewhere, automaton, bits=bits, journal=journal)
    fixpoint = Fixpoint(automaton, reduction, alone=cores == 1 and elsewhere is None) if reduction.persistent else None
    symmetry = Symmetry(automaton) if reduction.symmetry and automaton.setting.alike else None
    if symmetry is not None and (bits != SYMMETRIC_BITS or not AVAILABLE or compiled_loop is False):
        raise UsageError("symmetry is for the compiled loop and fingerprints of 64 bits; search without it")
    keeper = None if checkpoint is None else Keeper(checkpoint, journal, automaton, fixpoint)
    search = _Search(
        scenario,
        automaton,
        make_loop,
        Meter(budget),
        fixpoint=fixpoint,
        symmetry=symmetry,
        keeper=keeper,
        stop_at_first=stop_at_first,
        minimal=minimal,
    )
    search.result.bits, search.result.reduction = bits, reduction.names
    try:
        result = search.run(pulse)
        if certify is not None and result.verdict == "HOLDS":
            result.certificate = certify(automaton)
        if look is not None and result.stopped_by != INTERRUPTED:
            result.portrait = look(automaton, result)
        return result
    finally:
        automaton.close()


def _loop(
    automaton: Automaton,
    ended: Ended,
    fixpoint: Fixpoint | None,
    symmetry: Symmetry | None,
    *,
    budget: Budget,
    bits: int,
    cores: int,
    compiled_loop: bool | None,
    journal: Journal,
    recording: bool = False,
) -> Loop:
    if compiled_loop and not AVAILABLE:
        raise UsageError(f"the compiled loop is not there: {said()}")
    if fixpoint is not None:
        fixpoint.begin()
    if AVAILABLE and compiled_loop is not False:
        return CompiledDepthFirst(
            automaton,
            ended,
            budget=budget,
            bits=bits,
            fixpoint=fixpoint,
            symmetry=symmetry,
            cores=cores,
            journal=journal,
            recording=recording,
        )
    return DepthFirst(automaton, ended, bits=bits, fixpoint=fixpoint)


def reached(automaton: Automaton) -> dict[str, bool]:
    """For each sometimes-condition of the scenario whether some step showed it."""
    conditions = automaton.setting.conditions
    taken = [step for _, _, step in automaton.steps_taken()] if conditions else []
    return {condition.name: any(condition.shows(step) for step in taken) for condition in conditions}


def never_shown(name: str) -> str:
    """The finding that a sometimes-condition was never reached, as a sentence."""
    return f"no step of any execution shows {name}: the search has missed what the race is about"


class _Search:
    def __init__(
        self,
        scenario: Scenario,
        automaton: Automaton,
        make_loop: MakeLoop,
        meter: Meter,
        *,
        fixpoint: Fixpoint | None,
        symmetry: Symmetry | None,
        keeper: Keeper | None,
        stop_at_first: bool,
        minimal: bool,
    ) -> None:
        self._scenario = scenario
        self._make_loop = make_loop
        self._fixpoint = fixpoint
        self._symmetry = symmetry
        self._keeper = keeper
        self._loop = make_loop(self.ended, fixpoint, symmetry)
        self._automaton = automaton
        self._meter = meter
        self._stop_at_first = stop_at_first
        self._minimal = minimal
        self._pulse: Pulse | None = None
        self._first: dict[str, Violation] = {}
        setting = automaton.setting
        self.result = Exploration("compiled", setting.letters(), tuple(setting.names))

    def run(self, pulse: Pulse | None) -> Exploration:
        """Search; with a reduction, pass by pass until one meets nothing new."""
        result, fixpoint = self.result, self._fixpoint
        self._pulse = pulse
        if self._keeper is not None:
            self._take_up(self._keeper)
        self._run(self._loop)
        while fixpoint is not None and not self._cut and not fixpoint.settled(cyclic=self._loop.cyclic):
            self._again()
        if self._symmetry is not None and not self._cut and (self._loop.cyclic or locks_are_nested(self._automaton)):
            self._symmetry = None  # livelocks and lock orders are looked for among all threads in all roles
            self._again()
        result.exhausted = not self._cut
        result.reached = reached(self._automaton)
        if result.exhausted:
            self._look_at_graph()
            self._look_at_automata()
        self._report()
        if self._keeper is not None and not result.stopped_by:
            self._keeper.discard()
        return result

    def _again(self) -> None:
        """Search once more from the start, over automata that have grown."""
        self.result.finals = 0
        self._loop = self._make_loop(self.ended, self._fixpoint, self._symmetry)
        self._run(self._loop)

    def _take_up(self, keeper: Keeper) -> None:
        """Resume what was saved."""
        keeper.resume(self._loop, self._judge)
        self.result.finals = keeper.finals
        self._meter.started -= keeper.spent

    @property
    def _cut(self) -> bool:
        return bool(self.result.stopped_by) or self._loop.stopped

    def _run(self, loop: Loop) -> None:
        """Run a search until it ends or something stops it; the main one is saved where it stops."""
        result = self.result
        keeper, fixpoint = (self._keeper, self._fixpoint) if loop is self._loop else (None, None)
        try:
            with HeldBack() as held:
                for _ in loop.run():
                    result.stopped_by = self._paused(loop, held)
                    if result.stopped_by:
                        break
                    if fixpoint is not None and fixpoint.hopeless(loop.states):
                        break
                    if keeper is not None:
                        keeper.save_if_due(loop, finals=result.finals, seconds=self._meter.seconds)
        except KeyboardInterrupt:  # the second one: something is half done
            result.stopped_by = INTERRUPTED
            return
        if keeper is not None and result.stopped_by:
            keeper.save(loop, finals=result.finals, seconds=self._meter.seconds)

    def _paused(self, loop: Loop, held: HeldBack) -> str:
        """Look up in the middle of a search; why it must end, if it must."""
        try:
            held.check()
            if self._pulse is not None:
                self._pulse(loop.states, loop.transitions, self._meter.seconds, loop.ahead)
        except KeyboardInterrupt:
            return INTERRUPTED
        return self._meter.exceeded(states=loop.states, transitions=loop.transitions)

    def _search_for(self, wanted: Callable[[list[int]], bool]) -> Schedule | None:
        """The way to a state that ends an execution and is ``wanted``, by another search. A limit makes the result inconclusive."""
        found: list[Schedule] = []

        def ended(state: list[int]) -> bool:
            if wanted(state):
                found.append(Schedule(loop.trail))
            return bool(found)

        loop = self._make_loop(ended, None, None)
        self._run(loop)
        self.result.exhausted = not self.result.stopped_by
        return found[0] if found else None

    def ended(self, state: list[int]) -> bool:
        """Judge a state in which nothing can happen; whether to stop."""
        self.result.finals += 1
        return self._judge(state, self._loop.trail) and self._stop_at_first

    def _judge(self, state: list[int], trail: tuple[int, ...]) -> bool:
        """Note how an execution ended in ``state``; whether in a violation."""
        ended = self._automaton.ending(state)
        symmetry = self._symmetry
        if ended.outcome not in self.result.outcomes:
            for role in (ended,) if symmetry is None else symmetry.roles(ended):
                self.result.outcomes.setdefault(role.outcome, role)
            if self._keeper is not None:
                self._keeper.note(state, trail)
        if ended.slug and ended.slug not in self._first:
            self._first[ended.slug] = Violation(ended.slug, ended.message, Schedule(trail))
        return bool(ended.slug)

    def _look_at_graph(self) -> None:
        """Count exactly, and look for livelocks, which exist only where the graph has cycles: else every path ends."""
        loop, result = self._loop, self.result
        result.interleavings, result.cyclic = loop.interleavings, loop.cyclic
        exact = loop.interleavings_exact or result.reduction or loop.transitions > EXACT_COUNT_EDGES
        if exact and not result.cyclic:
            return
        graph = self._graph()
        if graph is None:
            if result.stopped_by:
                return
            if result.cyclic:
                result.exhausted, result.stopped_by = (
                    False,
                    "a state graph that may have cycles, too large to look for livelocks in",
                )
        elif not result.cyclic:
            result.interleavings = graph.paths()
        elif stuck := graph.cannot_reach(graph.terminals):
            schedule = graph.shortest(stuck)
            assert schedule is not None
            message = f"from here no thread can finish any more, although steps are possible ({len(stuck):,} such states)"
            self._first["livelock"] = Violation("livelock", message, schedule)

    def _graph(self) -> StateGraph | None:
        """The state graph, by another search if the first one did not record it; ``None`` if it is too large, or at a limit."""
        loop = self._loop
        if isinstance(loop, CompiledDepthFirst) and not loop.recording:
            loop = self._make_loop(lambda _: False, None, None, recording=True)
            self._run(loop)
            self.result.exhausted = not self.result.stopped_by
        graph: StateGraph | None = loop.graph()
        return graph

    def _look_at_automata(self) -> None:
        """What only all steps together show: situations never reached, and locks taken in both orders."""
        for name, shown in self.result.reached.items():
            if not shown:
                self._first[f"never:{name}"] = Violation(f"never:{name}", never_shown(name), Schedule(()), minimal=True)
        wanted = self._automaton.setting.lock_order and self.result.exhausted
        inversion = find_inversion(self._automaton, self._search_for) if wanted else None
        if inversion is not None:
            self._first["lock-order"] = Violation("lock-order", inversion, Schedule(()), minimal=True)

    def _report(self) -> None:
        result, loop, automaton = self.result, self._loop, self._automaton
        if result.stopped_by != INTERRUPTED:
            automaton.repeat_ways()
        result.states, result.transitions = loop.states, loop.transitions
        result.nodes, result.executions = len(automaton.operations), automaton.executions
        result.visited_bytes = loop.visited_bytes
        result.passes = 1 if self._fixpoint is None else self._fixpoint.passes
        result.fallbacks = dict(automaton.fallbacks)
        result.violations = [self._confirmed(violation) for violation in self._first.values()]
        if result.exhausted and not result.violations:
            audit(
                self._scenario,
                automaton,
                runs=min(AUDITED_RUNS, result.interleavings or AUDITED_RUNS),
                complete=self._symmetry is None,
            )
        result.seconds = self._meter.seconds

    def _confirmed(self, violation: Violation) -> Violation:
        if violation.slug.startswith(ALL_TOGETHER):
            return violation
        try:
            if self._minimal and self.result.stopped_by != INTERRUPTED:
                violation = minimised(self._scenario, self._automaton, violation, within=self._meter.budget, pulse=self._beat)
        except KeyboardInterrupt:  # the schedule that the search came by is as true
            self.result.stopped_by = INTERRUPTED
        confirm(self._scenario, violation)
        return replace(violation, replayed=True)

    def _beat(self) -> None:
        if self._pulse is not None:
            self._pulse(self._loop.states, self._loop.transitions, self._meter.seconds)
