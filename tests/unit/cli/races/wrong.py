"""Races whose expectation does not come true, for exit code 1."""

from weft import AtomicInt64, Results, Setting, require, scenario


@scenario(why="said by somebody who overlooked that two threads store")
def said_to_hold(s: Setting) -> None:
    number = AtomicInt64(0)
    s.thread(number.store, 1, name="one")
    s.thread(number.store, 2, name="two")

    @s.final
    def two_is_last(_: Results) -> None:
        require(number.load() == 2, f"number is {number.load()}, expected 2")


@scenario(expect="VIOLATED", why="said by somebody who thought that stores are lost")
def said_to_break(s: Setting) -> None:
    number = AtomicInt64(0)
    s.thread(number.store, 1, name="one")
    s.thread(number.store, 1, name="another")


@scenario(expect="VIOLATED", violates="deadlock", why="said by somebody who saw a lock where there is none")
def said_to_deadlock(s: Setting) -> None:
    number = AtomicInt64(0)
    s.thread(number.store, 1, name="one")

    @s.final
    def is_two(_: Results) -> None:
        require(number.load() == 2, f"number is {number.load()}, expected 2")
