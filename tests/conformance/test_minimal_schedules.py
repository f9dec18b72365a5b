"""Counterexamples have the fewest preemptions, then the fewest steps: compared with executions of the real code in that order."""

from __future__ import annotations

import pytest

from tests.programs import sctbench
from tests.programs.bounded import Best, best_schedules
from tests.programs.gallery import GALLERY
from tests.programs.making import program, slugs
from weft import AtomicInt64, Mutex, Scenario, Setting, require
from weft.automaton.automaton import Automaton
from weft.check.collect import Race, collect
from weft.search.exhaustive import ALL_TOGETHER, explore
from weft.search.minimal_by_replay import follow, shortened
from weft.search.minimal_violation import minimised
from weft.search.reduction import ALL
from weft.search.replay import replay
from weft.search.result import Violation
from weft.search.schedule import Schedule

UNBOUNDED = 1_000
KERNELS = [sctbench.reorder(3), sctbench.two_stage(), sctbench.wrong_lock(2), sctbench.deadlock_01(), sctbench.carter_01()]
VIOLATED = [scenario for scenario in (*GALLERY, *KERNELS) if slugs(explore(scenario, stop_at_first=False))]
RACY = [race for race in collect(["stress"]) if race.scenario.expect == "VIOLATED"]


def of(violation: Violation, scenario: Scenario) -> Best:
    executed = replay(scenario, violation.schedule)
    return executed.preemptions, len(executed.steps), violation.schedule.threads


SEARCHES = {
    "merged": {},
    "by history": {"merge": False},
    "loop in Python": {"compiled_loop": False},
    "reduced": {"reduction": ALL},
}
"""Searches that meet a violation on other ways; what they report must not tell which it was."""


@pytest.mark.parametrize("scenario", VIOLATED, ids=lambda scenario: scenario.name)
def test_no_execution_is_better_and_of_equal_ones_it_is_the_first(scenario: Scenario) -> None:
    best = {slug: found for slug, found in best_schedules(scenario, most_preemptions=UNBOUNDED).items() if slug}
    for search in SEARCHES.values():
        found = explore(scenario, stop_at_first=False, **search).violations
        single = [violation for violation in found if not violation.slug.startswith(ALL_TOGETHER)]
        assert all(violation.minimal for violation in single)
        assert {violation.slug: of(violation, scenario) for violation in single} == best


def test_programs_of_every_kind_were_compared() -> None:
    kinds = {slug.partition(":")[0] for scenario in VIOLATED for slug in slugs(explore(scenario, stop_at_first=False))}
    assert kinds >= {"deadlock", "final", "misuse", "exception", "data-race", "assertion"}
    assert len(VIOLATED) >= 12


def no_fewer_preemptions(scenario: Scenario) -> None:
    """Execute every schedule with fewer preemptions than the counterexample has, and see that none shows its slug."""
    [violation] = [v for v in explore(scenario).violations if not v.slug.startswith(ALL_TOGETHER)]
    assert violation.minimal
    preemptions, steps, threads = of(violation, scenario)
    if violation.slug == "livelock":
        return  # no execution shows one by its end; see the test of a livelock
    for bound in range(preemptions):
        assert violation.slug not in best_schedules(scenario, most_preemptions=bound)
    if preemptions < 2:
        assert best_schedules(scenario, most_preemptions=preemptions)[violation.slug] == (preemptions, steps, threads)


@pytest.mark.parametrize("race", [race for race in RACY if not race.scenario.slow][::8], ids=lambda race: race.scenario.name)
def test_some_racy_races_of_the_gate_have_no_better_schedule(race: Race) -> None:
    no_fewer_preemptions(race.scenario)


@pytest.mark.slow
@pytest.mark.parametrize("race", RACY, ids=lambda race: race.scenario.name)
def test_every_racy_race_of_the_gate_has_no_better_schedule(race: Race) -> None:
    no_fewer_preemptions(race.scenario)


def too_polite(s: Setting) -> None:
    """Once both flags are up nobody takes one down; a round of greetings before is of no account."""
    flags, greetings = (AtomicInt64(0), AtomicInt64(0)), AtomicInt64(0)

    def walk(mine: int) -> None:
        greetings.add(1)
        flags[mine].store(1)
        while flags[1 - mine].load():
            pass
        flags[mine].store(0)

    s.thread(walk, 0, name="alice")
    s.thread(walk, 1, name="bob")


def test_a_livelock_is_shown_by_the_best_schedule_into_it() -> None:
    scenario = program("too_polite", too_polite)
    [violation] = explore(scenario).violations
    assert (violation.slug, violation.minimal) == ("livelock", True)
    # Both flags must be up: two greetings and two stores. One preemption, for alice would go on alone and end.
    assert of(violation, scenario) == (1, 4, (0, 0, 1, 1))
    assert violation.decided_at == 4


def late(s: Setting) -> None:
    """The last step alone decides: whoever stores last leaves its number."""
    number, noise = AtomicInt64(0), AtomicInt64(0)

    def store(mine: int) -> None:
        noise.add(1)
        number.store(mine)
        noise.add(1)

    s.thread(store, 1, name="one")
    s.thread(store, 2, name="two")

    @s.final
    def two_is_last(_: object) -> None:
        require(number.load() == 2, f"number is {number.load()}, expected 2")


def test_the_step_that_decides_is_the_one_after_which_no_execution_ends_well() -> None:
    [violation] = explore(program("late", late)).violations
    assert violation.schedule.threads == (1, 1, 1, 0, 0, 0)
    assert violation.decided_at == 2  # two's store: from there on that of one comes last


def always(s: Setting) -> None:
    """Wrong whatever happens."""
    number = AtomicInt64(0)
    s.thread(lambda: number.store(1), name="one")

    @s.final
    def two(_: object) -> None:
        require(number.load() == 2, "two is not last")


def test_what_always_fails_was_decided_before_the_first_step() -> None:
    [violation] = explore(program("always", always)).violations
    assert violation.decided_at == 0


def large(s: Setting) -> None:
    """Opposite lock orders behind many steps that have nothing to do with it."""
    left, right = Mutex(), Mutex()
    noise = [AtomicInt64(0) for _ in range(3)]

    def work(mine: AtomicInt64, first: Mutex, second: Mutex) -> None:
        for _ in range(6):
            mine.add(1)
        with first, second:
            mine.add(1)

    s.thread(work, noise[0], left, right, name="forwards")
    s.thread(work, noise[1], right, left, name="backwards")
    s.thread(work, noise[2], left, right, name="again")


def test_where_the_space_is_too_large_replay_shortens_and_claims_nothing() -> None:
    scenario = program("large", large)
    [found] = [v for v in explore(scenario).violations if v.slug == "deadlock"]
    assert (found.minimal, of(found, scenario)[:2]) == (True, (1, 20))  # the third thread has to come to its lock, too
    worst = (0, 1, 2) * 6 + (0, 1)
    tried = follow(scenario, worst)
    assert (tried.slug, tried.preemptions) == ("deadlock", 19)
    given = Violation("deadlock", tried.message, Schedule(tried.threads))
    better = minimised(scenario, Automaton(scenario), given, most_states=50)
    assert not better.minimal
    assert better.decided_at is None
    assert of(better, scenario)[:2] <= (2, 22)


def test_shortening_by_replay_never_makes_it_worse_and_often_finds_the_best() -> None:
    best = 0
    for scenario in VIOLATED:
        for violation in explore(scenario, stop_at_first=False).violations:
            if violation.slug.startswith(ALL_TOGETHER):
                continue
            worst = max(
                (follow(scenario, order) for order in ((0, 1) * 12, (1, 0) * 12, (1, 1, 0) * 8, (0, 0, 1) * 8, ())),
                key=lambda tried: (tried.slug == violation.slug, tried.cost),
            )
            if worst.slug != violation.slug:
                continue
            shorter = shortened(scenario, Schedule(worst.threads), violation.slug)
            assert shorter is not None
            cost = of(Violation(violation.slug, "", shorter[0]), scenario)
            assert of(violation, scenario) <= cost <= worst.cost
            best += cost[:2] == of(violation, scenario)[:2]
    assert best >= 8


def test_a_schedule_that_does_not_show_it_is_not_shortened() -> None:
    assert shortened(program("large", large), Schedule(()), "final:nothing") is None


def test_ctrl_c_while_the_best_schedule_is_sought_keeps_the_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("weft.search.exhaustive.minimised", interrupted)
    found = explore(program("late", late))
    [violation] = found.violations
    assert (found.verdict, found.stopped_by) == ("VIOLATED", "Ctrl-C")
    assert (violation.slug, violation.minimal, violation.replayed) == ("final:two_is_last", False, True)
