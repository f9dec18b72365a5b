"""Stacks and queues without locks: Treiber's stack, Michael and Scott's queue, and SafeStack.

Sources: Treiber, Systems programming: coping with parallelism, IBM RJ 5118, 1986; Michael and Scott, Simple, fast, and practical
non-blocking and blocking concurrent queue algorithms, PODC 1996; Vyukov, SafeStack, 2010 (a kernel of SCTBench).
"""

from __future__ import annotations

from typing import Any

from tests.programs.making import program
from weft import AtomicInt64, AtomicReference, Field, Results, Scenario, Setting, Shared, require

NOTHING = -1


class TreiberStack(Shared):
    """A stack over the nodes of an array, linked by index; a version in the head tells a node that was away from one that stayed.

    Args:
        size: Nodes 0 to ``size`` - 1 are on the stack, 0 on top.
        free: How many more nodes there are.
        versions: Without them a compare-and-swap believes a head that was popped and pushed again (the ABA problem).
    """

    def __init__(self, size: int, *, free: int = 0, versions: bool = True) -> None:
        self.name = "stack"
        nodes = size + free
        self.following = tuple(AtomicInt64(k + 1 if k + 1 < size else NOTHING) for k in range(nodes))
        self.head = AtomicReference((0 if size else NOTHING, 0))
        self.versions = versions

    def _after(self, node: int, version: int) -> tuple[int, int]:
        return node, version + 1 if self.versions else 0

    def push(self, node: int) -> None:
        """Put ``node`` on top."""
        while True:
            top, version = seen = self.head.load()
            self.following[node].store(top)
            if self.head.compare_and_swap(seen, self._after(node, version)):
                return

    def pop(self) -> int:
        """Take the top node, or ``NOTHING``."""
        while True:
            top, version = seen = self.head.load()
            if top == NOTHING:
                return NOTHING
            if self.head.compare_and_swap(seen, self._after(self.following[top].load(), version)):
                return top

    def content(self) -> tuple[int, ...]:
        """From the top; ends where it meets a node again."""
        found: list[int] = []
        node = self.head.load()[0]
        while node != NOTHING and node not in found:
            found.append(node)
            node = self.following[node].load()
        return tuple(found)


def treiber_pushes(n: int) -> Scenario:
    """n threads push a node each onto an empty stack."""

    def build(s: Setting) -> None:
        stack = TreiberStack(0, free=n)
        for node in range(n):
            s.thread(stack.push, node, name=f"pusher-{node + 1}")
        s.observe(lambda _: stack.content())

    return program(f"treiber-pushes-{n}", build)


def treiber_aba(*, versions: bool) -> Scenario:
    """One thread pops; another pops two nodes and pushes the first back. Nobody may own a node that is on the stack."""

    def build(s: Setting) -> None:
        stack = TreiberStack(3, versions=versions)

        def recycler() -> int:
            first = stack.pop()
            second = stack.pop()
            if first != NOTHING:
                stack.push(first)
            return second

        s.thread(stack.pop, name="popper")
        s.thread(recycler)

        @s.final
        def every_node_has_one_place(results: Results) -> None:
            places = sorted([*results, *stack.content()])
            require(places == [0, 1, 2], f"popper has {results[0]}, recycler has {results[1]}, on the stack are {stack.content()}")

    if versions:
        return program("treiber-aba-versions", build)
    return program("treiber-aba", build, expect="VIOLATED", violates="final:every_node_has_one_place")


class QueueNode(Shared):
    """A value and what follows it."""

    def __init__(self, value: int) -> None:
        self.value = value
        self.following: AtomicReference[QueueNode | None] = AtomicReference(None)


class MichaelScottQueue(Shared):
    """A linked list with a dummy node at its head and a tail that may lag by one node."""

    def __init__(self, *, links_by_store: bool = False) -> None:
        self.name = "queue"
        dummy = QueueNode(NOTHING)
        self.head, self.tail = AtomicReference(dummy), AtomicReference(dummy)
        self.links_by_store = links_by_store

    def enqueue(self, value: int) -> None:
        """Append ``value``."""
        node = QueueNode(value)
        while True:
            last = self.tail.load()
            following = last.following.load()
            if following is not None:
                self.tail.compare_and_swap(last, following)
            elif self._link(last, node):
                break
        self.tail.compare_and_swap(last, node)

    def _link(self, last: QueueNode, node: QueueNode) -> bool:
        if self.links_by_store:
            last.following.store(node)
            return True
        return last.following.compare_and_swap(None, node)

    def dequeue(self) -> int:
        """Take the first value, or ``NOTHING``."""
        while True:
            first, last = self.head.load(), self.tail.load()
            following = first.following.load()
            if following is None:
                return NOTHING
            if first is last:
                self.tail.compare_and_swap(last, following)
            elif self.head.compare_and_swap(first, following):
                return following.value

    def content(self) -> tuple[int, ...]:
        """From the front."""
        found = []
        node = self.head.load().following.load()
        while node is not None:
            found.append(node.value)
            node = node.following.load()
        return tuple(found)


def queue_enqueues(n: int) -> Scenario:
    """n threads enqueue a value each."""

    def build(s: Setting) -> None:
        queue = MichaelScottQueue()
        for value in range(n):
            s.thread(queue.enqueue, value, name=f"enqueuer-{value + 1}")
        s.observe(lambda _: queue.content())

    return program(f"ms-queue-enqueues-{n}", build)


def _fifo(items: tuple[int, ...], operation: tuple[str, int]) -> tuple[tuple[int, ...], Any]:
    name, value = operation
    if name == "enqueue":
        return (*items, value), None
    return items[1:], items[0] if items else NOTHING


def queue_linearizable(enqueuers: int, dequeuers: int, *, links_by_store: bool = False) -> Scenario:
    """Threads that enqueue or dequeue once; explained by a tuple. Twin: a node linked by a plain store overwrites another."""

    def build(s: Setting) -> None:
        queue = MichaelScottQueue(links_by_store=links_by_store)
        history = s.linearizable((), _fifo)

        def enqueuer(value: int) -> None:
            history.call(("enqueue", value), queue.enqueue, value)

        def dequeuer() -> int:
            return history.call(("dequeue", 0), queue.dequeue)  # type: ignore[no-any-return]

        for value in range(enqueuers):
            s.thread(enqueuer, value, name=f"enqueuer-{value + 1}")
        for k in range(dequeuers):
            s.thread(dequeuer, name=f"dequeuer-{k + 1}")

        @s.final
        def no_value_is_lost(results: Results) -> None:
            seen = sorted([value for value in results[enqueuers:] if value != NOTHING] + list(queue.content()))
            require(seen == list(range(enqueuers)), f"dequeued or still there are {seen}")

    name = f"ms-queue-{enqueuers}-{dequeuers}"
    if links_by_store:
        return program(f"{name}-store", build, expect="VIOLATED", violates="final:no_value_is_lost")
    return program(name, build)


def safe_stack(*rounds: int) -> Scenario:
    """One thread for each of ``rounds``, which pops, writes, reads and pushes so often, on a stack of three items.

    ``safe_stack(3, 3, 3)`` is the size of SCTBench. Two threads may own one item at once; that takes three threads, five rounds and
    at least five preemptions.
    """

    def build(s: Setting) -> None:
        size = 3
        following = tuple(AtomicInt64(k + 1 if k + 1 < size else NOTHING) for k in range(size))
        values = tuple(Field(NOTHING) for _ in range(size))
        head, count = AtomicInt64(0), AtomicInt64(size)

        def pop() -> int:
            while count.load() > 1:
                top = head.load()
                after = following[top].exchange(NOTHING)
                if after < 0:
                    continue
                if head.compare_and_swap(top, after):
                    count.add(-1)
                    return top
                following[top].exchange(after)
            return NOTHING

        def push(item: int) -> None:
            while True:
                top = head.load()
                following[item].store(top)
                if head.compare_and_swap(top, item):
                    break
            count.add(1)

        def worker(me: int) -> None:
            for _ in range(rounds[me]):
                while True:
                    item = pop()
                    if item >= 0:
                        break
                values[item].write(me)
                require(values[item].read() == me, "somebody else owns the item too")
                push(item)

        for me in range(len(rounds)):
            s.thread(worker, me, name=f"worker-{me + 1}")

    name = "safe-stack-" + "-".join(map(str, rounds))
    if len(rounds) < 3 or sum(rounds) < 5:
        return program(name, build)
    return program(name, build, expect="VIOLATED", violates="assertion:worker")
