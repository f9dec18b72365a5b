"""Merged search, unmerged search and naive search give the same outcomes, verdicts and numbers of interleavings."""

from __future__ import annotations

import pytest

from tests.programs.gallery import GALLERY
from tests.programs.making import assert_all_engines_agree, slugs
from weft import Scenario

VIOLATED = {
    "mutex_misused_in_some_orders": {"misuse:unlock-not-held"},
    "deadlock_in_some_orders": {"deadlock"},
    "read_lock_taken_twice_deadlocks_with_a_writer_between": {"deadlock"},
    "nested_write_sections_in_some_orders": {"misuse:write-section-nested"},
    "shared_list": {"exception:IndexError"},
    "fields_that_race": {"data-race:Field#0"},
    "exception_that_nobody_handles": {"exception:ZeroDivisionError"},
    "final_check_that_fails_in_some_orders": {"final:two"},
}
DETERMINED = {"fields_that_race", "nested_write_sections_in_some_orders", "read_lock_taken_twice_deadlocks_with_a_writer_between"}


def test_the_gallery_is_large_enough():
    assert len(GALLERY) >= 36
    assert len({scenario.name for scenario in GALLERY}) == len(GALLERY)


@pytest.mark.parametrize("scenario", GALLERY, ids=lambda scenario: scenario.name)
def test_the_three_engines_agree_on_the_gallery(scenario: Scenario):
    found = assert_all_engines_agree(scenario)
    assert slugs(found) == VIOLATED.get(scenario.name, set())
    assert len(found.outcomes) > 1 or scenario.name in DETERMINED, "a scenario with one outcome tests little"
