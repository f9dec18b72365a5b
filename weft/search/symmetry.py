"""Symmetry: states that differ only in which of several like threads is where are searched once.

A scenario says which threads may stand for each other (``Setting.threads``). A permutation of them maps a state to another one:
the nodes change places, and whatever in nodes and values names a thread (a mutex's holder, a call under way, a cell that a thread
has made) names another. A state's fingerprint under a permutation is that of its image, so states in one orbit have the same set
of fingerprints, and the least of them stands for the orbit. No image is ever built: what each component contributes under each
permutation is one mark, computed once from a *description* in which threads are renamed.

Guarantee: two states are taken for one only if a permutation maps one to the other (up to fingerprint collisions). What cannot be
described with threads renamed (a bound method of C, say) is described as itself under no other permutation, which costs states
only.

Limits: at most 24 permutations, of as many threads as fit; what differs by others stays apart. That checks treat the threads
alike is the scenario's word; the random schedules of the audit have all roles. Only the compiled loop does it, with fingerprints
of 64 bits, and without persistent sets. Lock orders and livelocks are properties of all roles together: where locks are nested or
the state graph has cycles, the search is repeated without symmetry.

Source: Ip and Dill, Better Verification Through Symmetry, FMSD 1996; the least fingerprint instead of a normal form is ours.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import fields
from itertools import permutations, product
from typing import Any

from weft.automaton.automaton import Automaton
from weft.automaton.local_state import Same
from weft.cells.cell import Cell
from weft.cells.shared import Shared, attributes_of
from weft.cells.values import ByEquality, identity
from weft.cells.world import SETUP
from weft.search.fingerprint import mix64
from weft.worlds.ending import Ending

MOST_PERMUTATIONS = 24

Permutation = tuple[int, ...]
"""By thread, whose place it takes."""


def permutations_of(alike: Sequence[tuple[int, ...]], threads: int) -> list[Permutation]:
    """The identity first, then as many others as are used."""
    groups: list[list[tuple[int, ...]]] = []
    count = 1
    for group in alike:
        moved = group
        while len(moved) > 1 and count * _factorial(len(moved)) > MOST_PERMUTATIONS:
            moved = moved[:-1]
        count *= _factorial(len(moved))
        groups.append([order + group[len(moved) :] for order in permutations(moved)])
    found = []
    for orders in product(*groups):
        places = list(range(threads))
        for group, order in zip(alike, orders, strict=True):
            for thread, place in zip(group, order, strict=True):
                places[thread] = place
        found.append(tuple(places))
    return found


def _factorial(number: int) -> int:
    return 1 if number < 2 else number * _factorial(number - 1)


class Symmetry:
    """Marks of the components of states, under each permutation.

    Attributes:
        permutations: Those used.
    """

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self.permutations = permutations_of(automaton.setting.alike, automaton.threads)
        self._numbers: dict[Hashable, int] = {}

    def marks(self, position: int, number: int) -> tuple[int, ...]:
        """The mark of ``number`` (a node plus one, or a value) at ``position`` under each permutation."""
        return tuple(self._mark(position, number, permutation) for permutation in self.permutations)

    def _mark(self, position: int, number: int, permutation: Permutation) -> int:
        image = _Image(self._automaton, permutation)
        described = image.node(number - 1) if position < self._automaton.threads else image.slot(position, number)
        return mix64(self._numbers.setdefault(described, len(self._numbers) + 1))

    def roles(self, ending: Ending) -> Iterator[Ending]:
        """The same ending with the threads in every role."""
        for permutation in self.permutations:
            results = [None] * len(permutation)
            for thread, place in enumerate(permutation):
                results[place] = ending.results[thread]
            yield Ending(ending.kind, tuple(results), ending.observed, ending.slug, ending.message)


class _Image:
    """Describes components of a state as they are with the threads in other places."""

    def __init__(self, automaton: Automaton, permutation: Permutation) -> None:
        self._automaton = automaton
        self._permutation = permutation
        self._moves = permutation != tuple(range(len(permutation)))

    def rename(self, thread: int) -> int:
        """The thread in whose place ``thread`` is; others than the race's stay."""
        return self._permutation[thread] if 0 <= thread < len(self._permutation) else thread

    def node(self, node: int) -> Hashable:
        """A node, with the thread whose it is."""
        key = self._automaton.key(node)
        if isinstance(key[0], tuple):
            (thread, *rest), begun = key
            if rest[0] != "history":
                made, operation, frames = rest
                return ("node", self.rename(thread), made, self._operation(operation), self.of(frames), self.of(begun))
            key = (thread, *rest)
        thread, kind, *rest = key
        if kind == "misused":
            return (kind, self.rename(thread), self.node(rest[0]), rest[1])
        return (kind, self.rename(thread), self._origin(rest[0]))

    def _origin(self, origin: Any) -> Hashable:
        """What a history or an end is told apart by: the node and result before it, a value, or how a thread broke."""
        if isinstance(origin, int):
            return self._value(origin)
        if origin is None or isinstance(origin[0], str):
            return origin  # type: ignore[no-any-return]
        return (self.node(origin[0]), self._value(origin[1]))

    def _operation(self, number: int) -> Hashable:
        cell, kind, operands = self._automaton.step(number)
        if kind.by_thread:
            operands = (self.rename(operands[0]), *operands[1:])
        return (kind.number, self.of(cell), tuple(self.of(identity(operand)) for operand in operands))

    def slot(self, position: int, value: int) -> Hashable:
        """What a slot holds."""
        cell = self._automaton.world.cells[position - self._automaton.threads]
        held = cell.renamed(self._automaton.values[value], self.rename)
        return ("slot", self.of(cell), self.of(identity(held)))

    def _value(self, number: int) -> Hashable:
        return self.of(identity(self._automaton.values[number]))

    def of(self, thing: Any) -> Hashable:
        """A key or a part of one, with threads renamed."""
        if isinstance(thing, Cell):
            thread, k = thing.tag
            return thing if thread == SETUP else ("made cell", type(thing), self.rename(thread), k)
        if isinstance(thing, Shared):
            return thing if thing._tag[0] == SETUP else self._shared(thing)
        if isinstance(thing, tuple):
            return tuple(map(self.of, thing))
        if isinstance(thing, frozenset):
            return frozenset(map(self.of, thing))
        if isinstance(thing, ByEquality):
            parts = (getattr(thing, field.name) for field in fields(thing))  # type: ignore[arg-type]
            return (type(thing), *(self.of(identity(part)) for part in parts))
        if isinstance(thing, Same):
            return thing if thing.is_closed or not self._moves else ("itself", self._permutation, thing)
        return thing  # type: ignore[no-any-return]

    def _shared(self, thing: Shared) -> Hashable:
        thread, k = thing._tag
        held = sorted((name, value) for name, value in attributes_of(thing).items() if name != "_tag")
        return ("made", type(thing), self.rename(thread), k, tuple((name, self.of(identity(value))) for name, value in held))
