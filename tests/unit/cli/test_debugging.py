"""A schedule in a debugger: it stops before the step that was named, in a thread's real frames, and goes on from there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import RACES, ROOT, Weft

RACE = """\
from weft import AtomicInt64, Mutex, Results, Setting, require, scenario


@scenario(expect="VIOLATED")
def lost(s: Setting) -> None:
    counter = AtomicInt64(10)

    def outer(amount: int) -> int:
        return inner(amount * 2)

    def inner(doubled: int) -> int:
        seen = counter.load()
        after = seen + doubled
        counter.store(after)
        return after

    s.thread(outer, 1, name="first")
    s.thread(outer, 3, name="second")

    @s.final
    def both(_: Results) -> None:
        require(counter.load() == 18, f"counter is {counter.load()}")


@scenario(expect="VIOLATED")
def stuck(s: Setting) -> None:
    left, right = Mutex(), Mutex()

    def work(mine: Mutex, other: Mutex) -> None:
        with mine:
            other.lock()

    s.thread(work, left, right, name="forwards")
    s.thread(work, right, left, name="backwards")
"""

SCHEDULE = "v1:f1.s2.f1"


@pytest.fixture
def race(tmp_path: Path) -> str:
    (tmp_path / "race.py").write_text(RACE)
    return str(tmp_path / "race.py")


def driven(race: str, schedule: str, *options: str, typed: str) -> subprocess.CompletedProcess[str]:
    """``weft replay --pdb``, with what somebody types."""
    command = [sys.executable, "-m", "weft", "replay", race, schedule, "--pdb", *options]
    return subprocess.run(command, cwd=ROOT, input=typed, capture_output=True, text=True, timeout=60)


def answers(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What came between the prompts."""
    return [answer.strip() for answer in done.stdout.split("(weft) ")]


def test_it_stops_before_the_step_in_the_thread_that_takes_it(race: str) -> None:
    done = driven(f"{race}::lost", SCHEDULE, "--step", "4", typed="p seen, after, doubled\np counter.load()\nq\n")
    start, variables, cell, end = answers(done)
    assert start.endswith("inner()\n-> counter.store(after)")
    assert variables == "(10, 12, 2)"  # first's own
    assert cell == "16"  # what second has stored meanwhile: looking took no step
    assert (end, done.stderr, done.returncode) == ("", "", 0)


def test_the_frames_are_the_thread_s_real_ones(race: str) -> None:
    done = driven(f"{race}::lost", SCHEDULE, "--step", "2", typed="w\nu\np amount\nq\n")
    _, where, up, amount, _ = answers(done)
    assert "outer()" in where
    assert where.index("outer()") < where.index("inner()")
    assert up.endswith("-> return inner(amount * 2)")
    assert amount == "3"  # second's


def test_stepping_goes_on_along_the_schedule(race: str) -> None:
    # From the first step: first's next line comes when its load has been answered; before its store second runs to its end.
    done = driven(f"{race}::lost", SCHEDULE, typed="n\np seen\nn\nn\np counter.load()\nc\n")
    start, stepped, seen, _, stored, counter, end = answers(done)
    assert start.endswith("-> seen = counter.load()")
    assert stepped.endswith("-> after = seen + doubled")
    assert seen == "10"
    assert stored.endswith("-> return after")
    assert counter == "12"  # second's 16 is lost
    assert end.startswith("VIOLATED final:both: counter is 12")
    assert f"schedule {SCHEDULE}" in end


def test_another_thread_can_be_looked_into(race: str) -> None:
    done = driven(f"{race}::lost", SCHEDULE, "--step", "4", "--thread", "second", typed="")
    assert "before step 4 that thread has ended; first has not" in done.stderr
    assert done.returncode == 2
    done = driven(f"{race}::lost", SCHEDULE, "--step", "2", "--thread", "first", typed="p doubled\nq\n")
    assert answers(done)[1] == "2"


def test_after_the_last_step_it_shows_where_who_is_stuck_stands(race: str) -> None:
    done = driven(f"{race}::stuck", "v1:f1.b1", "--step", "3", "--thread", "backwards", typed="p mine.is_locked()\nc\n")
    start, locked, end = answers(done)
    assert start.endswith("work()\n-> other.lock()")
    assert locked == "True"
    assert end.startswith("VIOLATED deadlock")


def test_the_end_of_the_input_leaves(race: str) -> None:
    done = driven(f"{race}::lost", SCHEDULE, "--step", "3", typed="")
    assert (done.returncode, done.stderr) == (0, "")
    assert "VIOLATED" not in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--pdb", "--step", "9"), "--step 9: the schedule has 4 steps"),
        (("--pdb", "--thread", "third"), "--thread 'third': the threads are first, second"),
        (("--step", "2"), "add --pdb"),
        (("--thread", "first"), "add --pdb"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(weft: Weft, options: tuple[str, ...], said: str) -> None:
    result = weft("replay", f"{RACES}/lost_update.py::lost_update", SCHEDULE, *options)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
