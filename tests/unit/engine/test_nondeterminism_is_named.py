"""A thread that does not repeat itself gives ``NondeterminismError``, which names the call or the step, never a verdict."""

from __future__ import annotations

import datetime
import os
import random
import secrets
import time
import uuid
from functools import cache

import pytest

from tests.programs.making import merged, program
from weft import AtomicInt64, NondeterminismError, Setting

GENERATOR = random.Random(1)


def complaint(work) -> str:
    """The message with which a search of ``work``, as one of two threads, is refused."""

    def build(s: Setting) -> None:
        x = AtomicInt64(0)
        s.thread(work, x, name="worker")
        s.thread(x.store, 1, name="other")

    with pytest.raises(NondeterminismError) as caught:
        merged(program("nondeterministic", build))
    return str(caught.value)


@pytest.mark.parametrize(
    ("read", "name"),
    [
        (lambda: time.time(), "time.time"),
        (lambda: time.monotonic_ns(), "time.monotonic_ns"),
        (lambda: time.perf_counter(), "time.perf_counter"),
        (lambda: datetime.datetime.now(), "datetime.now"),
        (lambda: random.random(), "random"),
        (lambda: random.randint(1, 6), "getrandbits"),
        (lambda: GENERATOR.random(), "random"),
        (lambda: secrets.token_bytes(4), "urandom"),
        (lambda: os.urandom(1), "urandom"),
        (lambda: uuid.uuid4(), "urandom"),
        (lambda: id(object()), "builtins.id"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_thread_that_reads_a_clock_chance_or_an_address_is_named_with_the_call(read, name):
    def work(x: AtomicInt64) -> int:
        x.add(1)
        read()
        return x.load()

    message = complaint(work)
    assert message.startswith("thread worker calls ")
    assert name in message
    assert __file__ in message or "lib/python" in message


def test_reading_the_clock_in_the_set_up_is_allowed():
    def build(s: Setting) -> None:
        started = time.time() > 0
        s.thread(lambda: started, name="worker")

    assert merged(program("clock", build)).verdict == "HOLDS"


def test_a_step_that_is_not_repeated_is_named_with_what_came_instead():
    @cache
    def look(x: AtomicInt64) -> int:
        return x.load()

    def build(s: Setting) -> None:
        x, y = AtomicInt64(0), AtomicInt64(0)

        def work() -> int:
            first = LOOKS[0](x)
            return first + y.load()

        s.thread(work, name="worker")

    LOOKS[0] = look
    with pytest.raises(
        NondeterminismError, match=r"thread worker, step 1: was AtomicInt64#0.load\(\), is now AtomicInt64#1.load\(\)"
    ):
        merged(program("cached", build))


LOOKS = {0: None}


def test_an_environment_that_changes_between_executions_is_noticed_at_the_step():
    def work(x: AtomicInt64) -> int:
        os.environ["WEFT_TEST"] = os.environ.get("WEFT_TEST", "") + "a"
        return x.add(len(os.environ["WEFT_TEST"]))

    try:
        assert "thread worker, step 1: was AtomicInt64#0.add(1), is now AtomicInt64#0.add(" in complaint(work)
    finally:
        del os.environ["WEFT_TEST"]


def test_a_garbage_collection_during_a_thread_is_not_blamed_on_it():
    """Callbacks of collectors read clocks; a collection is put off until no thread runs."""
    import gc

    def build(s: Setting) -> None:
        x = AtomicInt64(0)

        def work() -> int:
            garbage = [[] for _ in range(2000)]
            for cell in garbage:
                cell.append(cell)
            return x.load()

        s.thread(work, name="worker")

    moments: list[float] = []

    def note(phase: str, _: object) -> None:
        moments.append(time.perf_counter())

    gc.callbacks.append(note)
    before = gc.get_threshold()
    gc.set_threshold(10, 2, 2)
    try:
        assert merged(program("garbage", build)).verdict == "HOLDS"
        assert moments
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(note)
