"""``weft check -j``: several processes say what one says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.cli.conftest import RACES, ROOT, Weft
from weft.check.parallel import Running, _threads_of, cores
from weft.cli.progress_line import Progress
from weft.report.document import decoded

FILES = [f"{RACES}/{name}.py" for name in ("broken", "deadlock", "faulty", "livelock", "lost_update", "two_kinds", "wrong")]


def without_seconds(text: str) -> str:
    return re.sub(r'"seconds": [\d.e-]+', "", text)


def test_counts_outcomes_schedules_and_order_are_those_of_one_process(weft: Weft, tmp_path: Path) -> None:
    codes = {
        jobs: weft("check", *FILES, "-j", str(jobs), "--all-violations", "--json", str(tmp_path / f"{jobs}.json")).exit_code
        for jobs in (1, 3)
    }
    assert codes == {1: 2, 3: 2}
    one, three = ((tmp_path / f"{jobs}.json").read_text() for jobs in (1, 3))
    assert without_seconds(three) == without_seconds(one)


def test_table_and_messages_are_those_of_one_process(weft: Weft) -> None:
    one, two = (weft("check", *FILES, "-j", jobs) for jobs in ("1", "2"))
    shown = [re.sub(r"\d+\.\d\d( s)?$", "", result.stdout, flags=re.MULTILINE) for result in (one, two)]
    assert shown[0] == shown[1]
    assert one.stderr == two.stderr


@pytest.mark.parametrize("jobs", ["0", "auto", "AUTO"])
def test_no_number_means_as_many_as_there_are_cores(weft: Weft, jobs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr("weft.check.parallel.check_each", lambda *_, jobs, **__: seen.append(jobs) or [])
    weft("check", f"{RACES}/lost_update.py", "-j", jobs)
    assert seen == [cores()]
    assert 1 <= cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize("jobs", ["-1", "many", "1.5"])
def test_what_is_no_number_of_processes_is_refused(weft: Weft, jobs: str) -> None:
    result = weft("check", RACES, "-j", jobs)
    assert result.exit_code == 2
    assert f"'{jobs}' is not a number of processes; expected such as 4, or auto" in result.stderr


def test_one_race_needs_no_process(weft: Weft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft.check.parallel.ProcessPoolExecutor", None)
    assert weft("check", f"{RACES}/lost_update.py::lost_update", "-j", "8").exit_code == 0


def test_progress_shows_what_runs(weft: Weft, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[list[str], int, int]] = []

    def running(_: Progress, searches: Sequence[Running], *, done: int, total: int) -> None:
        told.append(([one.race.scenario.name for one in searches], done, total))

    monkeypatch.setattr(Progress, "running", running)
    assert weft("check", f"{RACES}/lost_update.py", "-j", "2").exit_code == 0
    assert (["lost_update", "atomic_update"], 0, 2) in told or told[0][1] == 1
    assert told[-1] == ([], 2, 2)


SIZES = """\
from weft import AtomicInt64, Setting, scenario

def build(threads, end):
    def set_up(s: Setting) -> None:
        end()
        for _ in range(threads):
            s.thread(AtomicInt64().load, name="reader")
    return set_up

one = scenario(name="one")(build(1, lambda: None))
three = scenario(name="three")(build(3, lambda: None))
fails = scenario(name="fails")(build(2, lambda: 1 / 0))
leaves = scenario(name="leaves")(build(2, lambda: exit(7)))
"""


def test_the_size_of_a_race_is_its_threads(tmp_path: Path) -> None:
    """By which the largest begin first; a set-up that fails is left for its turn."""
    file = tmp_path / "sizes.py"
    file.write_text(SIZES)
    assert _threads_of([f"{file}::{name}" for name in ("one", "three", "fails", "leaves")]) == [1, 3, 0, 0]


DYING = """\
import os, signal
from weft import AtomicInt64, Setting, scenario

def build(act):
    def set_up(s: Setting) -> None:
        act()
        s.thread(AtomicInt64().load, name="reader")
    return set_up

good = scenario(name="good")(build(lambda: None))
exits = scenario(name="exits")(build(lambda: os._exit(3)))
out_of_memory = scenario(name="out_of_memory")(build(lambda: os.kill(os.getpid(), signal.SIGKILL)))
crashes = scenario(name="crashes")(build(lambda: os.kill(os.getpid(), signal.SIGABRT)))
good_too = scenario(name="good_too")(build(lambda: None))
"""


def test_a_worker_that_dies_is_the_answer_of_its_race_and_of_no_other(weft: Weft, tmp_path: Path) -> None:
    file = tmp_path / "dying.py"
    file.write_text(DYING)
    result = weft("check", str(file), "-j", "2", "--json", str(tmp_path / "a.json"))
    assert result.exit_code == 4
    races = decoded((tmp_path / "a.json").read_bytes()).races
    assert [(race.name, race.judgement) for race in races] == [
        ("good", "as expected"),
        ("exits", "error"),
        ("out_of_memory", "inconclusive"),
        ("crashes", "engine bug"),
        ("good_too", "as expected"),
    ]
    assert races[1].reason == "the process that searched it exited with code 3; a race must not end its process"
    assert races[2].reason.startswith("the process that searched it was killed by SIGKILL, often because memory ran out")
    assert races[3].reason == "the process that searched it was killed by SIGABRT"


HUGE = """\
from weft import AtomicInt64, Setting, scenario

def add_often(counter: AtomicInt64) -> None:
    for _ in range(60):
        counter.add(1)

def huge(s: Setting) -> None:
    counters = tuple(AtomicInt64() for _ in range(10))
    for k, counter in enumerate(counters):
        s.thread(add_often, counter, name=f"worker-{k}")

first = scenario(name="first")(huge)
second = scenario(name="second")(huge)
third = scenario(name="third")(huge)
"""

RUN = """\
import sys
from weft.cli.main import cli
from weft.cli.progress_line import Progress

def running(self, searches, *, done, total):
    if len(searches) == 2 and all(one.states for one in searches):
        print("searching", flush=True)

Progress.running = running
if __name__ == "__main__":
    cli(["check", "huge.py", "-j", "2"], prog_name="weft")
"""


@pytest.fixture
def searching(tmp_path: Path) -> subprocess.Popen[str]:
    """A process of its own group that has said that both of its workers search."""
    (tmp_path / "huge.py").write_text(HUGE)
    (tmp_path / "run.py").write_text(RUN)
    process = subprocess.Popen(
        [sys.executable, "run.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": ROOT},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "searching\n", process.communicate()
    return process


@pytest.mark.parametrize("kill", [os.killpg, os.kill], ids=["to all, as a terminal does", "to the parent"])
def test_ctrl_c_keeps_what_was_seen(searching: subprocess.Popen[str], kill: object) -> None:
    kill(searching.pid, signal.SIGINT)  # type: ignore[operator]
    out, err = searching.communicate(timeout=30)
    assert searching.returncode == 3
    assert "3 races: 2 inconclusive, 1 not run" in out
    assert out.count("the search ended at Ctrl-C, before everything was seen") == 2
    assert "Ctrl-C came before it" in out
    assert err == ""


def test_workers_end_when_their_parent_is_killed(searching: subprocess.Popen[str]) -> None:
    searching.kill()
    searching.communicate(timeout=30)  # returns when no process holds its output any more
