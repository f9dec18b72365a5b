"""The Promela models that weft is measured against are models of the same steps: SPIN counts nearly the same states.

Nearly, since a model clears a local as soon as its author sees that it is dead. A missing step, one too many or a value that is not
read would show as a difference of far more than that.
"""

from __future__ import annotations

import pytest

from stress.bench import miniature, spin
from stress.bench.mixes import mix
from stress.bench.races_against_spin import RACES
from tests.programs.making import merged
from weft import Scenario

SMALL = (
    *((scenario, model, defines) for scenario, model, defines in RACES if defines.get("NU") != 2),
    (mix(walkers=0, umounters=2), "walk_vs_umount", {"NW": 0, "NU": 2, "DROP": 1}),
    (mix(walkers=1, umounters=1), "walk_vs_umount", {"NW": 1, "NU": 1, "DROP": 1}),
    (miniature.race("wu"), "umount", {"NW": 1, "NU": 1, "NP": 0}),
    (miniature.race("wp"), "umount", {"NW": 1, "NU": 0, "NP": 1}),
)


@pytest.mark.skipif(not spin.available(), reason="SPIN or a C compiler is not installed")
@pytest.mark.parametrize(("scenario", "model", "defines"), SMALL, ids=lambda value: getattr(value, "name", None))
def test_spin_and_weft_count_nearly_the_same_states_and_find_no_error(scenario: Scenario, model: str, defines: dict[str, int]):
    found, pan = merged(scenario), spin.count(model, defines)
    assert (found.verdict, pan.errors) == ("HOLDS", 0)
    assert pan.states <= found.states <= 1.2 * pan.states
    assert pan.transitions - 1 <= found.transitions <= 1.2 * pan.transitions
