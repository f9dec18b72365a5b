"""``@fuzz`` under pytest: a Hypothesis test of whole programs."""

from __future__ import annotations

import pytest

from tests.unit.fuzz.conftest import ALPHABETS
from tests.unit.plugin.conftest import ROOT

pytest_plugins = ["pytester"]

CONFTEST = """
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

# whatever Hypothesis does where it finds itself in CI
settings.register_profile("kept", derandomize=False, database=DirectoryBasedExampleDatabase(".hypothesis/examples"))
settings.load_profile("kept")
"""

TEST = """
import pytest
from counters import racy, safe
from weft.fuzz import fuzz

@fuzz(safe, examples=20)
def test_the_safe_one(program):
    assert program.threads

@fuzz(racy, examples=100)
def test_the_racy_one(program):
    with open("held.txt", "a") as held:
        held.write("one held\\n")

@fuzz(safe, examples=5)
@pytest.mark.parametrize("least", [1, 99])
def test_more_is_demanded(program, least):
    assert program.calls >= least
"""


@pytest.fixture
def folder(pytester: pytest.Pytester) -> pytest.Pytester:
    with open(f"{ROOT}/{ALPHABETS}/counters.py", encoding="utf-8") as source:
        pytester.makepyfile(counters=source.read())
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_counters=TEST)
    return pytester


def run(folder: pytest.Pytester, *more: str) -> pytest.RunResult:
    return folder.runpytest_subprocess("-p", "no:cacheprovider", "-q", *more)


def test_it_fails_with_the_smallest_program_and_comes_back_to_it(folder: pytest.Pytester) -> None:
    first = run(folder, "-k", "one")
    first.assert_outcomes(passed=1, failed=1)
    first.stdout.fnmatch_lines(
        [
            "*the smallest program: 3 calls in 2 threads*",
            "*VIOLATED linearizability: no order of the calls explains get() = 1*",
            "*schedule v1:*proven minimal*",
        ]
    )
    first.stdout.fnmatch_lines(["*racy.program(*"])
    held = folder.path / "held.txt"
    assert held.read_text().count("one held") > 0
    held.unlink()
    again = run(folder, "-k", "racy")
    again.assert_outcomes(failed=1)
    assert not held.exists() or held.read_text().count("one held") < 20  # the failure came first, from the database


def test_the_function_may_demand_more(folder: pytest.Pytester) -> None:
    run(folder, "-k", "more", "--hypothesis-seed=1").assert_outcomes(passed=1, failed=1)
