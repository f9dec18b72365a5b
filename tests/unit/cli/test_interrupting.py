"""Ctrl-C keeps what is done: the table and the JSON are still written, the rest is listed as not run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import RACES, ROOT, Weft
from weft.cli.progress_line import Progress
from weft.report.document import decoded


@pytest.fixture
def three(tmp_path: Path) -> list[str]:
    return ["check", *(f"{RACES}/{name}.py" for name in ("lost_update", "large", "deadlock")), "--json", str(tmp_path / "a.json")]


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def interrupt_late(_: Progress, states: int, *__: object) -> None:
    if states > 1000:
        raise KeyboardInterrupt


def test_in_a_search(weft: Weft, tmp_path: Path, three: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Progress, "pulse", interrupt_late)
    result = weft(*three)
    report = decoded((tmp_path / "a.json").read_bytes())
    assert [race.judgement for race in report.races] == ["as expected", "as expected", "inconclusive", "not run"]
    assert report.races[2].stopped_by == "Ctrl-C"
    assert report.races[2].states > 0
    assert (result.exit_code, report.exit_code) == (3, 3)
    assert "4 races: 2 as expected, 1 inconclusive, 1 not run" in result.stdout
    assert "Ctrl-C came before it" in result.stdout


def test_between_searches(weft: Weft, tmp_path: Path, three: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft.check.run.explore", interrupt)
    result = weft(*three)
    report = decoded((tmp_path / "a.json").read_bytes())
    assert [race.judgement for race in report.races] == ["not run"] * 4
    assert result.exit_code == 3


def test_a_wrong_verdict_before_it_still_counts(weft: Weft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Progress, "pulse", interrupt_late)
    assert weft("check", f"{RACES}/wrong.py", f"{RACES}/large.py").exit_code == 1


def test_a_walk_that_is_interrupted_has_exit_code_3(weft: Weft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Progress, "pulse", interrupt)
    result = weft("sample", f"{RACES}/lost_update.py::atomic_update", "--runs", "1000", "--seed", "1")
    assert result.exit_code == 3
    assert "64 runs" in result.stdout


def test_a_real_signal_in_a_real_process(tmp_path: Path) -> None:
    """The race signals its own process in its set-up, so the signal comes at the same place in every run."""
    race = tmp_path / "signalling.py"
    race.write_text(
        "import os, signal\n"
        "from weft import AtomicInt64, Setting, scenario\n"
        "@scenario()\n"
        "def quick(s: Setting) -> None:\n"
        "    s.thread(AtomicInt64().load, name='reader')\n"
        "@scenario()\n"
        "def signalling(s: Setting) -> None:\n"
        f"    os.kill(os.getpid(), signal.{signal.SIGINT.name})\n"
        "    s.thread(AtomicInt64().load, name='reader')\n"
    )
    environment = {**os.environ, "PYTHONPATH": ROOT}
    done = subprocess.run(
        [sys.executable, "-m", "weft", "check", "signalling.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 3, done.stderr
    assert "2 races: 1 as expected, 1 not run" in done.stdout
    assert "Traceback" not in done.stderr
