"""Real threads: what they do is counted exactly, what goes wrong is found and named, and what is right is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.native import programs
from weft.native.findings import Plan
from weft.native.stress import stress

FINDS = Plan(seconds=60, rounds=5000, seed=1)
ONCE = Plan(seconds=60, rounds=1, seed=1, pauses=False)


def test_every_step_failed_swap_retry_and_wait_is_counted_once() -> None:
    done = stress(programs.counted, ONCE)
    assert not done.findings
    cells = done.totals.by_cell()
    word, mutex, seq = cells["word"], cells["mutex"], cells["seq"]
    assert (word.steps, word.failed_swaps, word.retries, word.waits) == (3, 1, 0, 0)
    assert (seq.steps, seq.failed_swaps, seq.retries, seq.waits) == (4, 0, 1, 0)
    assert (mutex.failed_swaps, mutex.retries, mutex.waits) == (1, 0, 1)  # is_locked is asked any number of times
    assert done.steps == sum(tally.steps for tally in cells.values())


def test_a_wait_says_for_whom_it_was_and_at_which_line() -> None:
    mutex = stress(programs.counted, ONCE).totals.by_cell()["mutex"]
    assert [who for who, _ in mutex.blamed] == ["first"]
    assert sum(mutex.blamed.values()) == sum(mutex.sites.values()) == mutex.waited_ns > 0
    (site,) = mutex.sites
    file, _, line = site.rpartition(":")
    assert file == programs.__file__
    assert Path(file).read_text().splitlines()[int(line) - 1].strip() == "mutex.lock()"


def test_pauses_find_a_lost_update() -> None:
    done = stress(programs.lost_update, FINDS)
    (found,) = done.findings
    assert (found.slug, found.message) == ("final:both_counted", "counter is 1, expected 2")
    assert found.round == done.rounds + 1 <= 5000
    assert done.pauses


def test_the_safe_twin_is_never_accused() -> None:
    done = stress(programs.no_lost_update, Plan(seconds=60, rounds=300, seed=1))
    assert (done.rounds, done.findings, done.steps) == (300, [], 600)
    assert done.pauses


def test_equal_seeds_draw_equal_pauses() -> None:
    def pauses(seed: int) -> int:
        return stress(programs.no_lost_update, Plan(seconds=60, rounds=60, seed=seed)).pauses

    assert pauses(3) == pauses(3)
    assert len({pauses(seed) for seed in range(4)}) > 1


@pytest.mark.parametrize(
    ("race", "slug", "message"),
    [
        (programs.opposite_orders, "deadlock", "one waits at right.lock, held by two; two waits at left.lock, held by one"),
        (programs.stray_unlock, "misuse:unlock-not-held", "one at lock.write_unlock: write_unlock of a reader/writer lock"),
        (programs.forgotten_lock, "held-at-return:mutex", "one has returned and still holds mutex"),
        (programs.forbidden_step, "forbidden:writing", "one is about to do"),
    ],
)
def test_what_is_certain_is_found_in_the_first_round(race, slug: str, message: str) -> None:
    (found,) = stress(race, Plan(seconds=60, rounds=1, seed=1, pauses=False)).findings
    assert found.slug == slug
    assert found.message.startswith(message)
    assert found.round == 1


def test_a_hang_outside_cells_is_told_with_the_stacks_of_all_threads() -> None:
    try:
        (found,) = stress(programs.stuck_outside_cells, Plan(seconds=60, rounds=1, seed=1, hang_seconds=0.3)).findings
    finally:
        programs.FOREVER.set()
    assert found.slug == "hang"
    assert "not finished: wait_for_ever_here; none of them waits for a cell" in found.message
    assert "wait_for_ever_here" in found.stacks
    assert "programs.py" in found.stacks


def test_a_history_that_no_order_explains_is_told_call_by_call() -> None:
    (found,) = stress(programs.stale_counter, FINDS).findings
    assert found.slug == "linearizability"
    assert {call.thread for call in found.calls} == {"x", "y"}
    assert any("'add' = 1" in call.text for call in found.calls)


def test_a_history_that_is_right_is_explained_whole() -> None:
    done = stress(programs.fresh_counter, Plan(seconds=60, rounds=200, seed=1))
    assert (done.findings, done.rounds, done.explained) == ([], 200, 800)
    assert done.calls == 800


def test_a_leak_shows_when_everything_was_let_go() -> None:
    (found,) = stress(programs.leaks_at_first, Plan(seconds=60, rounds=3, seed=1)).findings
    assert found.slug == "final:nothing_is_left"
    done = stress(programs.keeps_nothing, Plan(seconds=60, rounds=3, seed=1))
    assert (done.findings, done.checked_at_end, done.rounds) == ([], True, 3)
    assert done.calls == done.answers["use", "ok"] > 0
