"""Random schedules are schedules: what they reach the exhaustive search reaches, on automata and on the real code alike."""

from __future__ import annotations

import pytest

from stress.bench.sampling import broken_by
from stress.planted.eager_umount import H1
from stress.planted.mounting import L11_DEAD
from stress.races.mount_vs_rmdir import mount_vs_rmdir
from stress.races.walk_vs_eager_umount import walk_vs_eager_umount
from tests.programs import classic, lockfree
from tests.programs.gallery import GALLERY
from tests.programs.making import program
from weft import AtomicBool, AtomicInt64, Results, Scenario, Setting, SharedStateError, UsageError, require
from weft.check.collect import Race
from weft.check.sampling import Sampling, sample_all
from weft.search.confirm import confirm
from weft.search.exhaustive import explore
from weft.search.random_walk import sample
from weft.search.replay import replay
from weft.search.sampling import on_automata
from weft.search.sampling.strategies import ALL, strategy
from weft.search.sampling.walk import Ground, Walked, walk

BOTH_WORLDS = tuple(name for name in ALL if name != "states")


def walked(scenario: Scenario, name: str, *, world, runs: int, seed: int = 3) -> list[Walked]:
    with Ground(scenario, world=world) as ground:
        chooser = strategy(name, seed)
        return [walk(ground.course, chooser) for _ in range(runs)]


@pytest.mark.parametrize("scenario", [*GALLERY, walk_vs_eager_umount], ids=lambda scenario: scenario.name)
def test_a_seed_gives_the_same_runs_on_automata_and_on_the_real_code(scenario: Scenario):
    for name in BOTH_WORLDS:
        tables, code = (walked(scenario, name, world=world, runs=6) for world in ("automata", "code"))
        assert [run.threads for run in tables] == [run.threads for run in code], name
        assert [run.ending and run.ending.outcome for run in tables] == [run.ending and run.ending.outcome for run in code], name


@pytest.mark.parametrize("scenario", [*GALLERY, walk_vs_eager_umount], ids=lambda scenario: scenario.name)
def test_what_a_strategy_reaches_the_exhaustive_search_reaches(scenario: Scenario):
    everything = set(explore(scenario, stop_at_first=False).outcomes)
    for name in ALL:
        reached = set(sample(scenario, runs=60, seed=4, strategy=name, stop_at_first=False).outcomes)
        assert reached
        assert reached <= everything, name


@pytest.mark.parametrize("name", ALL)
def test_together_with_time_a_strategy_reaches_all_outcomes_of_small_programs(name: str):
    """Depth bounds what PCT can reach: a program of two threads that switch often needs more."""
    few = [scenario for scenario in GALLERY if len(explore(scenario, stop_at_first=False).outcomes) == 2]
    assert len(few) >= 3
    for scenario in few:
        everything = set(explore(scenario, stop_at_first=False).outcomes)
        assert set(sample(scenario, runs=800, seed=4, strategy=name, stop_at_first=False).outcomes) == everything


TWINS = (
    (lockfree.treiber_aba(versions=False), lockfree.treiber_aba(versions=True), 600),
    (lockfree.queue_linearizable(2, 1, links_by_store=True), lockfree.queue_linearizable(2, 1), 100),
    (classic.dekker(asks_once=True), classic.dekker(), 200),
    (broken_by(L11_DEAD, mount_vs_rmdir), mount_vs_rmdir, 800),
)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("broken", "safe", "runs"), TWINS, ids=lambda value: getattr(value, "name", ""))
def test_a_known_bug_is_found_and_its_safe_twin_never_fails(broken: Scenario, safe: Scenario, runs: int, name: str):
    found = sample(broken, runs=runs, seed=1, strategy=name)
    assert found.verdict == "VIOLATED"
    (violation,) = found.violations
    assert violation.replayed
    assert violation.slug.startswith(broken.violates)
    again = replay(broken, violation.schedule).ending
    assert again is not None
    assert again.slug == violation.slug
    held = sample(safe, runs=runs, seed=1, strategy=name)
    assert (held.verdict, held.executions, held.violations) == ("INCONCLUSIVE", runs, [])


@pytest.mark.parametrize("name", ["uniform", "pos", "surw", "states"])
def test_the_two_steps_of_the_eager_umount_are_found(name: str):
    found = sample(broken_by(H1, walk_vs_eager_umount), runs=400, seed=1, strategy=name)
    assert [violation.slug for violation in found.violations] == ["final:nobody_is_inside_what_was_umounted"]


@pytest.mark.parametrize("name", ALL)
def test_equal_seeds_give_equal_runs_and_others_do_not(name: str):
    scenario = lockfree.treiber_pushes(3)
    first, again, other = ([run.threads for run in walked(scenario, name, world=None, runs=30, seed=seed)] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_states_that_are_forgotten_come_back_as_they_were(monkeypatch: pytest.MonkeyPatch):
    kept = {name: walked(walk_vs_eager_umount, name, world="automata", runs=40) for name in ALL}
    monkeypatch.setattr(on_automata, "MOST_KEPT", 25)
    assert {name: walked(walk_vs_eager_umount, name, world="automata", runs=40) for name in ALL} == kept


def captures_a_list(s: Setting) -> None:
    seen: list[int] = []
    number = AtomicInt64(0)
    s.thread(lambda: number.store(number.load() + 1 + len(seen)), name="first")
    s.thread(lambda: number.store(number.load() + 1), name="second")

    @s.final
    def is_two(_: Results) -> None:
        require(number.load() == 2, f"number is {number.load()}")


def test_what_the_automata_refuse_runs_on_the_real_code():
    scenario = program("captures-a-list", captures_a_list)
    with Ground(scenario) as ground:
        assert ground.course.world == "code"
        assert "seen" in ground.refused
    assert [v.slug for v in sample(scenario, runs=50, seed=1).violations] == ["final:is_two"]
    with pytest.raises(SharedStateError):
        sample(scenario, runs=50, seed=1, world="automata")
    with pytest.raises(UsageError, match="states needs automata"):
        sample(scenario, runs=50, seed=1, strategy="states")
    [sampled] = sample_all([Race(scenario, "here.py")], Sampling(strategies=ALL, runs=50, seed=1))
    assert (sampled.world, len(sampled.tried)) == ("code", len(ALL))
    assert {one.strategy for one in sampled.tried if one.left_out} == {"states"}
    assert all(one.first[0] is not None for one in sampled.tried if not one.left_out)


def makes_a_list_late(s: Setting) -> None:
    number = AtomicInt64(0)

    def late() -> object:
        number.add(1)
        return AtomicInt64(0) if number.load() < 2 else [1]

    s.thread(late, name="late")
    s.thread(lambda: number.add(1), name="other")


def test_what_is_refused_in_both_worlds_is_an_error():
    with pytest.raises(UsageError, match="mutable"):
        sample(program("makes-a-list", makes_a_list_late), runs=50, seed=1)


def waits(s: Setting) -> None:
    """Ends in every fair execution; a scheduler that lets only the waiting one run does not let it end."""
    ready = AtomicBool()

    def wait() -> None:
        while not ready.load():
            pass

    s.thread(wait, name="waiter")
    s.thread(lambda: ready.store(True), name="other")


def waits_for_ever(s: Setting) -> None:
    ready = AtomicBool()
    steps = AtomicInt64(0)

    def wait() -> None:
        steps.add(1)
        while not ready.load():
            pass

    s.thread(wait, name="waiter")
    s.thread(lambda: (steps.load(), steps.load()), name="other")


def test_a_run_that_cannot_end_is_a_livelock_with_the_earliest_step():
    scenario = program("waits-for-ever", waits_for_ever)
    found = sample(scenario, runs=1, seed=1)
    (violation,) = found.violations
    assert (violation.slug, violation.replayed, len(violation.schedule)) == ("livelock", True, 0)
    confirm(scenario, violation)


def test_a_run_that_another_thread_could_end_is_none():
    scenario = program("waits", waits)
    [sampled] = sample_all([Race(scenario, "here.py")], Sampling(strategies=("pct:1",), runs=20, seed=1))
    (one,) = sampled.tried
    assert (one.runs, one.first) == (20, [None])
    assert 0 < one.cut < 20
    assert explore(scenario).verdict == "HOLDS"
