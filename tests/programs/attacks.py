"""The shape of an attack on the claim "equal local states have equal futures".

The attacked thread reads ``x``, which is 0 or 1 depending on the schedule, hides the value somewhere, and reads ``pause``. At
that second step both histories stand at the same instruction with the same step to take. If the hiding place is not part of
the local state, the two are merged, the thread goes on as if it had read what the other history read, and an outcome is lost.

Where the search cannot know all of a local state it must fall back on the history, which costs states and is always right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.programs.making import assert_all_engines_agree, program
from weft import AtomicInt64, Scenario, Setting
from weft.search.result import Exploration

Attack = Callable[[AtomicInt64, AtomicInt64], Any]

X_VALUES = (0, 1)


def scenario_of(attack: Attack, *, second_value: int = 1) -> Scenario:
    """``attack(x, pause)`` as one thread, against another one that stores ``second_value`` in ``x``."""

    def build(s: Setting) -> None:
        x, pause = AtomicInt64(0), AtomicInt64(0)
        s.thread(attack, x, pause, name="attacked")
        s.thread(x.store, second_value, name="writer")

    return program(attack.__name__.strip("_<>"), build)


def assert_survives(attack: Attack, *, second_value: int = 1, outcomes: int = 2) -> Exploration:
    """All engines must agree on ``attack``, and the hidden value must show in that many outcomes."""
    found = assert_all_engines_agree(scenario_of(attack, second_value=second_value))
    assert len(found.outcomes) == outcomes, f"the attack shows {len(found.outcomes)} outcomes, meant to show {outcomes}"
    return found
