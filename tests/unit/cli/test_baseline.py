"""A baseline says what was found, without times and machines, and a run that differs from it fails and says where."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import RACES, ROOT, Weft

FILE = f"{RACES}/lost_update.py"


@pytest.fixture
def written(weft: Weft, tmp_path: Path) -> Path:
    file = tmp_path / "baseline.json"
    assert weft("check", FILE, "--baseline-write", str(file)).exit_code == 0
    return file


def changed(file: Path, race_name: str, **values: Any) -> None:
    found = json.loads(file.read_text())
    race = next(race for race in found["races"] if race["name"] == f"{FILE}::{race_name}")
    race.update(values)
    file.write_text(json.dumps(found))


def test_the_same_again_is_no_difference(weft: Weft, written: Path) -> None:
    result = weft("check", FILE, "--baseline", str(written))
    assert result.exit_code == 0
    assert "differs" not in result.stdout


def test_another_verdict_differs(weft: Weft, written: Path) -> None:
    changed(written, "atomic_update", verdict="VIOLATED")
    result = weft("check", FILE, "--baseline", str(written))
    assert result.exit_code == 5
    assert f"{FILE}::atomic_update is HOLDS, was VIOLATED" in " ".join(result.stdout.split())


def test_another_violation_differs(weft: Weft, written: Path) -> None:
    found = json.loads(written.read_text())
    [violation] = found["races"][1]["violations"]
    changed(written, "lost_update", violations=[{**violation, "slug": "deadlock"}])
    result = weft("check", FILE, "--baseline", str(written))
    assert result.exit_code == 5
    assert "lost_update shows final:both_counted, showed deadlock" in " ".join(result.stdout.split())


def test_states_may_grow_up_to_the_factor(weft: Weft, written: Path) -> None:
    changed(written, "atomic_update", states=2)  # it has 5
    assert weft("check", FILE, "--baseline", str(written)).exit_code == 5
    assert weft("check", FILE, "--baseline", str(written), "--baseline-factor", "2.5").exit_code == 0
    result = weft("check", FILE, "--baseline", str(written), "--baseline-factor", "2.4")
    assert "atomic_update has 5 states, had 2: more than 2.4 times as many" in " ".join(result.stdout.split())
    changed(written, "atomic_update", states=500)
    assert weft("check", FILE, "--baseline", str(written)).exit_code == 0


def test_a_race_that_is_gone_differs_only_if_the_same_was_asked_for(weft: Weft, written: Path) -> None:
    changed(written, "atomic_update", name=f"{FILE}::no_more")
    result = weft("check", FILE, "--baseline", str(written))
    assert result.exit_code == 5
    assert f"{FILE}::no_more is gone; it was HOLDS" in " ".join(result.stdout.split())
    assert weft("check", FILE, "-k", "atomic", "--baseline", str(written)).exit_code == 0
    assert weft("check", f"{FILE}::lost_update", "--baseline", str(written)).exit_code == 0


def test_a_verdict_that_is_not_as_expected_outweighs_the_baseline_and_that_an_unfinished_search(weft: Weft, written: Path) -> None:
    changed(written, "atomic_update", verdict="VIOLATED")
    both = weft("check", FILE, "tests/golden/failing.py::lost_update", "--baseline", str(written))
    assert both.exit_code == 1
    unfinished = weft("check", FILE, f"{RACES}/large.py", "--max-states", "100", "--baseline", str(written))
    assert unfinished.exit_code == 5


def test_differences_are_in_the_json(weft: Weft, written: Path, tmp_path: Path) -> None:
    changed(written, "atomic_update", verdict="VIOLATED")
    weft("check", FILE, "--baseline", str(written), "--json", str(tmp_path / "json"))
    made = json.loads((tmp_path / "json").read_text())
    assert (made["exit_code"], made["differences"]) == (5, [f"{FILE}::atomic_update is HOLDS, was VIOLATED"])


def test_a_search_without_a_verdict_is_no_baseline(weft: Weft, tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    result = weft("check", f"{RACES}/large.py", "--max-states", "50", "--baseline-write", str(file))
    assert result.exit_code == 2
    assert "no baseline was written" in result.stderr
    assert not file.exists()


@pytest.mark.parametrize(
    "text", ["{}", "[", '{"format": "weft-baseline/9", "paths": [], "keywords": null, "slow": false, "races": []}']
)
def test_what_is_no_baseline_is_refused_before_the_search(weft: Weft, tmp_path: Path, text: str) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(text)
    result = weft("check", FILE, "--baseline", str(file))
    assert (result.exit_code, result.stdout) == (2, "")
    assert str(file) in result.stderr
    assert "write" in result.stderr


def baseline_under(seed: str, paths: list[str], file: Path, *options: str) -> bytes:
    command = [sys.executable, "-m", "weft", "check", *paths, "--baseline-write", str(file), *options]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True)
    return file.read_bytes()


SOME = ["stress/races/walk_vs_eager_umount.py", "stress/races/mount_vs_rmdir.py", FILE, f"{RACES}/deadlock.py"]


def test_it_is_the_same_under_other_hash_seeds_and_in_parallel(tmp_path: Path) -> None:
    first = baseline_under("0", SOME, tmp_path / "a")
    assert baseline_under("12345", SOME, tmp_path / "b") == first
    assert baseline_under("7", SOME, tmp_path / "c", "-j", "2") == first
    assert not any(word in first.decode() for word in ("seconds", "time", "/root", "host"))


@pytest.mark.slow
def test_the_committed_baseline_of_the_gate_is_what_the_gate_finds(tmp_path: Path) -> None:
    assert baseline_under("99", ["stress"], tmp_path / "a", "-j", "2") == (Path(ROOT) / "reports/baseline.json").read_bytes()
