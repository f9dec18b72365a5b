"""What a race says that is not as expected, and what JUnit XML says of all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plugin.conftest import COUNTER, HEAD, ROOT, WRONG, WRONG_REPORT, properties
from weft.errors import EngineBug


def block(result: pytest.RunResult, title: str) -> list[str]:
    """The lines of the section that is called ``title``."""
    lines = result.outlines
    start = next(k for k, line in enumerate(lines) if line.strip("_= ") == title and line[0] in "_=") + 1
    end = next(k for k in range(start, len(lines)) if lines[k].startswith(("___", "===")))
    return lines[start:end]


def test_the_report_is_the_explanation_and_nothing_else(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_wrong=WRONG)
    result = inner.runpytest("-k", "said_to_hold")
    result.assert_outcomes(failed=1, deselected=1)
    assert block(result, "said_to_hold") == WRONG_REPORT


def test_it_begins_with_the_text_of_weft_check(inner: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    from weft.cli.main import cli

    inner.makepyfile(test_wrong=WRONG)
    with pytest.raises(SystemExit):
        cli(["check", "test_wrong.py::said_to_hold"])
    assert "\n".join(WRONG_REPORT[:-1]) in capsys.readouterr().out


def test_a_race_that_does_not_break_as_expected_fails(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_wrong=WRONG)
    assert block(inner.runpytest(), "said_to_break")[:3] == [
        "said_to_break (test_wrong.py:15): not as expected",
        "  expected a violation; every interleaving was searched and none has one",
        "  expected because: said by somebody who thought that stores are lost",
    ]


def test_another_kind_of_violation_than_expected_fails(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_it=COUNTER.replace('violates="final:both_counted"', 'violates="deadlock"'))
    result = inner.runpytest()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["  expected a violation 'deadlock', found final:both_counted"])


@pytest.mark.parametrize("style", ["auto", "long", "short", "native", "line", "no"])
def test_no_style_of_tracebacks_shows_the_engine(inner: pytest.Pytester, style: str) -> None:
    inner.makepyfile(test_wrong=WRONG)
    result = inner.runpytest(f"--tb={style}", "-k", "said_to_hold")
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_plugin*")
    found = "*test_wrong.py:4: VIOLATED final:two_is_last: number is 1, expected 2"
    if style == "line":
        result.stdout.fnmatch_lines([found])
    elif style != "no":
        result.stdout.fnmatch_lines(WRONG_REPORT)


def test_the_short_summary_says_what_broke(inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    inner.makepyfile(test_wrong=WRONG)
    result = inner.runpytest("-k", "said_to_hold")
    result.stdout.fnmatch_lines(["FAILED test_wrong.py::said_to_hold - VIOLATED final:two_is_last: number is 1, expected 2"])


def test_the_report_is_as_wide_as_columns_says(inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    inner.makepyfile(test_wrong=WRONG)
    lines = block(inner.runpytest("-k", "said_to_hold"), "said_to_hold")
    assert all(len(line) <= 60 for line in lines if not line.startswith(("replay ", "     or  "))), lines


@pytest.mark.parametrize(
    ("option", "limit"),
    [
        ("--weft-max-states=1000", "max-states 1,000"),
        ("--weft-max-states=1K", "max-states 1,000"),
        ("--weft-max-seconds=1e-9", "max-seconds 1e-09"),
    ],
)
def test_an_unfinished_search_fails_and_says_which_limit_it_met(inner: pytest.Pytester, option: str, limit: str) -> None:
    inner.makepyfile(test_it=Path(ROOT, "tests/unit/cli/races/large.py").read_text())
    result = inner.runpytest("-k", "many_steps", option)
    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines(
        ["many_steps (test_it.py:*): inconclusive", f"  the search ended at {limit}, before everything was seen"]
    )


@pytest.mark.parametrize("option", ["--weft-max-states=few", "--weft-max-states=0", "--weft-max-seconds=0", "--weft-max-seconds=x"])
def test_limits_that_are_none_are_refused_in_a_line(inner: pytest.Pytester, option: str) -> None:
    result = inner.runpytest(option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert option.partition("=")[0] in result.stderr.str()
    assert "Traceback" not in result.stderr.str()


FAULTY = f"""{HEAD}
import time
from weft import Shared

@scenario()
def reads_the_clock(s: Setting) -> None:
    last = AtomicInt64(0)
    s.thread(lambda: last.store(int(time.time())), name="timer")

class Mount(Shared):
    def __init__(self) -> None:
        self.flags = 0

@scenario()
def hides_state(s: Setting) -> None:
    mount = Mount()
    def set_flags() -> None:
        mount.flags = 1
    s.thread(set_flags, name="setter")

@scenario()
def has_no_threads(_: Setting) -> None:
    pass

@scenario()
def raises_in_set_up(s: Setting) -> None:
    raise KeyError("nothing there")
"""


def test_a_race_that_is_itself_at_fault_says_so_in_one_message(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_faulty=FAULTY)
    result = inner.runpytest()
    result.assert_outcomes(failed=4)
    result.stdout.no_fnmatch_line("*Traceback*")
    assert "time.time()" in block(result, "reads_the_clock")[1]
    assert "  Mount.flags was set to 1 after __init__" in block(result, "hides_state")[1]
    assert block(result, "has_no_threads") == [
        "has_no_threads (test_faulty.py:22): error",
        "  scenario has_no_threads makes 0 threads; 1 to 26 are possible",
    ]
    assert "KeyError: 'nothing there' at test_faulty.py:28" in block(result, "raises_in_set_up")[1]


def test_an_engine_bug_is_nobody_elses_fault(inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    def contradict(*_: object, **__: object) -> None:
        raise EngineBug("the code ends in one way, the tables in another")

    monkeypatch.setattr("weft.check.run.explore", contradict)
    inner.makepyfile(test_it=COUNTER)
    result = inner.runpytest("-k", "atomic_update")
    assert block(result, "atomic_update") == [
        "atomic_update (test_it.py:26): engine bug",
        "  the code ends in one way, the tables in another",
        "weft contradicts itself, so nothing it says here counts: please report this with the race's file and `weft --version`",
    ]


def test_ctrl_c_in_a_search_ends_the_run(inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("weft.search.exhaustive._Search.ended", interrupt)
    inner.makepyfile(test_it=COUNTER)
    run = inner.inline_run(no_reraise_ctrlc=True)
    assert run.ret == pytest.ExitCode.INTERRUPTED
    assert run.countoutcomes() == [0, 0, 0]


def test_junit_has_verdict_and_counts_as_properties(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_it=f"{COUNTER}\ndef test_ordinary():\n    pass\n")
    inner.runpytest("--junitxml=junit.xml")
    told = properties(inner.path / "junit.xml")
    assert told["test_ordinary"] == {}
    assert {name: told["atomic_update"][name] for name in told["atomic_update"] if name != "weft"} == {
        "verdict": "HOLDS",
        "expected": "HOLDS",
        "states": "4",
        "transitions": "4",
        "nodes": "4",
        "executions": told["atomic_update"]["executions"],
        "interleavings": "2",
        "slug": "",
        "schedule": "",
    }
    lost = told["lost_update"]
    assert (lost["verdict"], lost["expected"], lost["slug"]) == ("VIOLATED", "VIOLATED", "final:both_counted")
    assert lost["schedule"].startswith("v1:")


def test_junit_has_the_report_of_a_failure(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_wrong=WRONG)
    inner.runpytest("--junitxml=junit.xml")
    text = (inner.path / "junit.xml").read_text()
    assert 'message="VIOLATED final:two_is_last: number is 1, expected 2"' in text
    assert WRONG_REPORT[7] in text


def table(result: pytest.RunResult) -> list[str]:
    lines = result.outlines
    start = next((k for k, line in enumerate(lines) if line.startswith("race ")), len(lines))
    return [line.split()[0] for line in lines[start + 1 :] if line[0] not in "=F"]


def test_a_table_comes_with_v_and_on_failures_only(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_it=COUNTER, test_wrong=WRONG)
    good, failed = ["atomic_update", "lost_update", "slow_one"], ["said_to_break", "said_to_hold"]
    assert table(inner.runpytest("test_it.py")) == []
    assert table(inner.runpytest("test_it.py", "-v")) == good
    assert table(inner.runpytest()) == failed
    assert table(inner.runpytest("-v")) == good + failed
    assert table(inner.runpytest("-q")) == []
