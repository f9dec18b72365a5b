"""Every way to use the command wrongly gives one line that says where, what was seen, what was expected and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import RACES, Weft

LOST = f"{RACES}/lost_update.py"

WRONG_USE = {
    "unknown path": (
        ["check", "nowhere"],
        "no such file or folder: 'nowhere'; expected a .py file, a folder, or FILE::RACE",
    ),
    "not Python": (["list", "LICENSE"], "'LICENSE' is not a Python file; expected a .py file, a folder, or FILE::RACE"),
    "race of a folder": (["check", f"{RACES}::x"], f"'{RACES}' is a folder; expected FILE::RACE with a .py file"),
    "unknown race": (["check", f"{LOST}::x"], f"no race 'x' in {LOST}; races there: lost_update, atomic_update"),
    "no scenario": (
        ["check", "weft/errors.py"],
        "no scenario in 'weft/errors.py'; expected functions decorated with @scenario at module level (weft --help shows one)",
    ),
    "nothing matches": (
        ["check", LOST, "-k", "zzz"],
        "-k 'zzz' matches none of 2 races; `weft list` shows their names",
    ),
    "bad expression": (
        ["check", LOST, "-k", "lost and"],
        "-k 'lost and': 'its end' does not fit here; expected words joined by and, or, not, ( )",
    ),
    "only slow": (["check", f"{RACES}/large.py", "-k", "slow_one"], "all 1 races chosen are slow; --slow includes them"),
    "unparsable schedule": (
        ["replay", f"{LOST}::lost_update", "v1:x"],
        "not a schedule: 'x' in 'v1:x'; expected a letter and a number of steps, as in w7",
    ),
    "unknown version": (
        ["replay", f"{LOST}::lost_update", "f2"],
        "not a schedule: 'f2'; expected v1: and runs such as v1:w7.u5.w2",
    ),
    "unknown thread": (
        ["replay", f"{LOST}::lost_update", "v1:x2"],
        "the schedule names thread 'x'; this race has f, s",
    ),
    "misfit": (
        ["replay", f"{LOST}::lost_update", "v1:f3"],
        "the schedule does not fit the race: step 3 of 3 is first's, but it has ended; able to move: second",
    ),
    "several races": (
        ["replay", LOST, "v1:f1"],
        f"{LOST} has 2 races: lost_update, atomic_update; name one as FILE::RACE",
    ),
    "unwritable": (
        ["check", LOST, "--json", "/nowhere/x.json"],
        "--json '/nowhere/x.json': No such file or directory; name a file that can be written",
    ),
    "bad amount": (
        ["check", "--max-memory", "much"],
        "Invalid value for '--max-memory': 'much' is not a size above zero; expected such as 512M; see `weft check --help`",
    ),
    "no such command": (["frob"], "No such command 'frob'; see `weft --help`"),
    "set-up": (
        ["replay", f"{RACES}/faulty.py::has_no_threads", "v1:a1"],
        "scenario has_no_threads makes 0 threads; 1 to 26 are possible",
    ),
}


@pytest.mark.parametrize("name", WRONG_USE)
def test_wrong_use_is_one_line_and_exit_code_2(weft: Weft, name: str) -> None:
    arguments, message = WRONG_USE[name]
    result = weft(*arguments)
    assert (result.stderr, result.stdout, result.exit_code) == (f"weft: {message}\n", "", 2)


FAULTY = {
    "reads_the_clock": (
        f"thread timer calls time.time() at {RACES}/faulty.py:11 in reads_the_clock.<locals>.<lambda>: what it returns differs "
        "from run to run, so no schedule can be repeated; read it in the set-up, or make it a parameter of the scenario"
    ),
    "hides_state": (
        "Mount.flags was set to 1 after __init__; attributes of shared objects are fixed then: declare it as a cell (AtomicInt64, "
        "Field, SharedDict, ...) and store into that"
    ),
    "has_no_threads": "scenario has_no_threads makes 0 threads; 1 to 26 are possible",
    "raises_in_set_up": (f"its set-up or an observer raised KeyError: 'nothing there' at {RACES}/faulty.py:39; correct the race"),
    "raises_in_observer": (
        "its set-up or an observer raised ZeroDivisionError: integer division or modulo by zero at "
        f"{RACES}/faulty.py:48; correct the race"
    ),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_of_a_race_is_one_line_that_names_it(weft: Weft, name: str) -> None:
    result = weft("check", f"{RACES}/faulty.py::{name}")
    assert (result.stderr, result.exit_code) == (f"weft: {RACES}/faulty.py::{name}: {FAULTY[name]}\n", 2)


def test_a_faulty_race_does_not_keep_others_from_running(weft: Weft) -> None:
    result = weft("check", f"{RACES}/faulty.py", f"{RACES}/lost_update.py")
    assert result.exit_code == 2
    assert "7 races: 2 as expected, 5 errors" in result.stdout


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "x = 1\n1 / 0\n",
            "race.py:2: importing race.py raised ZeroDivisionError: division by zero; correct it, or name other paths",
        ),
        ("def f(:\n", "race.py:1: not valid Python: invalid syntax; correct it, or name other paths"),
        (
            "import nothing_like_it\n",
            "race.py:1: importing race.py raised ModuleNotFoundError: No module named 'nothing_like_it'; correct it, or name "
            "other paths",
        ),
        ("raise SystemExit(3)\n", "race.py:1: importing race.py raised SystemExit: 3; correct it, or name other paths"),
    ],
)
def test_a_file_that_cannot_be_imported_is_named_with_its_line(
    weft: Weft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    (tmp_path / "race.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    result = weft("check", "race.py")
    assert (result.stderr, result.exit_code) == (f"weft: {message}\n", 2)
