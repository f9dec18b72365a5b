"""Which files and which scenarios become items, and how they are chosen."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.unit.plugin.conftest import COUNTER, HEAD, ROOT, WRONG


def collected(inner: pytest.Pytester, *arguments: str) -> list[str]:
    result = inner.runpytest("--collect-only", "-q", *arguments)
    return [line for line in result.outlines if "::" in line]


def test_scenarios_are_items_beside_ordinary_tests_in_the_order_of_the_file(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_it=f"{COUNTER}\ndef test_ordinary():\n    pass\n")
    names = [line.partition("::")[2] for line in collected(inner)]
    assert names == ["lost_update", "atomic_update", "slow_one", "test_ordinary"]
    inner.runpytest().assert_outcomes(passed=4)


def test_a_user_needs_no_conftest_and_no_marker_of_his_own(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_it=COUNTER)
    inner.makeini("[pytest]\naddopts = --strict-markers --strict-config\nfilterwarnings = error\n")
    inner.runpytest_subprocess().assert_outcomes(passed=3)


def test_one_scenario_under_two_names_is_one_item(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_it=f"{COUNTER}\nalias = lost_update\n")
    assert len(collected(inner)) == 3


def test_two_scenarios_of_one_name_are_refused_in_a_sentence(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_it=f"{COUNTER}\nagain = scenario(name='lost_update')(lambda s: None)\n")
    result = inner.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["test_it.py: two scenarios are called 'lost_update'; give one another name="])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_scenario_in_a_class_is_none(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_it=f"{HEAD}\nclass TestIt:\n    it = scenario(name='inside')(lambda s: None)\n")
    assert collected(inner) == []


def test_other_files_are_collected_when_named(inner: pytest.Pytester) -> None:
    inner.makepyfile(races=COUNTER)
    assert collected(inner) == []
    assert len(collected(inner, "races.py")) == 3
    assert collected(inner, "races.py::atomic_update") == ["races.py::atomic_update"]


@pytest.mark.parametrize("pattern", ["stress/races/*.py", "races/*.py", "walk*.py", "nothing.py walk.py"])
def test_other_files_are_collected_when_weft_files_matches(inner: pytest.Pytester, pattern: str) -> None:
    folder = inner.mkpydir("stress").joinpath("races")
    folder.mkdir()
    folder.joinpath("walk.py").write_text(COUNTER)
    folder.parent.joinpath("other.py").write_text(WRONG)
    assert collected(inner) == []
    names = [f"stress/races/walk.py::{name}" for name in ("lost_update", "atomic_update", "slow_one")]
    assert collected(inner, "-o", f"weft_files={pattern}") == names
    assert collected(inner, "-o", f"weft_files={pattern}", names[1]) == names[1:2]


def test_a_file_that_python_files_matches_too_is_collected_once(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_it=COUNTER)
    assert len(collected(inner, "-o", "weft_files=*.py")) == 3


def test_an_imported_race_is_left_to_its_own_file_if_that_is_collected(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_home=COUNTER, test_visitor="from test_home import lost_update\n")
    assert [line for line in collected(inner) if "visitor" in line] == []
    assert collected(inner, "test_visitor.py") == ["test_visitor.py::lost_update"]
    assert "test_visitor.py::lost_update" in collected(inner, "test_home.py", "test_visitor.py::lost_update")
    assert collected(inner, "test_visitor.py", "-o", "collect_imported_tests=false") == []


@pytest.mark.parametrize(
    ("arguments", "passed", "deselected"),
    [
        (["-k", "update and not lost"], 1, 3),
        (["-m", "slow"], 1, 3),
        (["-m", "weft"], 3, 1),
        (["-m", "not slow"], 3, 1),
        (["-m", "not weft"], 1, 3),
        (["test_it.py::slow_one"], 1, 0),
    ],
)
def test_races_are_chosen_like_tests(inner: pytest.Pytester, arguments: list[str], passed: int, deselected: int) -> None:
    inner.makepyfile(test_it=f"{COUNTER}\ndef test_ordinary():\n    pass\n")
    inner.runpytest("--strict-markers", *arguments).assert_outcomes(passed=passed, deselected=deselected)


def test_marks_under_the_decorator_count(inner: pytest.Pytester) -> None:
    marked = WRONG.replace("def said_to_hold", "@pytest.mark.xfail(reason='known')\ndef said_to_hold")
    marked = marked.replace("def said_to_break", "@pytest.mark.skip\ndef said_to_break")
    inner.makepyfile(test_it=f"import pytest\n{marked}")
    inner.runpytest().assert_outcomes(xfailed=1, skipped=1)


def test_pytestmark_of_the_file_counts(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_it=f"import pytest\npytestmark = pytest.mark.skip\n{WRONG}")
    inner.runpytest().assert_outcomes(skipped=2)


def test_the_markers_are_described(inner: pytest.Pytester) -> None:
    inner.runpytest("--markers").stdout.fnmatch_lines(["@pytest.mark.weft: *", "@pytest.mark.slow: *"])


def test_a_run_without_scenarios_says_nothing_of_weft(inner: pytest.Pytester) -> None:
    inner.makepyfile(test_it="def test_one():\n    pass\ndef test_two():\n    assert 0\n")
    for verbosity in ("-q", "-vv"):
        lines = inner.runpytest_subprocess(verbosity, "-ra").outlines
        assert [line for line in lines if "weft" in line and not line.startswith(("plugins:", "rootdir:", "cachedir:"))] == []


def test_a_run_without_scenarios_imports_nothing_heavy(inner: pytest.Pytester) -> None:
    inner.makepyfile(
        test_it="import sys\n"
        "def test_modules():\n"
        "    heavy = {'rich', 'click', 'msgspec', 'weft.search', 'weft.automaton', 'weft.check.run', 'weft.check.collect', "
        "'weft.report'}\n"
        "    assert heavy & set(sys.modules) == set()\n"
    )
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:hypothesispytest", *(f"-p{name}" for name in inner.plugins)]
    done = subprocess.run(run, cwd=inner.path, capture_output=True, text=True, check=False, env={"PYTHONPATH": ROOT})
    assert "1 passed" in done.stdout, done.stdout
