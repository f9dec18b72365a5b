"""A race that breaks in two ways."""

from weft import Mutex, Results, Setting, require, scenario


def _two_kinds(s: Setting) -> None:
    one, two = Mutex(), Mutex()

    def forwards() -> None:
        with one, two:
            pass

    def backwards() -> None:
        with two, one:
            pass

    s.thread(forwards)
    s.thread(backwards)

    @s.final
    def never_finishes(_: Results) -> None:
        require(False, "it finished")


expects_deadlock = scenario(name="expects_deadlock", expect="VIOLATED", violates="deadlock", why="opposite orders")(_two_kinds)
expects_final = scenario(name="expects_final", expect="VIOLATED", violates="final:never", why="the check is false")(_two_kinds)
