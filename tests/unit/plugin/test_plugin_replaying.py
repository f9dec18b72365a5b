"""``--weft-replay``: one interleaving of one race, shown."""

from __future__ import annotations

import pytest

from tests.unit.plugin.conftest import COUNTER, WRONG

LOST = "v1:f1.s2.f1"


def test_the_interleaving_is_shown_and_nothing_is_searched(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_it=COUNTER)
    result = inner.runpytest("test_it.py::lost_update", "--weft-replay", LOST)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "*= replay of lost_update =*",
            "step *first *second",
            "*1 *load() -> 0*",
            "*4 *store(1)*",
            "VIOLATED final:both_counted: counter is 1, expected 2",
            f"schedule {LOST}",
        ]
    )


def test_it_is_what_weft_replay_shows(inner: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    from weft.cli.main import cli

    inner.makepyfile(test_it=COUNTER)
    with pytest.raises(SystemExit):
        cli(["replay", "test_it.py::lost_update", LOST])
    shown = capsys.readouterr().out
    assert shown in inner.runpytest("test_it.py::lost_update", f"--weft-replay={LOST}").stdout.str() + "\n"


def test_a_schedule_of_a_failure_can_be_pasted(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_wrong=WRONG)
    failed = inner.runpytest("-k", "said_to_hold").outlines
    command = next(line for line in failed if line.startswith("     or  pytest")).split()[2:]
    result = inner.runpytest(*command)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*_ said_to_hold _*", "step *one *two", "VIOLATED final:two_is_last: number is 1, expected 2"])
    result.stdout.no_fnmatch_line("*replay of*")
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_schedule_may_stop_before_the_end(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_it=COUNTER)
    result = inner.runpytest("test_it.py::lost_update", "--weft-replay", "v1:f1")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["the schedule stops here; not finished: first, second"])


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("v1:x1", "the schedule names thread 'x'; this race has f, s"),
        ("w7", "not a schedule: 'w7'; expected v1: and runs such as v1:w7.u5.w2"),
        ("v1:f9", "the schedule does not fit the race: step 3 of 9 is first's, but it has ended; able to move: second"),
    ],
)
def test_a_schedule_that_is_none_of_this_race_is_refused_in_a_sentence(inner: pytest.Pytester, schedule: str, message: str) -> None:
    inner.makepyfile(test_it=COUNTER)
    result = inner.runpytest("test_it.py::lost_update", "--weft-replay", schedule)
    result.assert_outcomes(failed=1)
    assert message in result.outlines
    result.stdout.no_fnmatch_line("*Traceback*")


def test_more_than_one_race_is_a_usage_error(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_it=f"{COUNTER}\ndef test_ordinary():\n    pass\n")
    result = inner.runpytest("--weft-replay", LOST)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: --weft-replay needs one race, selected are 3 races (lost_update, atomic_update, slow_one) and 1 other tests; "
            "name it as FILE::RACE"
        ]
    )
    assert inner.runpytest("--weft-replay", LOST, "-k", "ordinary").ret == pytest.ExitCode.USAGE_ERROR
    inner.runpytest("--weft-replay", LOST, "-k", "lost").assert_outcomes(passed=1, deselected=3)


def test_it_stays_in_one_process_whatever_n_says(inner: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    inner.makepyfile(test_it=COUNTER)
    result = inner.runpytest("-n", "2", "test_it.py::lost_update", "--weft-replay", LOST)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*= replay of lost_update =*"])
