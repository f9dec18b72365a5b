"""``weft bench``: what it prints, what it keeps, and what it says when an answer or a count is not what it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.programs.literature import increments
from tests.unit.cli.conftest import Weft
from weft.search.exhaustive import explore

COUNTING = """\
from tests.programs.literature import increments
from weft.check.benchmark import Row, benchmark, searched

@benchmark("How many states has inc(n)?")
def counting(limit):
    for n in (2, 3):
        yield searched(f"inc({n})", increments(n), limit)

@benchmark("How long is a piece of string?", slow=True)
def string(limit):
    yield Row("string", {"length": LENGTH}, {"seconds": 0.5})
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "growing.py").write_text(COUNTING.replace("LENGTH", "3"))
    return tmp_path


def test_a_table_is_printed_and_counts_are_kept_apart_from_times(weft: Weft, folder: Path) -> None:
    said = weft("bench", str(folder), "--out", str(folder / "kept"))
    assert said.exit_code == 0, said.output
    assert "How many states has inc(n)?" in said.stdout
    assert max(map(len, said.stdout.splitlines())) <= 100
    kept = json.loads((folder / "kept" / "counting.json").read_text())
    assert list(kept) == ["format", "name", "question", "file", "counts", "times", "notes", "machine", "versions"]
    for n in (2, 3):
        found, row = explore(increments(n)), kept["counts"][f"inc({n})"]
        assert (row["verdict"], row["states"], row["transitions"]) == ("HOLDS", found.states, found.transitions)
    assert set(kept["times"]["inc(2)"]) == {"cpu_seconds", "transitions_per_second"}
    assert set(kept["machine"]) >= {"processor", "cores", "system"}
    assert set(kept["versions"]) == {"weft", "python"}
    assert not (folder / "kept" / "string.json").exists()


def test_every_row_of_a_report_is_a_line(weft: Weft, folder: Path) -> None:
    weft("bench", str(folder), "--out", str(folder / "kept"))
    lines = (folder / "kept" / "counting.json").read_text().splitlines()
    assert sum(line.startswith('  "inc(2)": {"verdict": "HOLDS", "states": ') for line in lines) == 1


def test_counts_that_moved_are_listed_and_equal_ones_are_not(weft: Weft, folder: Path) -> None:
    arguments = ("bench", str(folder), "--slow", "-k", "string", "--out", str(folder / "kept"))
    assert "moved" not in weft(*arguments).stdout
    assert "moved" not in weft(*arguments).stdout
    kept = folder / "kept" / "string.json"
    kept.write_text(kept.read_text().replace('"length": 3', '"length": 4'))
    said = weft(*arguments, "--no-write")
    assert "string.json: string: length 4, now 3" in said.stdout
    assert '"length": 4' in kept.read_text()


def test_a_search_that_met_its_limit_has_no_counts_and_says_so(weft: Weft, folder: Path) -> None:
    said = weft("bench", str(folder), "-k", "counting", "--max-memory", "1K", "--out", str(folder / "kept"))
    assert said.exit_code == 0, said.output
    assert "unfinished" in said.stdout
    assert "inc(2): not finished: max-memory 1,024 bytes" in said.stdout
    assert json.loads((folder / "kept" / "counting.json").read_text())["counts"] == {}


def test_a_wrong_answer_is_an_exit_code_not_a_number(weft: Weft, tmp_path: Path) -> None:
    (tmp_path / "wrongly.py").write_text(
        "from dataclasses import replace\n"
        "from tests.programs.sctbench import deadlock_01\n"
        "from weft.check.benchmark import benchmark, searched\n"
        "@benchmark('Is there a deadlock?')\n"
        "def wrongly(limit):\n"
        "    yield searched('none, one thinks', replace(deadlock_01(), expect='HOLDS'), limit)\n"
    )
    said = weft("bench", str(tmp_path), "--no-write")
    assert said.exit_code == 1
    assert "none, one thinks: WRONG: expected HOLDS, found deadlock" in said.stdout
    assert "weft: wrongly: an answer is not the one expected" in said.stderr


def test_benchmarks_are_listed_with_their_questions(weft: Weft, folder: Path) -> None:
    said = weft("bench", str(folder), "--list")
    assert said.stdout == "counting\n    How many states has inc(n)?\nstring (slow)\n    How long is a piece of string?\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("no/where",), "no such file or folder: 'no/where'; expected a .py file or a folder"),
        (("{folder}", "nowhere"), "no such file, folder or benchmark: 'nowhere'; --list shows the names of 2 benchmarks"),
        (("{folder}", "-k", "string"), "all 1 benchmarks chosen are slow; --slow includes them"),
        (("{folder}", "-k", "rope"), "-k 'rope' matches none of 2 benchmarks; --list shows their names"),
        (("tests/unit/cli/races/lost_update.py",), "no benchmark in tests/unit/cli/races/lost_update.py"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_line(weft: Weft, folder: Path, arguments: tuple[str, ...], complaint: str) -> None:
    said = weft("bench", *(argument.replace("{folder}", str(folder)) for argument in arguments))
    assert said.exit_code == 2
    assert complaint in said.stderr
    assert said.stderr.count("\n") == 1


def test_the_same_name_twice_is_refused_for_reports_are_kept_by_name(weft: Weft, folder: Path) -> None:
    (folder / "other.py").write_text(COUNTING.replace("LENGTH", "5"))
    said = weft("bench", str(folder))
    assert said.exit_code == 2
    assert "other.py: a benchmark 'counting' is in" in said.stderr


FAILING = """\
from weft.check.benchmark import Row, benchmark
from weft.errors import EngineBug, UsageError

@benchmark("Does it run?")
def broken(limit):
    yield Row("first", {"length": 1})
    raise OSError("the disk is full")

@benchmark("Is the peer there?")
def peer(limit):
    yield Row("one", note="the peer is not installed")
    yield Row("two", note="the peer is not installed")

@benchmark("What costs it?", pages=lambda rows: {"costs.md": f"{len(rows)} rows\\n", "costs.svg": "<svg/>"})
def costs(limit):
    yield Row("a", {"steps": 2}, {"python_calls": 1200.0})
"""


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    (tmp_path / "mixed.py").write_text(FAILING)
    return tmp_path


def test_one_that_fails_does_not_keep_the_others_from_running_and_the_end_says_so(weft: Weft, failing: Path) -> None:
    said = weft("bench", str(failing), "--out", str(failing / "kept"))
    assert said.exit_code == 2
    assert "mixed.py:7: the benchmark broken raised OSError: the disk is full; correct it" in said.stderr
    assert sorted(path.name for path in (failing / "kept").iterdir()) == ["costs.json", "peer.json"]
    assert said.stdout.splitlines()[-3:] == [
        "3 of 3 benchmarks ran: 2 as expected, 1 failed",
        "failed: broken",
        "not measured: peer: one, two: the peer is not installed",
    ]


def test_what_is_left_out_as_slow_is_said(weft: Weft, folder: Path) -> None:
    (folder / "mixed.py").write_text(FAILING)
    said = weft("bench", str(folder), "-k", "not broken", "--no-write")
    assert said.exit_code == 0
    assert said.stdout.splitlines()[-1] == "left out, being slow (--slow): string"


def test_a_benchmark_is_chosen_by_its_name_slow_or_not(weft: Weft, folder: Path) -> None:
    said = weft("bench", str(folder), "string", "--no-write")
    assert said.exit_code == 0
    assert "piece of string" in said.stdout
    assert "inc(n)" not in said.stdout
    assert weft("bench", "stat", "--list").stdout.startswith("stat\n    What does stat cost")


def test_a_page_is_kept_in_the_folder_that_the_reports_are_in(weft: Weft, failing: Path) -> None:
    said = weft("bench", str(failing), "costs", "--out", str(failing / "kept" / "bench"))
    assert (failing / "kept" / "costs.md").read_text() == "1 rows\n"
    assert (failing / "kept" / "costs.svg").read_text() == "<svg/>"
    assert f"page: {failing / 'kept' / 'costs.md'}" in said.stdout
    assert "1,200" in said.stdout
    for path in (failing / "kept").glob("costs.*"):
        path.unlink()
    weft("bench", str(failing), "costs", "--out", str(failing / "kept" / "bench"), "--no-write")
    assert not list((failing / "kept").glob("costs.*"))


def test_an_engine_bug_in_one_is_said_loudly_and_the_others_run(weft: Weft, failing: Path) -> None:
    mixed = failing / "mixed.py"
    mixed.write_text(FAILING.replace('OSError("the disk is full")', 'EngineBug("two and two are five")'))
    said = weft("bench", str(failing), "--no-write")
    assert said.exit_code == 4
    assert "ENGINE BUG: two and two are five" in said.stderr
    assert "3 of 3 benchmarks ran: 2 as expected, 1 failed" in said.stdout


def test_when_time_is_up_no_other_begins_and_the_end_names_them(weft: Weft, failing: Path) -> None:
    said = weft("bench", str(failing), "-k", "not broken", "--no-write", "--max-total-seconds", "1e-9")
    assert said.exit_code == 3
    assert said.stdout.splitlines() == [
        "0 of 2 benchmarks ran: 0 as expected, 0 failed",
        "not begun, for lack of time: peer",
        "not begun, for lack of time: costs",
    ]


def test_each_of_two_failures_is_said(weft: Weft, failing: Path) -> None:
    (failing / "mixed.py").write_text(
        FAILING + FAILING[FAILING.index("@benchmark") :].replace("broken", "broken_too", 1).split("\n\n")[0]
    )
    said = weft("bench", str(failing), "-k", "broken", "--no-write")
    assert said.exit_code == 2
    assert said.stderr.count("the disk is full") == 2
