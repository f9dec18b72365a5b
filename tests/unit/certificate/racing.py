"""Races that hold, for certificates: a file of its own, because its text is among what is certified."""

from __future__ import annotations

from weft import AtomicInt64, AtomicReference, Field, Mutex, Results, Setting, Shared, SharedList, require, scenario
from weft.scenario import Taken


@scenario(why="compare-and-swap loses no update")
def two_increments(s: Setting) -> None:
    counter = AtomicInt64(0)

    def add_one() -> None:
        while True:
            seen = counter.load()
            if counter.compare_and_swap(seen, seen + 1):
                return

    s.thread(add_one, name="first")
    s.thread(add_one, name="second")

    @s.invariant
    def never_above_two() -> None:
        require(counter.load() <= 2, "too many")

    @s.sometimes
    def an_attempt_fails(taken: Taken) -> bool:
        return taken.kind == "compare_and_swap" and not taken.result

    @s.final
    def both_counted(_: Results) -> None:
        require(counter.load() == 2, f"counter is {counter.load()}")


@scenario(why="a retry after somebody else has finished always succeeds")
def one_waits_by_looking_again(s: Setting) -> None:
    ready = AtomicInt64(0)

    def look() -> None:
        while not ready.load():
            pass

    s.thread(look, name="looker")
    s.thread(ready.store, 1, name="setter")


@scenario(why="the lock orders every access")
def counted_under_a_lock(s: Setting) -> None:
    mutex, count = Mutex(), Field(0)

    def add_one() -> int:
        with mutex:
            count.write(count.read() + 1)
            return count.read()

    s.thread(add_one, name="first")
    s.thread(add_one, name="second")

    @s.invariant_when(lambda: not mutex.is_locked())
    def is_small() -> None:
        require(count.read() <= 2, "too large")

    @s.final
    def each_saw_its_own(results: Results) -> None:
        require(sorted(results) == [1, 2], f"{results}")


@scenario(why="a push is one compare-and-swap of a node that the thread made")
def pushed_nodes(s: Setting) -> None:
    class Node(Shared):
        def __init__(self, value: int, below: object) -> None:
            self.value, self.below = value, below
            self.visited = AtomicInt64(0)

    top: AtomicReference[Node | None] = AtomicReference(None)

    def push(value: int) -> int:
        below = top.load()
        node = Node(value, below)
        if not top.compare_and_swap(below, node):
            return 0
        return node.visited.add(1)

    s.thread(push, 1, name="one")
    s.thread(push, 2, name="two")

    @s.final
    def somebody_pushed(results: Results) -> None:
        require(top.load() is not None and 1 in results, f"{results}")


@scenario(why="one step does it")
def linearizable_register(s: Setting) -> None:
    cell = AtomicInt64(0)
    history = s.linearizable(0, lambda state, operation: (operation, None) if operation else (state, state))
    s.thread(lambda: history.call(5, cell.store, 5), name="writer")
    s.thread(lambda: history.call(0, cell.load), name="reader")


@scenario(why="nothing is shared")
def nothing_to_do(s: Setting) -> None:
    SharedList()
    s.thread(lambda: 7, name="only")
