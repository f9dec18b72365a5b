"""Small races and loads for real threads."""

from __future__ import annotations

import threading
import time
from random import Random

from weft import AtomicInt64, Field, Mutex, Results, RWMutex, SeqCount, Setting, Shared, require, scenario
from weft.cells import world
from weft.native.load import Traffic, load

FOREVER = threading.Event()


def _until_waiting(number: int) -> None:
    """Until that thread waits for a cell."""
    while world.current.hands[number].waiting is None:  # type: ignore[attr-defined]
        time.sleep(0.001)


@scenario()
def counted(s: Setting) -> None:
    """Every count is known."""
    word, mutex, seq = AtomicInt64(0), Mutex(), SeqCount()
    word.name_as(None, "word")
    mutex.name_as(None, "mutex")
    seq.name_as(None, "seq")

    def first() -> None:
        mutex.lock()
        word.add(1)
        word.compare_and_swap(5, 6)  # fails: it is 1
        word.compare_and_swap(1, 2)
        epoch = seq.begin_read()
        seq.begin_write()
        seq.end_write()
        seq.read_ok(epoch)  # the read has to be done again
        mutex.try_lock()  # fails: held
        _until_waiting(1)
        mutex.unlock()

    def second() -> None:
        while not mutex.is_locked():
            time.sleep(0.001)
        mutex.lock()
        mutex.unlock()

    s.thread(first)
    s.thread(second)


def _adders(s: Setting, *, split: bool) -> None:
    word = AtomicInt64(0)

    def add() -> None:
        if split:
            word.store(word.load() + 1)
        else:
            word.add(1)

    s.thread(add, name="first")
    s.thread(add, name="second")

    @s.final
    def both_counted(results: Results) -> None:
        require(word.load() == 2, f"counter is {word.load()}, expected 2")


@scenario(expect="VIOLATED")
def lost_update(s: Setting) -> None:
    """Load, then store."""
    _adders(s, split=True)


@scenario()
def no_lost_update(s: Setting) -> None:
    """One step."""
    _adders(s, split=False)


@scenario(expect="VIOLATED")
def opposite_orders(s: Setting) -> None:
    """Deadlocks for certain: each waits until the other holds its lock."""
    left, right = Mutex(), Mutex()
    left.name_as(None, "left")
    right.name_as(None, "right")

    def take(one: Mutex, other: Mutex) -> None:
        one.lock()
        while not other.is_locked():
            time.sleep(0.001)
        other.lock()

    s.thread(take, left, right, name="one")
    s.thread(take, right, left, name="two")


@scenario(expect="VIOLATED")
def stuck_outside_cells(s: Setting) -> None:
    """Hangs where no cell is to blame."""

    def wait_for_ever_here() -> None:
        FOREVER.wait()

    s.thread(wait_for_ever_here)
    s.thread(lambda: None, name="other")


@scenario(expect="VIOLATED")
def stray_unlock(s: Setting) -> None:
    """Breaks a primitive's contract."""
    lock = RWMutex()
    lock.name_as(None, "lock")
    s.thread(lock.write_unlock, name="one")


@scenario(expect="VIOLATED")
def forgotten_lock(s: Setting) -> None:
    """Returns with a lock."""
    mutex = Mutex()
    mutex.name_as(None, "mutex")
    s.thread(mutex.lock, name="one")


@scenario(expect="VIOLATED")
def forbidden_step(s: Setting) -> None:
    """A rule of the scenario is broken."""
    mutex, field = Mutex(), Field(0)
    mutex.name_as(None, "mutex")

    def one() -> None:
        with mutex:
            field.write(1)

    s.thread(one)

    @s.never_while_holding(mutex)
    def writing(cell: object, kind: object, operands: object) -> bool:
        return cell is field and kind.name == "write"  # type: ignore[attr-defined]


def _counter(s: Setting, *, stale: bool) -> None:
    word = AtomicInt64(0)
    history = s.linearizable(0, lambda state, operation: (state + 1, state + 1) if operation == "add" else (state, state))

    def add() -> int:
        if not stale:
            return word.add(1)
        seen = word.load()
        word.store(seen + 1)
        return seen + 1

    for name in "xy":
        s.thread(lambda: (history.call("add", add), history.call("get", word.load)), name=name)


@scenario(expect="VIOLATED")
def stale_counter(s: Setting) -> None:
    """Not linearizable."""
    _counter(s, stale=True)


@scenario()
def fresh_counter(s: Setting) -> None:
    """Linearizable."""
    _counter(s, stale=False)


class Thing(Shared):
    """Something counted."""

    def __init__(self) -> None:
        self.refs = AtomicInt64(1)


def _keeping(t: Traffic, *, forgets: int) -> None:
    made: list[Thing] = []
    t.watch_made(lambda shared: made.append(shared))  # type: ignore[arg-type]

    def use() -> str:
        thing = Thing()
        thing.refs.add(-1 if len(made) != forgets else 0)
        return "ok"

    @t.callers
    def one_call(choose: object, number: int) -> None:
        t.call("use", use)

    @t.final
    def nothing_is_left(_: Results) -> None:
        left = [thing for thing in made if thing.refs.load()]
        require(not left, f"{len(left)} left")


@load(threads=2, calls=3)
def keeps_nothing(t: Traffic) -> None:
    """No leak."""
    _keeping(t, forgets=-1)


@load(threads=2, calls=3, expect="VIOLATED")
def leaks_at_first(t: Traffic) -> None:
    """What is made in the first round is never let go."""
    _keeping(t, forgets=0)


@load(threads=3, calls=20)
def contended(t: Traffic) -> None:
    """One lock, held for a long or a short while."""
    the_lock = Mutex()
    the_lock.name_as(None, "the_lock")

    def hold(seconds: float) -> None:
        the_lock.lock()
        time.sleep(seconds)
        the_lock.unlock()

    @t.callers
    def one_call(choose: Random, number: int) -> None:
        name, seconds = ("long", 0.004) if choose.random() < 0.4 else ("short", 0.001)
        t.call(name, hold, seconds)
