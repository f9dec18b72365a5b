"""Progress classes, told from the state graph: one small program of each class, with its step counts worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from weft import AtomicBool, AtomicInt64, Mutex, Setting, scenario
from weft.cli.main import cli
from weft.search.progress import progress


@scenario()
def counters(s: Setting) -> None:
    cell = AtomicInt64()

    def add() -> None:
        cell.add(1)
        cell.add(1)

    s.thread(add, name="x")
    s.thread(add, name="y")


@scenario()
def swaps(s: Setting) -> None:
    cell = AtomicInt64()

    def increment() -> None:
        while True:
            seen = cell.load()
            if cell.compare_and_swap(seen, seen + 1):
                return

    s.thread(increment, name="x")
    s.thread(increment, name="y")


@scenario()
def locked(s: Setting) -> None:
    mutex, cell = Mutex(), AtomicInt64()

    def add() -> None:
        with mutex:
            cell.add(1)

    s.thread(add, name="x")
    s.thread(cell.load, name="reader")
    s.thread(add, name="y")


@scenario()
def spinning(s: Setting) -> None:
    flag = AtomicBool()

    def wait() -> None:
        while not flag.load():
            pass

    s.thread(wait, name="waiter")
    s.thread(lambda: flag.store(True), name="setter")


def classes(race: object) -> list[tuple[str, str, int | None, int, str]]:
    return [(p.thread, p.progress, p.worst_steps, p.alone_steps, p.witness) for p in progress(race)]  # type: ignore[arg-type]


def test_steps_that_nobody_can_add_to_are_wait_free() -> None:
    assert classes(counters) == [("x", "wait-free", 2, 2, ""), ("y", "wait-free", 2, 2, "")]


def test_a_failed_swap_costs_two_more_steps_and_makes_a_call_lock_free() -> None:
    found = classes(swaps)
    assert [row[:4] for row in found] == [("x", "lock-free", 4, 2), ("y", "lock-free", 4, 2)]
    assert found[0][4] == "AtomicInt64#0.load()"


def test_a_mutex_makes_a_call_blocking_and_is_its_witness() -> None:
    assert classes(locked) == [
        ("x", "blocking", 3, 3, "Mutex#0.lock()"),
        ("reader", "wait-free", 1, 1, ""),
        ("y", "blocking", 3, 3, "Mutex#0.lock()"),
    ]


def test_a_spin_loop_can_be_kept_going_for_ever() -> None:
    assert next(row[:3] for row in classes(spinning)) == ("waiter", "stuck", None)


def test_the_table_of_the_vfs_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    """``weft progress stress/operations > reports/progress.txt`` after a change of impl, and read what moved."""
    root = Path(__file__).parents[2]
    monkeypatch.chdir(root)
    monkeypatch.delenv("COLUMNS", raising=False)
    printed = CliRunner().invoke(cli, ["progress", "stress/operations"], prog_name="weft").stdout
    assert printed == (root / "reports" / "progress.txt").read_text()
