"""What plays no part can be left out: the rest of the steps, executed without it, do what they did."""

from __future__ import annotations

import random

import pytest
from hypothesis import given

from tests.conformance.test_generated_programs import QUICK
from tests.programs import sctbench
from tests.programs.gallery import GALLERY
from tests.programs.generated import scenario_from, sources
from tests.programs.making import program
from weft import AtomicInt64, Mutex, Results, Scenario, Setting, require
from weft.report.causes import causes
from weft.search.replay import Replay, replay
from weft.search.schedule import Schedule
from weft.worlds.controlled import Execution

KERNELS = [sctbench.reorder(3), sctbench.two_stage(), sctbench.wrong_lock(2), sctbench.deadlock_01(), sctbench.carter_01()]
LONGEST = 200


def a_random_execution(scenario: Scenario, choose: random.Random) -> Replay | None:
    """One that ends; ``None`` if it grows too long."""
    execution = Execution(scenario)
    taken = []
    try:
        while (able := execution.enabled()) and len(taken) < LONGEST:
            taken.append(choose.choice(able))
            execution.step(taken[-1])
    finally:
        execution.close()
    return replay(scenario, Schedule(tuple(taken))) if len(taken) < LONGEST else None


def without_what_plays_no_part(scenario: Scenario, executed: Replay) -> int:
    """Execute the causal past alone and compare; how many steps were left out."""
    assert executed.ending is not None
    if not executed.ending.slug or executed.ending.slug.startswith(("data-race", "invariant")):
        return 0  # nothing to explain, or the state on the way is what is judged
    past = causes(executed, executed.ending.slug).past
    kept = [step for k, step in enumerate(executed.steps) if k in past]
    again = replay(scenario, Schedule(tuple(step.thread for step in kept)))
    assert [(s.thread, s.text, s.result, s.after) for s in again.steps] == [(s.thread, s.text, s.result, s.after) for s in kept]
    return len(executed.steps) - len(kept)


@pytest.mark.parametrize("scenario", [*GALLERY, *KERNELS], ids=lambda scenario: scenario.name)
def test_the_causal_past_can_be_executed_alone(scenario: Scenario) -> None:
    choose = random.Random(1)
    for _ in range(15):
        executed = a_random_execution(scenario, choose)
        if executed is not None:
            without_what_plays_no_part(scenario, executed)


@given(sources())
@QUICK
def test_the_causal_past_of_generated_programs_can_be_executed_alone(source: str) -> None:
    choose = random.Random(2)
    for _ in range(5):
        executed = a_random_execution(scenario_from(source), choose)
        if executed is not None:
            without_what_plays_no_part(scenario_from(source), executed)


def bystanders(s: Setting) -> None:
    """The loser's number is what the check looks at; a lock and a bystander have nothing to do with it."""
    number, noise, lock = AtomicInt64(0), AtomicInt64(0), Mutex()

    def store(mine: int) -> None:
        number.store(mine)
        with lock:
            noise.add(1)

    def bystander() -> None:
        for _ in range(3):
            noise.add(1)

    s.thread(store, 1, name="one")
    s.thread(store, 2, name="two")
    s.thread(bystander)

    @s.final
    def two_is_last(_: Results) -> None:
        require(number.load() == 2, "two is not last")


def test_steps_are_left_out_and_not_too_many() -> None:
    scenario, choose = program("bystanders", bystanders), random.Random(3)
    left_out, failed = 0, 0
    for _ in range(60):
        executed = a_random_execution(scenario, choose)
        assert executed is not None
        left_out += without_what_plays_no_part(scenario, executed)
        if executed.ending is not None and executed.ending.slug:
            failed += 1
            past = causes(executed, executed.ending.slug).past
            # Both stores, the one that was written over and the one that stayed, and nothing else.
            assert [executed.steps[k].text for k in sorted(past)] == ["AtomicInt64#0.store(2)", "AtomicInt64#0.store(1)"]
    assert failed >= 10
    assert left_out == failed * 9
