"""Each exit code, and which of two wins."""

from __future__ import annotations

import subprocess
import sys
from itertools import product

import pytest

from tests.unit.cli.conftest import RACES, ROOT, Weft
from weft.check.judge import Judgement, exit_code
from weft.errors import EngineBug


def test_zero_when_every_verdict_is_as_expected(weft: Weft) -> None:
    assert weft("check", f"{RACES}/lost_update.py").exit_code == 0


@pytest.mark.parametrize("race", ["said_to_hold", "said_to_break", "said_to_deadlock"])
def test_one_when_a_verdict_or_its_kind_is_not_as_expected(weft: Weft, race: str) -> None:
    result = weft("check", f"{RACES}/wrong.py::{race}")
    assert result.exit_code == 1
    assert "WRONG" in result.stdout


def test_two_when_a_race_is_itself_at_fault(weft: Weft) -> None:
    result = weft("check", f"{RACES}/faulty.py::hides_state", f"{RACES}/wrong.py")
    assert result.exit_code == 2
    assert "ERROR  hides_state" in result.stdout


def test_three_when_a_limit_ends_a_search(weft: Weft) -> None:
    result = weft("check", f"{RACES}/large.py", "--max-states", "1000")
    assert result.exit_code == 3
    assert "INCONCLUSIVE" in result.stdout
    assert "the search ended at max-states 1,000, before everything was seen" in result.stdout


def test_four_when_weft_contradicts_itself(weft: Weft, monkeypatch: pytest.MonkeyPatch) -> None:
    def contradict(*_: object, **__: object) -> None:
        raise EngineBug("the code ends in one way, the tables in another")

    monkeypatch.setattr("weft.check.run.explore", contradict)
    result = weft("check", f"{RACES}/lost_update.py::lost_update")
    assert result.exit_code == 4
    assert "BUG  lost_update" in result.stdout
    assert result.stderr == (
        f"weft: ENGINE BUG: {RACES}/lost_update.py::lost_update: the code ends in one way, the tables in another\n"
        "weft: weft contradicts itself, so nothing it says here counts: please report this with the race's file and "
        "`weft --version`\n"
    )


def test_an_exception_from_inside_weft_is_an_engine_bug(weft: Weft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft.search.exhaustive.Automaton", None)
    result = weft("check", f"{RACES}/lost_update.py::lost_update")
    assert result.exit_code == 4
    assert "weft raised TypeError: 'NoneType' object is not callable at weft/search/exhaustive.py:" in result.stderr


def test_the_gravest_wins() -> None:
    order = [Judgement.ENGINE_BUG, Judgement.ERROR, Judgement.WRONG, Judgement.INCONCLUSIVE, Judgement.AS_EXPECTED]
    for (one, a), (other, b) in product(enumerate(order), repeat=2):
        assert exit_code([a, b]) == exit_code([order[min(one, other)]])
    assert exit_code([]) == 0
    assert exit_code([Judgement.NOT_RUN, Judgement.AS_EXPECTED]) == 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["check", f"{RACES}/lost_update.py"], 0), (["check", f"{RACES}/wrong.py"], 1), (["check", "nowhere"], 2)],
)
def test_a_real_process_gives_the_same_codes(arguments: list[str], code: int) -> None:
    done = subprocess.run([sys.executable, "-m", "weft", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stdout + done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_an_expected_violation_behind_another_one_is_found(weft: Weft) -> None:
    """The search meets one kind first, whichever it is; each of the two races expects another one."""
    result = weft("check", f"{RACES}/two_kinds.py")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("arguments", "code"), [(["check", "-v", f"{RACES}/lost_update.py"], 0), (["check", f"{RACES}/wrong.py"], 1)]
)
def test_a_reader_that_leaves_changes_nothing(arguments: list[str], code: int) -> None:
    """``weft check | head``: no message, and the code says what was found."""
    run = subprocess.Popen([sys.executable, "-m", "weft", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.stdout is not None
    run.stdout.close()
    assert (run.communicate()[1], run.returncode) == (b"", code)


def test_a_closed_standard_output_changes_nothing() -> None:
    command = f"{sys.executable} -m weft check {RACES}/wrong.py >&-"
    run = subprocess.run(command, shell=True, cwd=ROOT, stderr=subprocess.PIPE, check=False)
    assert (run.stderr, run.returncode) == (b"", 1)
