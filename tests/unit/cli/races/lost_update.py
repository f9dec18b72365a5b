"""Two threads add one to a counter: split into load and store, and as one step."""

from weft import AtomicInt64, Results, Setting, require, scenario


@scenario(expect="VIOLATED", violates="final:both_counted", why="add is split into load and store")
def lost_update(s: Setting) -> None:
    counter = AtomicInt64(0)

    def add_one() -> None:
        counter.store(counter.load() + 1)

    s.thread(add_one, name="first")
    s.thread(add_one, name="second")

    @s.final
    def both_counted(_: Results) -> None:
        require(counter.load() == 2, f"counter is {counter.load()}, expected 2")


@scenario(why="add is one step")
def atomic_update(s: Setting) -> None:
    counter = AtomicInt64(0)
    s.thread(counter.add, 1, name="first")
    s.thread(counter.add, 1, name="second")

    @s.final
    def both_counted(_: Results) -> None:
        require(counter.load() == 2, f"counter is {counter.load()}, expected 2")
