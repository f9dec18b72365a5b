"""Turning a set-up into a scenario, and searching it in every way that must agree."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from weft import Scenario, Setting
from weft.automaton.automaton import Automaton
from weft.automaton.tables import BROKEN
from weft.scenario import Verdict
from weft.search.budget import Budget
from weft.search.exhaustive import ALL_TOGETHER, explore
from weft.search.naive import explore_naively
from weft.search.result import Exploration

NAIVE_EXECUTIONS = 40_000
"""A scenario with more interleavings than this is too large for a test against the naive search."""


def program(
    name: str,
    build: Callable[[Setting], None],
    *,
    expect: Verdict = "HOLDS",
    violates: str = "",
    data_races: bool = False,
) -> Scenario:
    """The scenario that ``build`` sets up. Its plain accesses may race unless ``data_races`` is on: a race ends an execution."""

    def set_up(s: Setting) -> None:
        s.data_races = data_races
        build(s)

    return Scenario(name=name, build=set_up, expect=expect, violates=violates)


def merged(scenario: Scenario) -> Exploration:
    """Search all of ``scenario`` over merged local states."""
    return explore(scenario, stop_at_first=False)


def unmerged(scenario: Scenario) -> Exploration:
    """Search all of ``scenario`` over observation histories."""
    return explore(scenario, merge=False, stop_at_first=False)


def naive(scenario: Scenario) -> Exploration:
    """Execute every interleaving of ``scenario``; fails if they are too many for a test."""
    found = explore_naively(scenario, budget=Budget(max_states=NAIVE_EXECUTIONS))
    assert found.exhausted, f"{scenario.name} has more than {NAIVE_EXECUTIONS:,} interleavings: make it smaller"
    return found


def assert_all_engines_agree(scenario: Scenario) -> Exploration:
    """Search in all three ways and compare outcomes, verdicts, violations and numbers of interleavings.

    Returns:
        The merged search, for further assertions.
    """
    oracle, fast, slow = naive(scenario), merged(scenario), unmerged(scenario)
    for found in (slow, fast):
        assert set(found.outcomes) == set(oracle.outcomes)
        assert found.interleavings == oracle.interleavings
        assert slugs(found) == slugs(oracle)
        assert (found.verdict == oracle.verdict) or (found.verdict == "VIOLATED" and not slugs(found))
    assert fast.states <= slow.states
    return fast


def slugs(found: Exploration) -> set[str]:
    """The violations that single executions show; the exhaustive search adds what only all of them together do."""
    return {v.slug for v in found.violations if not v.slug.startswith(ALL_TOGETHER)}


def random_walk_probability(scenario: Scenario, slug: str, *, merge: bool) -> Fraction:
    """The exact probability that a uniform random walk over ``scenario`` ends with ``slug``.

    By dynamic programming over the graph of states, which must have no cycles.
    """
    automaton = Automaton(scenario, merge=merge)
    known: dict[tuple[int, ...], Fraction] = {}

    def probability(state: tuple[int, ...]) -> Fraction:
        if state not in known:
            following = successors(automaton, state)
            if following:
                known[state] = sum(map(probability, following), Fraction()) / len(following)
            else:
                known[state] = Fraction(automaton.ending(state).slug == slug)
        return known[state]

    return probability(tuple(automaton.start))


def successors(automaton: Automaton, state: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The states after one step from ``state``, one for each enabled thread."""
    threads = automaton.threads
    found = []
    if any(automaton.operations[node] == BROKEN for node in state[:threads]):
        return []
    for thread in range(threads):
        node = state[thread]
        if automaton.operations[node] < 0:
            continue
        slot = threads + automaton.slots[node]
        move = automaton.move(node, state[slot])
        if move.value >= 0:
            after = list(state)
            after[thread], after[slot] = move.node, move.value
            for new, value in move.allocated:
                after.extend([0] * (threads + new + 1 - len(after)))
                after[threads + new] = value
            found.append(tuple(after))
    return found
