"""The engines agree on random programs. A failure prints the program as source."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, note, settings

from tests.programs.generated import scenario_from, sources
from tests.programs.making import slugs
from weft.search.budget import Budget
from weft.search.exhaustive import explore
from weft.search.naive import explore_naively

LARGEST_GRAPH = 4_000
MOST_INTERLEAVINGS = 600
CHECKED = {"programs": 0, "naively": 0, "merging": 0, "falling back": 0, "violated": 0}


def compare_engines(source: str) -> None:
    """Search the program in every way that its size allows, and compare."""
    note(source)
    scenario = scenario_from(source)
    slow = explore(scenario, merge=False, stop_at_first=False, budget=Budget(max_states=LARGEST_GRAPH))
    if not slow.exhausted:
        return
    fast = explore(scenario, stop_at_first=False)
    assert set(fast.outcomes) == set(slow.outcomes)
    assert (fast.interleavings, fast.verdict, slugs(fast)) == (slow.interleavings, slow.verdict, slugs(slow))
    assert fast.states <= slow.states
    CHECKED["programs"] += 1
    CHECKED["merging"] += fast.states < slow.states
    CHECKED["falling back"] += bool(fast.fallbacks)
    CHECKED["violated"] += fast.verdict == "VIOLATED"
    if slow.interleavings is not None and slow.interleavings <= MOST_INTERLEAVINGS:
        oracle = explore_naively(scenario)
        assert set(fast.outcomes) == set(oracle.outcomes)
        assert (fast.interleavings, slugs(fast)) == (oracle.interleavings, slugs(oracle))
        CHECKED["naively"] += 1


QUICK = settings(
    max_examples=120, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False
)


@given(sources())
@QUICK
def test_the_engines_agree_on_generated_programs(source: str):
    compare_engines(source)


def test_the_generated_programs_reached_what_they_are_for():
    """Runs after the test above: enough of them were small, merged, fell back and violated something."""
    if not CHECKED["programs"]:
        pytest.skip("the programs were generated in another process")
    assert CHECKED["naively"] >= 60
    assert CHECKED["merging"] >= 10
    assert CHECKED["falling back"] >= 1
    assert CHECKED["violated"] >= 5


@pytest.mark.slow
@given(sources())
@settings(QUICK, max_examples=1_500)
def test_the_engines_agree_on_many_generated_programs(source: str):
    compare_engines(source)
