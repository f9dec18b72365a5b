"""Races that are themselves at fault, for exit code 2."""

import time

from weft import AtomicInt64, Results, Setting, Shared, scenario


@scenario()
def reads_the_clock(s: Setting) -> None:
    last = AtomicInt64(0)
    s.thread(lambda: last.store(int(time.time())), name="timer")


class Mount(Shared):
    """Has a plain attribute that somebody sets later."""

    def __init__(self) -> None:
        self.flags = 0


@scenario()
def hides_state(s: Setting) -> None:
    mount = Mount()

    def set_flags() -> None:
        mount.flags = 1

    s.thread(set_flags, name="setter")


@scenario()
def has_no_threads(_: Setting) -> None:
    pass


@scenario()
def raises_in_set_up(s: Setting) -> None:
    s.thread(AtomicInt64().load, name="reader")
    raise KeyError("nothing there")


@scenario()
def raises_in_observer(s: Setting) -> None:
    s.thread(AtomicInt64().load, name="reader")

    @s.observe
    def look(results: Results) -> int:
        return 1 // int(results["reader"])
