"""Checks compiled into decision trees over the values they read.

A check is a deterministic function of the cells it reads. So it is run once for each combination of values it really looks at,
and remembered as a tree: each inner node names a slot, each branch a value, each leaf an answer. Asking again costs a few
dictionary lookups and no Python of the check's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import Any, Generic, TypeVar

Answer = TypeVar("Answer")

Look = Callable[[int], int]


class _Inner(Generic[Answer]):
    __slots__ = ("branches", "slot")

    def __init__(self, slot: int) -> None:
        self.slot = slot
        self.branches: dict[int, _Inner[Answer] | _Leaf[Answer]] = {}


class _Leaf(Generic[Answer]):
    __slots__ = ("answer",)

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


class Observer(Generic[Answer]):
    """A remembered check.

    Args:
        run: ``run(argument, look)`` evaluates the check on a state, reading slots through ``look(slot)``.
        offset: Where slot 0 stands in the vectors that will be asked about.

    Attributes:
        slots: Every slot that it ever looked at.
    """

    def __init__(self, run: Callable[[Any, Look], Answer], *, offset: int = 0) -> None:
        self._run = run
        self._offset = offset
        self._trees: dict[Any, _Inner[Answer] | _Leaf[Answer]] = {}
        self.evaluations = 0
        self.slots: set[int] = set()

    def ask(self, argument: Any, memory: Sequence[int]) -> Answer:
        """The check's answer for ``argument`` (hashable) in the state with the vector ``memory``."""
        tree = self._trees.get(argument)
        while type(tree) is _Inner:
            tree = tree.branches.get(memory[tree.slot])  # slots in trees have the offset added
        if tree is None:
            return self._learn(argument, memory)
        return tree.answer  # type: ignore[union-attr]

    def path(self, argument: Any, memory: Sequence[int]) -> list[tuple[int, int]]:
        """The (position, value) pairs that decide the answer in this state, in the order they are looked at."""
        self.ask(argument, memory)
        tree = self._trees[argument]
        looked = []
        while isinstance(tree, _Inner):
            looked.append((tree.slot, memory[tree.slot]))
            tree = tree.branches[memory[tree.slot]]
        return looked

    def settled(self, argument: Any, memory: Sequence[int], slots: Collection[int]) -> bool:
        """Whether ``slots`` alone decide that the answer in this state is ``None``."""
        tree = self._trees.get(argument)
        while isinstance(tree, _Inner) and tree.slot - self._offset in slots:
            tree = tree.branches.get(memory[tree.slot])
        return isinstance(tree, _Leaf) and tree.answer is None

    def _learn(self, argument: Any, memory: Sequence[int]) -> Answer:
        read: list[int] = []

        def look(slot: int) -> int:
            position = slot + self._offset
            if position not in read:
                read.append(position)
            return memory[position]

        self.evaluations += 1
        answer = self._run(argument, look)
        self.slots.update(position - self._offset for position in read)
        leaf: _Inner[Answer] | _Leaf[Answer] = _Leaf(answer)
        if not read:
            self._trees[argument] = leaf
            return answer
        node = self._trees.setdefault(argument, _Inner(read[0]))
        for slot, following in pairwise(read):
            assert isinstance(node, _Inner)
            assert node.slot == slot
            node = node.branches.setdefault(memory[slot], _Inner(following))
        assert isinstance(node, _Inner)
        node.branches[memory[read[-1]]] = leaf
        return answer
