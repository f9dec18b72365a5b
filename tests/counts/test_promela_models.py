"""The Promela models that weft is measured against are models of the same steps: SPIN counts the same states.

Where a program's local variables are few, exactly the same, from Python code and from a model written by hand; SPIN counts the way
into the initial state as a transition. On the real VFS nearly the same: a model keeps only what matters of a value that was read
(of the table's size, its order). A missing step, one too many or a value that is not read would show as far more.
"""

from __future__ import annotations

import pytest

from stress.bench import miniature, spin
from stress.bench.mixes import mix
from stress.bench.races_against_spin import RACES
from tests.programs import literature
from tests.programs.making import merged
from weft import Scenario

SMALL = (
    *((scenario, model, defines) for scenario, model, defines in RACES if defines.get("NU") != 2),
    (mix(walkers=0, umounters=2), "walk_vs_umount", {"NW": 0, "NU": 2, "DROP": 1}),
    (mix(walkers=1, umounters=1), "walk_vs_umount", {"NW": 1, "NU": 1, "DROP": 1}),
)
SAME = (
    (miniature.race("wu"), "umount", {"NW": 1, "NU": 1, "NP": 0}),
    (miniature.race("pu"), "umount", {"NW": 0, "NU": 1, "NP": 1}),
    (literature.readers(5), "readers", {"N": 5}),
    (literature.last_zero(4), "lastzero", {"N": 4}),
    (literature.fib_bench(2), "fib_bench", {"N": 2}),
    (literature.indexer(3), "indexer", {"N": 3}),
    (literature.filesystem(3), "filesystem", {"N": 3}),
)


@pytest.mark.skipif(not spin.available(), reason="SPIN or a C compiler is not installed")
@pytest.mark.parametrize(("scenario", "model", "defines"), SMALL, ids=lambda value: getattr(value, "name", None))
def test_spin_and_weft_count_nearly_the_same_states_and_find_no_error(scenario: Scenario, model: str, defines: dict[str, int]):
    found, pan = merged(scenario), spin.count(model, defines)
    assert (found.verdict, pan.errors) == ("HOLDS", 0)
    assert pan.states <= found.states <= 1.2 * pan.states
    assert pan.transitions - 1 <= found.transitions <= 1.2 * pan.transitions


@pytest.mark.skipif(not spin.available(), reason="SPIN or a C compiler is not installed")
@pytest.mark.parametrize(("scenario", "model", "defines"), SAME, ids=lambda value: getattr(value, "name", None))
def test_spin_and_weft_count_exactly_the_same(scenario: Scenario, model: str, defines: dict[str, int]):
    found, pan = merged(scenario), spin.count(model, defines)
    assert (found.verdict, pan.errors) == ("HOLDS", 0)
    assert (found.states, found.transitions) == (pan.states, pan.transitions - 1)
