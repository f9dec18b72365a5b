"""Replaying a schedule that comes as text, from a failure's message or from a person."""

from __future__ import annotations

from collections.abc import Callable

from weft.scenario import Scenario
from weft.search.replay import Replay, replay
from weft.search.schedule import Schedule, parse
from weft.worlds.controlled import Execution


def replay_text(scenario: Scenario, schedule: str, *, before_step: Callable[[Execution, int], None] | None = None) -> Replay:
    """Execute ``scenario`` along ``schedule``, such as ``v1:w7.u5.w2``; see ``search.replay``.

    Raises:
        UsageError: It is not a schedule, or does not fit the scenario.
    """
    return replay(scenario, parsed(scenario, schedule), before_step=before_step)


def parsed(scenario: Scenario, schedule: str) -> Schedule:
    """The schedule that a text stands for in ``scenario``."""
    fresh = Execution(scenario)  # only its set-up knows the threads' letters
    letters = fresh.setting.letters()
    fresh.close()
    return parse(schedule, letters)


def is_wrong(scenario: Scenario, replayed: Replay) -> bool:
    """Whether the execution ended in a violation although the scenario expects none."""
    return replayed.ending is not None and bool(replayed.ending.slug) and scenario.expect != "VIOLATED"
