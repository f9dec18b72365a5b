"""An automaton that merges too much does not get away with it: audit or replay end the search with ``EngineBug``.

Each test breaks one part of the local state on purpose and searches a program that needs it.
"""

from __future__ import annotations

import pytest

from tests.programs.making import merged, program
from weft import AtomicInt64, EngineBug, Results, Setting, require
from weft.automaton.automaton import Automaton
from weft.automaton.local_state import LocalState
from weft.search.audit import audit


def hides_a_local(s: Setting) -> None:
    """Returns what it read before its last step."""
    x, pause = AtomicInt64(0), AtomicInt64(0)

    def work() -> int:
        seen = x.load()
        pause.load()
        return seen

    s.thread(work, name="worker")
    s.thread(x.store, 1, name="writer")


def hides_an_exchanged_value(s: Setting) -> None:
    """Of two exchanges one comes first, so exactly one of them returns what the other put in."""
    x, pause = AtomicInt64(0), AtomicInt64(0)

    def work() -> int:
        seen = x.exchange(5)
        pause.load()
        return seen

    s.thread(work, name="worker")
    s.thread(x.exchange, 1, name="other")

    @s.final
    def one_came_first(results: Results) -> None:
        require(tuple(results) in ((0, 5), (1, 0)), f"{results}")


def merge_whatever_stands_at_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave locals out of local states."""
    describe = LocalState.describe

    def positions_only(self, thread):
        return tuple(part[:2] if isinstance(part, tuple) and len(part) == 4 else None for part in describe(self, thread))

    monkeypatch.setattr(LocalState, "describe", positions_only)


def test_unbroken_both_programs_give_their_verdicts():
    assert merged(program("hidden", hides_a_local)).verdict == "HOLDS"
    assert merged(program("exchange", hides_an_exchanged_value)).verdict == "HOLDS"


def test_the_audit_catches_an_automaton_that_merges_too_much(monkeypatch):
    merge_whatever_stands_at_one_step(monkeypatch)
    with pytest.raises(EngineBug, match="please report this with the race's file"):
        merged(program("hidden", hides_a_local))


def test_the_replay_catches_a_violation_that_only_the_broken_automaton_has(monkeypatch):
    merge_whatever_stands_at_one_step(monkeypatch)
    with pytest.raises(EngineBug, match="on the real code that schedule gives"):
        merged(program("exchange", hides_an_exchanged_value))


def test_the_audit_catches_a_wrong_result_in_the_tables():
    scenario = program("hidden", hides_a_local)
    automaton = Automaton(scenario)
    assert audit(scenario, automaton, runs=20) > 0
    node = automaton.start[0]
    wrong = {key: move for key, move in automaton.moves.items() if key >> 32 == node}
    (first, second) = wrong
    automaton.moves[first], automaton.moves[second] = automaton.moves[second], automaton.moves[first]
    with pytest.raises(EngineBug):
        audit(scenario, automaton, runs=20)


def test_a_thread_that_waits_in_c_code_is_not_merged_and_the_fallback_says_why():
    def build(s: Setting) -> None:
        x, pause = AtomicInt64(0), AtomicInt64(0)
        s.thread(lambda: sum(cell.load() for cell in (x, pause)), name="worker")
        s.thread(x.store, 1, name="writer")

    found = merged(program("sum", build))
    assert found.verdict == "HOLDS"
    (reason,) = {reason for reason in found.fallbacks if "C code" in reason}
    assert "<genexpr> has a state of its own" in reason


def test_the_audit_compares_every_step_and_not_only_ends():
    def build(s: Setting) -> None:
        x, one, other = AtomicInt64(0), AtomicInt64(0), AtomicInt64(0)

        def work() -> None:
            (one if x.load() else other).load()

        s.thread(work, name="worker")
        s.thread(x.store, 1, name="writer")

    scenario = program("steps", build)
    automaton = Automaton(scenario)
    assert audit(scenario, automaton, runs=20) > 0
    first, second = (key for key in automaton.moves if key >> 32 == automaton.start[0])
    moves = automaton.moves
    moves[first], moves[second] = (moves[k]._replace(node=moves[other].node) for k, other in ((first, second), (second, first)))
    with pytest.raises(EngineBug, match="the code wants"):
        audit(scenario, automaton, runs=20)
