"""``weft fuzz`` as users type it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from tests.unit.cli.conftest import Weft
from tests.unit.fuzz.conftest import ALPHABETS

RACY, SAFE = f"{ALPHABETS}/counters.py::racy", f"{ALPHABETS}/counters.py::safe"


def test_a_finding_is_a_race_file_that_check_and_replay_run(weft: Weft, tmp_path: Path) -> None:
    result = weft("fuzz", RACY, "--seed", "1", "-x", "--write", str(tmp_path), "--json", str(tmp_path / "a.json"))
    assert result.exit_code == 1
    assert "the smallest program: 3 calls in 2 threads" in result.stdout
    assert "schedule v1:a1.b2.a2   5 steps, 1 preemption, proven minimal" in result.stdout
    [file] = tmp_path.glob("*.py")
    assert file.name == "add_vs_add.py"
    assert weft("check", str(file)).exit_code == 0
    assert "--seed 1" in file.read_text()
    [command] = [line for line in file.read_text().splitlines() if line.startswith("weft replay ")]
    replayed = weft(*command.split()[1:])
    assert replayed.exit_code == 0
    assert "VIOLATED linearizability" in replayed.stdout
    assert str(file) in result.stdout
    [run] = json.loads((tmp_path / "a.json").read_bytes())["alphabets"]
    [found] = run["findings"]
    assert (found["slug"], found["calls"], found["file"]) == ("linearizability", 3, str(file))
    assert found["threads"] == [{"name": "add", "calls": ["add(1)", "get()"]}, {"name": "add-2", "calls": ["add(1)"]}]
    jsonschema.validate(json.loads((tmp_path / "a.json").read_text()), json.loads(weft("schema", "fuzz").stdout))
    assert found["race"]["violations"][0]["trace"]["schedule"] == "v1:a1.b2.a2"


def test_a_second_file_of_one_name_leaves_the_first_alone(weft: Weft, tmp_path: Path) -> None:
    for _ in range(2):
        weft("fuzz", RACY, "--seed", "1", "-x", "--write", str(tmp_path))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["add_vs_add.py", "add_vs_add_2.py"]
    assert weft("check", str(tmp_path)).exit_code == 0


def test_a_planted_bug_is_found_and_stays_planted_in_the_race(weft: Weft, tmp_path: Path) -> None:
    bug = f"{ALPHABETS}/planted.py::LOST_UPDATE"
    assert weft("fuzz", SAFE, "--seed", "1", "--planted", bug, "-x", "--write", str(tmp_path)).exit_code == 1
    [file] = tmp_path.iterdir()
    assert "    within=LOST_UPDATE,\n" in file.read_text()
    assert f"--planted {bug}" in file.read_text()
    assert weft("check", str(file)).exit_code == 0
    assert weft("fuzz", SAFE, "--seed", "1", "-x").exit_code == 0  # it is out of force again


def test_equal_seeds_give_equal_output(weft: Weft, tmp_path: Path) -> None:
    one, other = (weft("fuzz", f"{ALPHABETS}/stacks.py", "--seed", "3", "--examples", "90") for _ in range(2))
    assert one.stdout == other.stdout
    assert "seed 3: 1 finding" in one.stdout


def test_nothing_found_is_exit_code_0(weft: Weft) -> None:
    result = weft("fuzz", SAFE, "--seed", "1", "--examples", "40")
    assert result.exit_code == 0
    assert "40 programs" in result.stdout
    assert "no findings; fuzzing can only find, it does not prove" in result.stdout


def test_what_is_known_is_said_and_is_no_finding(weft: Weft) -> None:
    path = f"{ALPHABETS}/counters.py::racy_and_known"
    result = weft("fuzz", path, "--seed", "1", "--examples", "20", "--calls", "1", "--before", "0")
    assert result.exit_code == 0
    assert "known lost_update: in " in result.stdout
    assert "such as add(1) || add(1); adding is two steps, and nobody minds" in " ".join(result.stdout.split())


def test_ctrl_c_is_exit_code_3_with_the_counts(weft: Weft, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object, tally, *, shrinking: str) -> None:
        if tally.examples == 9:
            raise KeyboardInterrupt

    monkeypatch.setattr("weft.cli.progress_line.Progress.hunting", interrupt)
    result = weft("fuzz", SAFE, SAFE.replace("safe", "stuck"), "--seed", "1")
    assert result.exit_code == 3
    assert "ended by Ctrl-C" in result.stdout
    assert "stuck" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["nowhere.py"], "no such file or folder"),
        (["tests/unit/cli/races/large.py"], "no alphabet in"),
        ([f"{ALPHABETS}/counters.py::nobody"], "alphabets there: racy, racy_at_the_end, safe, stuck, wrong, racy_and_known"),
        ([SAFE, "-k", "umount"], "-k 'umount' matches none of"),
        ([SAFE, "--planted", "tests/unit/fuzz/alphabets/counters.py::safe"], "no planted bug"),
        ([SAFE, "--json", "/nowhere/file.json"], "name a file that can be written"),
        ([SAFE, "--write", "README.md/races"], "name a folder that can be written"),
        ([SAFE, "--threads", "1"], "--threads"),
    ],
)
def test_errors_are_one_line(weft: Weft, arguments: list[str], error: str) -> None:
    result = weft("fuzz", *arguments)
    assert result.exit_code == 2
    assert error in result.stderr
    assert result.stderr.count("\n") == 1


def test_without_hypothesis_it_says_how_to_get_it(weft: Weft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *_: None)
    result = weft("fuzz", SAFE)
    assert result.exit_code == 2
    assert "pip install 'weft[fuzz]'" in result.stderr
