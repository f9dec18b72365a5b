"""With pytest-xdist: the same outcomes, reports and properties as in one process."""

from __future__ import annotations

import pytest

from tests.unit.plugin.conftest import COUNTER, WRONG, WRONG_REPORT, properties

pytest.importorskip("xdist")


def test_two_workers_say_what_one_process_says(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_it=COUNTER, test_wrong=WRONG)
    alone = inner.runpytest("-v", "--junitxml=alone.xml")
    spread = inner.runpytest_subprocess("-v", "-n", "2", "--junitxml=spread.xml", "-p", "no:cacheprovider")
    spread.assert_outcomes(passed=3, failed=2)
    spread.stdout.fnmatch_lines(["*_ said_to_hold _*", "[[]gw?[]]*", *WRONG_REPORT])
    for lines in (alone.outlines, spread.outlines):
        assert "FAILED test_wrong.py::said_to_hold - VIOLATED final:two_is_last: number is 1, expected 2"[:70] in "\n".join(lines)
    assert alone.outlines[alone.outlines.index(head(alone)) :][:6] == spread.outlines[spread.outlines.index(head(spread)) :][:6]
    assert properties(inner.path / "alone.xml") == properties(inner.path / "spread.xml")


def head(result: pytest.RunResult) -> str:
    return next(line for line in result.outlines if line.startswith("race "))
