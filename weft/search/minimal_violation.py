"""A violation with the best schedule that can be had, and the step that decided it.

Proven over the automata where the state space is small enough; else shortened by replay, and then it says that it is not proven.
The limit is a number of states, so that every machine comes to the same schedule; the one in seconds is for emergencies.
"""

from __future__ import annotations

from dataclasses import replace

from weft.automaton.automaton import Automaton
from weft.automaton.tables import FINISHED
from weft.scenario import Scenario
from weft.search.budget import Budget
from weft.search.minimal import decided_at, minimal_schedule, without_end
from weft.search.minimal_by_replay import shortened
from weft.search.result import Violation
from weft.search.state_space import Pulse, State, StateSpace, TooLarge

MOST_STATES = 250_000
"""How many states are looked at for a proof (some 700 bytes each)."""

PATIENCE_SECONDS = 120.0


def minimised(
    scenario: Scenario,
    automaton: Automaton,
    violation: Violation,
    *,
    within: Budget | None = None,
    most_states: int = MOST_STATES,
    pulse: Pulse | None = None,
) -> Violation:
    """``violation`` with the schedule that has the fewest preemptions, then the fewest steps.

    Args:
        scenario: What was searched.
        automaton: Its automata.
        violation: What was found, with any schedule to it.
        within: The search's own limits; this takes no longer than that again, and no more memory.
        most_states: How many states to look at for a proof.
        pulse: Called now and then; what it raises ends the work.
    """
    seconds = min(PATIENCE_SECONDS, (within and within.max_seconds) or PATIENCE_SECONDS)
    memory = None if within is None else within.max_memory_bytes
    space = StateSpace(automaton, Budget(max_states=most_states, max_seconds=seconds, max_memory_bytes=memory), pulse)
    try:
        best = _proven(space, automaton, violation)
    except TooLarge:
        best = tried(scenario, violation)
    try:
        decided = decided_at(space, best.schedule, lambda state: not automaton.ending(space.vector(state)).slug)
    except TooLarge:
        return best
    return replace(best, decided_at=decided)


def tried(scenario: Scenario, violation: Violation) -> Violation:
    """``violation`` with a schedule that was found by trying; a livelock as it is, for no execution shows one by its end."""
    found = None if violation.slug == "livelock" else shortened(scenario, violation.schedule, violation.slug)
    if found is None:
        return violation
    schedule, message = found
    return replace(violation, schedule=schedule, message=message)


def _proven(space: StateSpace, automaton: Automaton, violation: Violation) -> Violation:
    if violation.slug == "livelock":
        stuck = without_end(space)
        schedule = minimal_schedule(space, stuck.__contains__)
        if schedule is None:
            return violation
        who = _never_finish(space, automaton, space.along(schedule.threads)[-1])
        message = f"from here {who} can never finish, although steps are possible ({len(stuck):,} such states)"
        return replace(violation, schedule=schedule, message=message, minimal=True)
    judged: dict[State, str] = {}

    def wanted(state: State) -> bool:
        if space.steps(state):
            return False
        if state not in judged:
            judged[state] = automaton.ending(space.vector(state)).slug
        return judged[state] == violation.slug

    schedule = minimal_schedule(space, wanted)
    if schedule is None:
        return violation
    last = space.along(schedule.threads)[-1]
    return replace(violation, schedule=schedule, message=automaton.ending(space.vector(last)).message, minimal=True)


def _never_finish(space: StateSpace, automaton: Automaton, start: State) -> str:
    """The names of the threads that finish on no way from ``start``."""
    work, seen = [start], {start}
    stuck = set(range(automaton.threads))
    while work:
        state = work.pop()
        nodes = space.vector(state)[: automaton.threads]
        stuck -= {thread for thread, node in enumerate(nodes) if automaton.operations[node] == FINISHED}
        for _, following in space.steps(state):
            if following not in seen:
                seen.add(following)
                work.append(following)
    return " and ".join(automaton.setting.names[thread] for thread in sorted(stuck)) or "all threads together"
