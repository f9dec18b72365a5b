"""A search shared by workers counts what one process counts, however many there are and whatever happens to them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from stress.bench.miniature import race
from tests.cluster.inline import Inline
from tests.programs.gallery import GALLERY
from tests.programs.making import slugs
from weft import AtomicBool, AtomicInt64, Mutex, Results, Scenario, Setting, require, scenario
from weft.search import compiled_loop
from weft.search.budget import Budget
from weft.search.checkpoint import Checkpoint, checkpoint_of
from weft.search.exhaustive import explore
from weft.search.reduction import ALL, NONE, Reduction
from weft.search.result import Exploration

if not compiled_loop.AVAILABLE:
    pytest.skip("the compiled loop was not built: no C compiler at installation", allow_module_level=True)

from weft.cluster import coordinator, loop
from weft.cluster.explore import Spread

SEEDS = 8


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small searches are shared, too, in many tasks, and the automata grow meanwhile."""
    monkeypatch.setattr(loop, "WARM_STATES", 20)
    monkeypatch.setattr(coordinator, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(coordinator, "FIRST_RATE", 4_000)
    monkeypatch.setattr(coordinator, "LEAST_SECONDS", 0.00002)


def counts(found: Exploration) -> tuple[object, ...]:
    return (
        (found.verdict, found.states, found.transitions, found.finals, found.nodes, found.cyclic),
        f"{found.interleavings or 0:.9g}",  # beyond 2**53 the order of additions shows in the last digits
        set(found.outcomes),
        slugs(found),
        [violation.schedule for violation in found.violations],
    )


@pytest.mark.parametrize("reduction", [NONE, ALL], ids=["full", "reduced"])
@pytest.mark.parametrize("word", ["wu", "wwu", "wuu"])
def test_counts_do_not_depend_on_the_number_of_workers(word: str, reduction: Reduction) -> None:
    alone = counts(explore(race(word), reduction=reduction))
    for workers in (1, 2, 4):
        assert counts(Spread(Inline(workers), split_from=10)(race(word), reduction=reduction)) == alone


def test_fingerprints_of_128_bits() -> None:
    assert counts(Spread(Inline(3), split_from=10)(race("wwu"), bits=128)) == counts(explore(race("wwu"), bits=128))


@pytest.mark.parametrize("reduction", [NONE, ALL], ids=["full", "reduced"])
@pytest.mark.parametrize("scenario", GALLERY, ids=lambda scenario: scenario.name)
def test_the_gallery_on_three_workers(scenario: Scenario, reduction: Reduction) -> None:
    alone = explore(scenario, reduction=reduction)
    assert counts(Spread(Inline(3), split_from=1)(scenario, reduction=reduction)) == counts(alone)


def test_workers_that_die_and_join_change_no_count() -> None:
    alone = {reduction: counts(explore(race("wwu"), reduction=reduction)) for reduction in (NONE, ALL)}
    happened = [0, 0, 0]
    for seed in range(SEEDS):
        reduction = ALL if seed % 2 else NONE
        engine = Inline(3, chaos=random.Random(seed))
        assert counts(Spread(engine, split_from=10)(race("wwu"), reduction=reduction)) == alone[reduction], f"seed {seed}"
        happened = [before + more for before, more in zip(happened, (engine.kills, engine.joins, engine.repeats), strict=True)]
    assert min(happened) >= SEEDS, "deaths, joins and orders carried out twice"


@scenario(expect="VIOLATED", violates="livelock", why="each waits for the other's flag")
def waiting_for_each_other(s: Setting) -> None:
    flags = AtomicBool(False), AtomicBool(False)
    gate = Mutex()

    def wait_for(own: AtomicBool, other: AtomicBool) -> None:
        with gate:
            pass
        while not other.load():
            pass
        own.store(True)

    s.thread(wait_for, *flags, name="one")
    s.thread(wait_for, *reversed(flags), name="other")


@pytest.mark.parametrize("reduction", [NONE, ALL], ids=["full", "reduced"])
def test_a_livelock_is_found_with_the_schedule_that_one_process_shows(reduction: Reduction) -> None:
    alone = explore(waiting_for_each_other, reduction=reduction)
    assert slugs(alone) == {"livelock"}
    shared = Spread(Inline(2), split_from=3)(waiting_for_each_other, reduction=reduction)
    assert counts(shared) == counts(alone)


@scenario(expect="HOLDS", why="who waits is let go in the end")
def waiting_for_a_friend(s: Setting) -> None:
    flag = AtomicBool(False)

    def wait() -> None:
        while not flag.load():
            pass

    s.thread(wait, name="waiter")
    s.thread(lambda: flag.store(True), name="friend")


def test_cycles_without_a_livelock_are_cycles_and_hold() -> None:
    shared = Spread(Inline(2), split_from=2)(waiting_for_a_friend)
    assert shared.cyclic
    assert counts(shared) == counts(explore(waiting_for_a_friend))


def test_interleavings_are_not_counted_where_edges_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "WARM_STATES", 100_000)
    monkeypatch.setattr(loop, "MOST_EDGES", 14_000)
    shared = Spread(Inline(2), split_from=10)(race("wwu"))
    assert (shared.verdict, shared.states, shared.interleavings, shared.cyclic) == ("HOLDS", 6_071, None, False)
    monkeypatch.setattr(loop, "MOST_EDGES", 600)
    shared = Spread(Inline(2), split_from=10)(race("wwu"))
    assert (shared.verdict, shared.states, shared.interleavings) == ("INCONCLUSIVE", 6_071, None)


@pytest.mark.parametrize("reduction", [NONE, ALL], ids=["full", "reduced"])
def test_a_search_stopped_again_and_again_goes_on_to_the_same_counts(reduction: Reduction, tmp_path: Path) -> None:
    """It is stopped at one limit after the other, and each time taken up by other workers."""
    alone = counts(explore(race("wwu"), reduction=reduction))
    stops = 0
    for limit in (100, 500, 800, 2_500, 5_000):
        checkpoint = checkpoint_of(tmp_path, "race", {}, resume=True)
        spread = Spread(Inline(1 + stops % 3, chaos=random.Random(limit)), split_from=10)
        found = spread(race("wwu"), reduction=reduction, budget=Budget(max_states=limit), checkpoint=checkpoint)
        stops += found.verdict == "INCONCLUSIVE"
    assert stops == (5 if reduction is NONE else 3)
    found = Spread(Inline(2), split_from=10)(
        race("wwu"), reduction=reduction, checkpoint=checkpoint_of(tmp_path, "race", {}, resume=True)
    )
    assert counts(found) == alone
    assert not list(tmp_path.iterdir())


@scenario(expect="VIOLATED", violates="final:both_counted", why="add is split into load and store, behind many other steps")
def lost_update(s: Setting) -> None:
    counter, others = AtomicInt64(0), AtomicInt64(0)

    def add_others() -> None:
        for _ in range(4):
            others.add(1)

    def add_one() -> None:
        add_others()
        counter.store(counter.load() + 1)

    s.thread(add_one, name="first")
    s.thread(add_one, name="second")
    s.thread(add_others, name="third")

    @s.final
    def both_counted(results: Results) -> None:
        require(counter.load() == 2, f"counter is {counter.load()}, expected 2")


@pytest.mark.parametrize("stop_at_first", [True, False], ids=["first", "all"])
@pytest.mark.parametrize("reduction", [NONE, ALL], ids=["full", "reduced"])
def test_a_violation_has_the_counts_and_the_schedule_that_one_process_gives(reduction: Reduction, stop_at_first: bool) -> None:
    alone = explore(lost_update, reduction=reduction, stop_at_first=stop_at_first)
    assert alone.verdict == "VIOLATED"
    shared = Spread(Inline(3), split_from=5)(lost_update, reduction=reduction, stop_at_first=stop_at_first)
    assert counts(shared) == counts(alone)


def test_a_violation_that_one_process_does_not_reach_is_told_and_not_a_pass() -> None:
    found = Spread(Inline(1))._alone(lost_update, budget=Budget(max_states=20))
    assert found.verdict == "INCONCLUSIVE"
    assert "the cluster has seen a violation" in found.stopped_by


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_search_stopped_while_it_is_taken_up_can_still_be_taken_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that the checkpoint needs is removed before it was read."""

    def checkpoint() -> Checkpoint:
        return checkpoint_of(tmp_path, "race", {}, resume=True)

    Spread(Inline(2), split_from=10)(race("wwu"), budget=Budget(max_states=1_000), checkpoint=checkpoint())
    with monkeypatch.context() as early:
        early.setattr(loop.ClusterLoop, "repeat", interrupt)
        with pytest.raises(KeyboardInterrupt):
            Spread(Inline(2), split_from=10)(race("wwu"), checkpoint=checkpoint())
    found = Spread(Inline(2), split_from=10)(race("wwu"), checkpoint=checkpoint())
    assert counts(found) == counts(explore(race("wwu")))
