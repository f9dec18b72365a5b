"""The estimate of what is left: the share of the states on random walks that have been seen."""

from __future__ import annotations

import pytest

from stress.bench.miniature import race
from weft.search import compiled_loop
from weft.search.exhaustive import explore
from weft.search.pulse import Ahead, LookAhead
from weft.search.reduction import ALL, NONE, Reduction

pytestmark = pytest.mark.skipif(not compiled_loop.AVAILABLE, reason="the compiled loop was not built")


@pytest.mark.parametrize("reduction", [NONE, ALL], ids=["full", "reduced"])
def test_the_estimate_grows_and_looking_changes_nothing(reduction: Reduction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_loop, "QUOTA", 500)
    looks: list[Ahead] = []

    def look(_states: int, _transitions: int, _seconds: float, look_ahead: LookAhead | None = None) -> None:
        assert look_ahead is not None
        ahead = look_ahead()
        assert ahead is not None
        looks.append(ahead)

    watched = explore(race("wwu"), reduction=reduction, pulse=look)
    alone = explore(race("wwu"), reduction=reduction)
    assert (watched.states, watched.transitions) == (alone.states, alone.transitions)
    assert all(0.0 <= ahead.covered <= 1.0 and ahead.frontier is not None for ahead in looks)
    assert min(ahead.covered for ahead in looks) < 0.2
    assert looks[-1].covered > 0.7
