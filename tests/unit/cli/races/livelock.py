"""Two polite threads that can wait for each other for ever."""

from weft import AtomicBool, Setting, scenario


@scenario(expect="VIOLATED", violates="livelock", why="once both flags are up nobody takes one down")
def too_polite(s: Setting) -> None:
    flags = (AtomicBool(), AtomicBool())

    def enter(mine: AtomicBool, other: AtomicBool) -> None:
        mine.store(True)
        while other.load():
            pass
        mine.store(False)

    s.thread(enter, flags[0], flags[1], name="alice")
    s.thread(enter, flags[1], flags[0], name="bob")
