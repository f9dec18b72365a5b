"""What each command says, and how quickly and plainly it says it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import weft as weft_package
from tests.unit.cli.conftest import RACES, ROOT, Weft

LOST = f"{RACES}/lost_update.py"


def test_help_teaches(weft: Weft) -> None:
    text = weft("--help").stdout
    for taught in ("weft check stress", "weft replay", "@scenario", "s.thread(", "@s.final", "Exit codes", "4  engine bug"):
        assert taught in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_race_in_the_help_is_one(weft: Weft, tmp_path_factory: pytest.TempPathFactory) -> None:
    lines = weft("--help").stdout.splitlines()
    first = next(k for k, line in enumerate(lines) if "from weft import" in line)
    source = lines[first : next(k for k, line in enumerate(lines) if "require(counter" in line) + 1]
    file = tmp_path_factory.mktemp("taught") / "taught_race.py"
    file.write_text("\n".join(line[4:] for line in source) + "\n")
    result = weft("check", str(file))
    assert result.exit_code == 0, result.output
    assert "ok  lost_update" in result.stdout


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from weft.cli.main import cli\n"
        "try: cli(['--help'])\n"
        "except SystemExit: print([m for m in ('rich', 'msgspec', 'greenlet') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_no_arguments_is_help(weft: Weft) -> None:
    result = weft()
    assert (result.exit_code, result.stdout.split(":")[0]) == (0, "Usage")


def test_version_says_what_runs(weft: Weft) -> None:
    text = weft("--version").stdout
    assert text.startswith(f"weft {weft_package.__version__}, CPython 3.")
    assert "frames can" in text
    assert "search loop" in text


def test_check_says_what_was_searched(weft: Weft) -> None:
    text = " ".join(weft("check", LOST).stdout.split())
    assert "searched: compiled, equal local states merged; 1 HOLDS for 2 interleavings; a state was missed with" in text
    assert "1 expected violation not shown; -v shows schedule and replay command" in text


def test_naive_and_unmerged_searches_say_so(weft: Weft) -> None:
    assert (
        "searched: naively, one execution an interleaving; 1 HOLDS for 2 inter" in weft("check", LOST, "--engine", "naive").stdout
    )
    assert "told apart by history (--no-merge)" in weft("check", LOST, "--no-merge").stdout


def test_verbose_shows_outcomes_and_expected_violations(weft: Weft) -> None:
    text = weft("check", LOST, "-v").stdout
    assert "  outcome first = 1, second = 2\n" in text
    assert "VIOLATED final:both_counted: counter is 1, expected 2\n" in text
    assert "omission probability" in text
    assert "  add is one step\n" in text


def test_slow_races_wait_for_their_option(weft: Weft) -> None:
    large = f"{RACES}/large.py"
    assert "1 slow race left out" in weft("check", large, "--max-states", "10").stdout
    assert "slow_one" in weft("check", large, "--slow", "--max-states", "10").stdout
    assert weft("check", f"{large}::slow_one").exit_code == 0
    assert "2 races, 1 slow" in weft("list", large).stdout


@pytest.mark.parametrize("width", ["60", "80", "100", "140"])
def test_tables_fit(weft: Weft, width: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", width)
    for arguments in (["check", RACES, "--max-states", "1000"], ["sample", RACES, "--runs", "3", "--seed", "1"], ["list", RACES]):
        lines = weft(*arguments).stdout.splitlines()
        pasted = ("replay   weft", "schedule v1:")
        wide = [line for line in lines if len(line) > int(width) and not line.startswith(pasted)]
        assert wide == []
        assert [line for line in lines if line != line.rstrip()] == []


def test_nothing_is_coloured_in_a_pipe(weft: Weft) -> None:
    result = weft("check", f"{RACES}/wrong.py")
    assert "\x1b" not in result.output


def test_sample_finds_and_says_how_soon(weft: Weft) -> None:
    result = weft("sample", f"{RACES}/wrong.py::said_to_hold", LOST, "--runs", "100", "--seed", "3")
    assert result.exit_code == 1
    assert re.search(r"said_to_hold +none +final:two_is_last +\d+ ", result.stdout)
    assert "seed 3: " in result.stdout
    assert "HOLDS" not in result.stdout
    assert (
        weft("sample", f"{RACES}/wrong.py::said_to_hold", LOST, "--runs", "100", "--seed", "3").stdout.split("sec.")[0]
        == (result.stdout.split("sec.")[0])
    )


def test_sample_of_expected_violations_ends_with_0(weft: Weft) -> None:
    assert weft("sample", LOST, "--runs", "50", "--seed", "1").exit_code == 0


def test_replay_may_stop_before_the_end(weft: Weft) -> None:
    result = weft("replay", f"{LOST}::lost_update", "v1:f1")
    assert result.exit_code == 0
    assert "the schedule stops here; not finished: first, second" in result.stdout


def test_replay_of_an_unexpected_violation_ends_with_1(weft: Weft) -> None:
    assert weft("replay", f"{RACES}/wrong.py::said_to_hold", "v1:t1.o1").exit_code == 1
    assert weft("replay", f"{RACES}/wrong.py::said_to_hold", "v1:o1.t1").exit_code == 0
