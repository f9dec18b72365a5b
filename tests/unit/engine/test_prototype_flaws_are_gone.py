"""The flaws that the throwaway prototype's README lists, each with a program that would show it.

Objects made in threads compared by address; set-up objects found through the garbage collector; one global engine; visited
states as ``hash()`` values; ``with`` blocks and ``for`` loops never merged; no invariants, no traces.
"""

from __future__ import annotations

import gc

import pytest

from tests.programs.making import assert_all_engines_agree, merged, program
from weft import AtomicInt64, AtomicReference, Mutex, Results, Setting, Shared, require
from weft.automaton.automaton import Automaton
from weft.search.replay import replay


class Node(Shared):
    """Made by threads."""

    def __init__(self, value: int) -> None:
        self.value = value
        self.uses = AtomicInt64(0)


def test_objects_that_threads_make_and_publish_are_compared_as_objects():
    """Two threads install a node unless there is one; both must see the same node in the end, and use it twice."""

    def build(s: Setting) -> None:
        head: AtomicReference[Node | None] = AtomicReference(None)

        def install(value: int) -> tuple[int, bool]:
            mine = Node(value)
            head.compare_and_swap(None, mine)
            found = head.load()
            found.uses.add(1)
            return found.value, found is mine

        s.thread(install, 1, name="first")
        s.thread(install, 2, name="second")

        @s.final
        def one_node(results: Results) -> None:
            require(head.load().uses.load() == 2, "two uses")
            require(results["first"][0] == results["second"][0], "the same node")
            require(sorted((results["first"][1], results["second"][1])) == [False, True], "one of them is the maker")

    found = assert_all_engines_agree(program("install", build))
    assert (found.verdict, found.interleavings, len(found.outcomes)) == ("HOLDS", 20, 2)


def test_an_object_made_with_different_contents_in_two_histories_is_two_objects():
    def build(s: Setting) -> None:
        x: AtomicInt64 = AtomicInt64(0)
        head: AtomicReference[Node | None] = AtomicReference(None)

        def make() -> None:
            head.store(Node(x.load()))

        def look() -> int | None:
            node = head.load()
            return None if node is None else node.value

        s.thread(make)
        s.thread(x.store, 1, name="writer")
        s.thread(look)

    found = assert_all_engines_agree(program("contents", build))
    assert (found.verdict, len(found.outcomes)) == ("HOLDS", 3)


def test_an_object_that_only_a_cell_of_a_dead_thread_knows_is_still_there():
    def build(s: Setting) -> None:
        head: AtomicReference[Node | None] = AtomicReference(None)

        def push(value: int) -> None:
            head.store(Node(value))

        def use() -> int:
            node = head.load()
            return -1 if node is None else node.uses.add(node.value)

        gc.collect()
        s.thread(push, 5)
        s.thread(use)

    found = assert_all_engines_agree(program("alive", build))
    assert {outcome[1][1] for outcome in found.outcomes} == {-1, 5}


def test_two_engines_can_be_used_alternately_because_cells_belong_to_none():
    def build(s: Setting) -> None:
        x = AtomicInt64(0)
        s.thread(x.add, 1, name="first")
        s.thread(x.add, 2, name="second")
        s.observe(lambda _: x.load())

    one, other = Automaton(program("one", build)), Automaton(program("other", build))
    for automaton in (one, other, one):
        move = automaton.move(automaton.start[0], automaton.start[2])
        assert automaton.values[move.value] == 1
    outside = AtomicInt64(7)
    assert outside.add(1) == 8


def test_with_blocks_and_for_loops_merge():
    """What two threads have counted is the same whoever came first, in the middle of ``with`` and ``for``."""

    def build(s: Setting) -> None:
        x, mutex = AtomicInt64(0), Mutex()

        def work() -> None:
            for _ in range(2):
                with mutex:
                    x.add(1)

        s.thread(work, name="first")
        s.thread(work, name="second")

    fast = assert_all_engines_agree(program("merge", build))
    slow = __import__("tests.programs.making", fromlist=["unmerged"]).unmerged(program("merge", build))
    assert not fast.fallbacks
    assert fast.interleavings == 6
    assert fast.states < slow.states


def test_a_generator_that_is_a_context_manager_merges():
    from weft import RWMutex

    def build(s: Setting) -> None:
        x, lock = AtomicInt64(0), RWMutex()

        def read() -> int:
            with lock.reading():
                return x.load()

        def write() -> None:
            with lock.writing():
                x.add(1)

        s.thread(read)
        s.thread(write)

    found = assert_all_engines_agree(program("reading", build))
    assert not found.fallbacks
    assert {outcome[1][0] for outcome in found.outcomes} == {0, 1}


def test_special_methods_properties_and_shared_containers_merge():
    from weft import SharedDict, SharedList

    class Box(Shared):
        def __init__(self) -> None:
            self.items = SharedList()
            self.index: SharedDict[str, int] = SharedDict()

        def __len__(self) -> int:
            return len(self.items)

        @property
        def last(self) -> int:
            return self.items[-1]

        def __setitem__(self, key: str, value: int) -> None:
            self.items.append(value)
            self.index[key] = value

        def __contains__(self, key: str) -> bool:
            return key in self.index

    def build(s: Setting) -> None:
        box, mutex = Box(), Mutex()

        def work(key: str, value: int) -> int:
            with mutex:
                box[key] = value
                return len(box) * 100 + box.last * 10 + (key in box)

        s.thread(work, "a", 1, name="first")
        s.thread(work, "b", 2, name="second")

    found = assert_all_engines_agree(program("box", build))
    assert not found.fallbacks
    assert (found.interleavings, len(found.outcomes)) == (2, 2)


def test_a_violation_comes_with_a_trace_that_names_cells_and_lines():
    def build(s: Setting) -> None:
        node = Node(1)

        def use() -> None:
            node.uses.store(node.uses.load() + 1)

        s.thread(use, name="first")
        s.thread(use, name="second")

        @s.final
        def both_counted(_: Results) -> None:
            require(node.uses.load() == 2, "lost")

    scenario = program("trace", build)
    found = merged(scenario)
    steps = replay(scenario, found.violations[0].schedule).steps
    assert [step.text for step in steps][-1] == "Node#0.uses.store(1)"
    assert {step.function.rpartition(".")[2] for step in steps} == {"use"}
    assert all(step.file == __file__ and step.line for step in steps)


@pytest.mark.parametrize("merge", [True, False])
def test_states_are_counted_by_fingerprint_not_by_hash_of_python_objects(merge):
    """-1 and -2 have one ``hash()``."""
    from weft.search.exhaustive import explore

    def build(s: Setting) -> None:
        x = AtomicInt64(0)
        s.thread(x.store, -1, name="first")
        s.thread(x.store, -2, name="second")
        s.observe(lambda _: x.load())

    found = explore(program("hash", build), merge=merge)
    assert (found.states, {outcome[2] for outcome in found.outcomes}) == (5, {(-1,), (-2,)})
