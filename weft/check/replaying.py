"""Replaying a schedule that comes as text, from a failure's message or from a person."""

from __future__ import annotations

from weft.scenario import Scenario
from weft.search.replay import Replay, replay
from weft.search.schedule import parse
from weft.worlds.controlled import Execution


def replay_text(scenario: Scenario, schedule: str) -> Replay:
    """Execute ``scenario`` along ``schedule``, such as ``v1:w7.u5.w2``.

    Raises:
        UsageError: It is not a schedule, or does not fit the scenario.
    """
    fresh = Execution(scenario)  # only its set-up knows the threads' letters
    letters = fresh.setting.letters()
    fresh.close()
    return replay(scenario, parse(schedule, letters))


def is_wrong(scenario: Scenario, replayed: Replay) -> bool:
    """Whether the execution ended in a violation although the scenario expects none."""
    return replayed.ending is not None and bool(replayed.ending.slug) and scenario.expect != "VIOLATED"
