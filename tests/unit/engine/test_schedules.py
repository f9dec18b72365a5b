"""Schedules as text, and following them on the real code."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.programs.making import program
from weft import AtomicInt64, Setting, UsageError
from weft.search.replay import replay
from weft.search.schedule import Schedule, parse

LETTERS = string.ascii_lowercase[:5]


@given(st.lists(st.integers(0, 4), max_size=60))
def test_a_schedule_survives_the_way_through_text(threads):
    schedule = Schedule(tuple(threads))
    assert parse(schedule.text(LETTERS), LETTERS) == schedule


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60))
def test_the_text_has_one_run_for_each_switch_and_one_more(threads):
    schedule = Schedule(tuple(threads))
    assert schedule.text(LETTERS).count(".") == schedule.switches


@given(st.text(max_size=30))
def test_any_other_text_gives_one_line_that_says_what_was_expected(text):
    message = ""
    try:
        schedule = parse(text, LETTERS)
    except UsageError as error:
        message = str(error)
    else:
        assert parse(schedule.text(LETTERS), LETTERS) == schedule
    assert "\n" not in message
    assert not message or "schedule" in message


@pytest.mark.parametrize("text", ["", "w7", "v2:a1", "v1:a0", "v1:a", "v1:a1..b1", "v1:a-1", "v1:A1", "v1:a1 b1"])
def test_what_is_not_a_schedule_is_refused(text):
    with pytest.raises(UsageError, match="not a schedule"):
        parse(text, LETTERS)


def test_a_letter_that_no_thread_has_is_refused_by_name():
    with pytest.raises(UsageError, match=r"names thread 'z'; this race has a, b"):
        parse("v1:z1", "ab")


def two_steps(s: Setting) -> None:
    """A thread of two steps and one of one."""
    x = AtomicInt64(0)
    s.thread(lambda: (x.add(1), x.add(1)), name="adder")
    s.thread(x.load, name="reader")


SCENARIO = program("two-steps", two_steps)


@pytest.mark.parametrize(("text", "results"), [("v1:a2.r1", ((1, 2), 2)), ("v1:a1.r1.a1", ((1, 2), 1)), ("v1:r1.a2", ((1, 2), 0))])
def test_a_schedule_is_followed_on_the_real_code(text, results):
    again = replay(SCENARIO, parse(text, ("a", "r")))
    assert again.ending is not None
    assert again.ending.results == results
    assert again.schedule.text(again.letters) == text


def test_a_schedule_that_stops_early_leaves_threads_unfinished():
    again = replay(SCENARIO, parse("v1:a1", ("a", "r")))
    assert again.ending is None
    assert again.unfinished == ("adder", "reader")


def test_a_schedule_that_does_not_fit_names_the_step_and_who_could_move():
    with pytest.raises(UsageError, match=r"step 3 of 4 is adder's, but it has ended; able to move: reader"):
        replay(SCENARIO, parse("v1:a4", ("a", "r")))
