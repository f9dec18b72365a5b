"""Tasks in processes of their own: how many at once, and what becomes of those that do not end well."""

from __future__ import annotations

import os
import signal

import pytest

from weft.check.mutants.forking import do_each


def do(tasks, *, jobs=2, cpu_seconds=60, watch=lambda _running, _done: None):
    return do_each(tasks, jobs=jobs, cpu_seconds=cpu_seconds, watch=watch)


def sends(*values):
    def task(send):
        for value in values:
            send(value)

    return task


@pytest.mark.parametrize("jobs", [1, 3])
def test_answers_are_in_the_order_of_the_tasks_and_never_more_than_so_many_run_at_once(jobs):
    seen = []
    answers = do([sends(number, -number) for number in range(12)], jobs=jobs, watch=lambda running, _: seen.append(len(running)))
    assert [answer.sent for answer in answers] == [[number, -number] for number in range(12)]
    assert {answer.end for answer in answers} == {"finished"}
    assert max(seen) <= jobs


def test_a_task_that_never_ends_is_ended_and_what_it_sent_is_kept():
    def loops(send):
        send("before")
        while True:
            pass

    first, second = do([loops, sends("after")], jobs=1, cpu_seconds=1)
    assert (first.sent, first.end, first.code) == (["before"], "too long", -signal.SIGXCPU)
    assert (second.sent, second.end) == (["after"], "finished")


def test_a_task_that_ends_its_process_spoils_no_other():
    first, second = do([lambda _: os._exit(7), sends(1)])
    assert (first.sent, first.end, first.code) == ([], "died", 7)
    assert second.sent == [1]


def test_what_a_task_changes_is_changed_for_nobody_else():
    state = []

    def changes(send):
        state.append(1)
        send(len(state))

    assert [answer.sent for answer in do([changes, changes], jobs=1)] == [[1], [1]]
    assert state == []


def test_ctrl_c_keeps_what_was_sent():
    def waits(send):
        send("begun")
        signal.pause()

    def interrupt(running, done):
        if done == 1 and running:
            raise KeyboardInterrupt

    first, second, third = do([sends(1), waits, sends(3)], jobs=1, watch=interrupt)
    assert (first.sent, first.end) == ([1], "finished")
    assert (second.end, third.end, third.sent) == ("not run", "not run", [])
