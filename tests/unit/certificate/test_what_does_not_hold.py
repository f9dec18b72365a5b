"""A certificate for a race that does not hold is refused, by the checker's own judgement where executions are made blind."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from tests.programs.gallery import GALLERY
from tests.programs.making import program, slugs
from tests.unit.certificate.conftest import FILE
from weft import AtomicInt64, Field, Mutex, Setting, require
from weft.automaton.automaton import Automaton
from weft.certificate.writing import certify
from weft.search.exhaustive import explore
from weft.verify import Certificate, Refused
from weft.worlds import controlled


def written_regardless(scenario, folder):
    """The certificate of all that can be reached, faults or not."""
    name = f"{FILE}::{scenario.name}"
    return Certificate(certify(Automaton(scenario), name, files=[FILE], merged=True, folder=str(folder)))


def at_home(scenario):
    return replace(scenario, file=os.path.abspath(FILE))


@pytest.mark.parametrize("scenario", GALLERY, ids=lambda scenario: scenario.name)
def test_the_checker_and_the_search_agree_on_what_holds(scenario, tmp_path):
    wrong = slugs(explore(scenario, stop_at_first=False))
    certificate = written_regardless(scenario, tmp_path)
    if wrong:
        with pytest.raises(Refused):
            certificate.verify(at_home(scenario))
    else:
        assert certificate.verify(at_home(scenario))["states"] > 0


def racing_fields(s: Setting) -> None:
    x = Field(0)
    s.thread(x.read, name="reader")
    s.thread(x.write, 1, name="writer")


def kept_lock(s: Setting) -> None:
    s.thread(Mutex().lock, name="forgetful")


def broken_rule(s: Setting) -> None:
    mutex, x = Mutex(), AtomicInt64(0)

    def work() -> None:
        with mutex:
            x.store(1)

    s.thread(work, name="worker")
    s.never_while_holding(mutex)(lambda cell, kind, operands: kind.name == "store")


def false_invariant(s: Setting) -> None:
    x = AtomicInt64(0)
    s.thread(x.store, 1, name="writer")
    s.invariant(lambda: require(x.load() == 0, "it is not"))


def deadlock(s: Setting) -> None:
    one, other = Mutex(), Mutex()

    def work(first: Mutex, second: Mutex) -> None:
        with first, second:
            pass

    s.thread(work, one, other, name="forward")
    s.thread(work, other, one, name="backward")


def livelock(s: Setting) -> None:
    x = AtomicInt64(0)

    def wait() -> None:
        while not x.load():
            pass

    s.thread(wait, name="waiter")


def inexplicable(s: Setting) -> None:
    x = AtomicInt64(0)
    history = s.linearizable(0, lambda state, operation: (operation, None) if operation else (state, state))
    s.thread(lambda: history.call(5, lambda: (x.load(), None)[1]), name="writer")
    s.thread(lambda: history.call(5, lambda: (x.load(), None)[1]) or history.call(0, x.load), name="reader")


@pytest.mark.parametrize(
    ("build", "unseen", "reason"),
    [
        (racing_fields, "data_race", "threads race in state"),
        (kept_lock, "held_at_return", "a thread holds a lock"),
        (broken_rule, "broken_rule", "a thread holds a lock"),
        (false_invariant, "invariant_fault", "invariant:<lambda> in state 1: it is not"),
        (deadlock, None, "is a deadlock"),
        (livelock, None, "a livelock: from 2 of its states"),
        (inexplicable, None, "the code shows linearizability"),
    ],
    ids=lambda part: getattr(part, "__name__", None),
)
def test_each_kind_of_fault_is_judged_by_the_checker_itself(build, unseen, reason, tmp_path, monkeypatch):
    """Executions are made blind for it where the checker does not need to be told."""
    scenario = program(build.__name__, build, data_races=True)
    assert explore(scenario).verdict == "VIOLATED"
    certificate = written_regardless(scenario, tmp_path)
    if unseen is not None:
        monkeypatch.setattr(controlled, unseen, lambda *_: None)
    with pytest.raises(Refused, match=reason):
        certificate.verify(at_home(scenario))
