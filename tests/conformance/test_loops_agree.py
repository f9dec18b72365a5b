"""The compiled search loop is the Python loop, transition for transition."""

from __future__ import annotations

from pathlib import Path

import pytest

from stress.bench.miniature import race as miniature
from weft.check.collect import Race, collect
from weft.search.budget import Budget
from weft.search.compiled_loop import AVAILABLE
from weft.search.exhaustive import explore
from weft.search.result import Exploration

RACES = str(Path(__file__).parents[2] / "stress" / "races")
QUICK = [race for race in collect([RACES]) if not race.scenario.slow]
MOST_STATES = 10_000


def counts(found: Exploration) -> tuple[object, ...]:
    schedules = tuple((v.slug, v.message, v.schedule) for v in found.violations)
    return (
        found.verdict,
        found.states,
        found.transitions,
        found.finals,
        found.nodes,
        found.executions,
        found.interleavings,
        found.cyclic,
        sorted(found.outcomes, key=repr),
        schedules,
    )


@pytest.mark.skipif(not AVAILABLE, reason="the compiled loop was not built: no C compiler at installation")
@pytest.mark.parametrize("merge", [True, False], ids=["merged", "histories"])
@pytest.mark.parametrize("word", ["wu", "uu", "wm", "wp", "mu"])
def test_both_loops_count_the_same(word: str, merge: bool) -> None:
    compiled = explore(miniature(word), merge=merge, stop_at_first=False, compiled_loop=True)
    plain = explore(miniature(word), merge=merge, stop_at_first=False, compiled_loop=False)
    assert counts(compiled) == counts(plain)


@pytest.mark.skipif(not AVAILABLE, reason="the compiled loop was not built: no C compiler at installation")
@pytest.mark.parametrize("word", ["wwu", "wuu", "ppu"])
def test_both_loops_count_the_same_with_three_threads(word: str) -> None:
    assert counts(explore(miniature(word), compiled_loop=True)) == counts(explore(miniature(word), compiled_loop=False))


def test_the_miniature_umount_race_has_its_known_counts() -> None:
    found = explore(miniature("wwu"), stop_at_first=False)
    assert (found.verdict, found.states, found.transitions, found.finals) == ("HOLDS", 6071, 15996, 5)
    assert found.interleavings == 58_661_048_000_917_950_852


@pytest.mark.skipif(not AVAILABLE, reason="the compiled loop was not built: no C compiler at installation")
@pytest.mark.parametrize("race", QUICK, ids=lambda race: race.name)
def test_both_loops_count_the_same_on_the_races(race: Race) -> None:
    limit = Budget(max_states=MOST_STATES)
    compiled = explore(race.scenario, compiled_loop=True, budget=limit)
    if compiled.verdict == "INCONCLUSIVE":
        pytest.skip(f"more than {MOST_STATES:,} states: too slow for the loop in Python")
    assert counts(compiled) == counts(explore(race.scenario, compiled_loop=False))
