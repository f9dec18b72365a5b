"""Shared dictionaries, sets and lists whose accesses are plain accesses: a lock must order them.

The whole container is one cell, as Go's race detector sees a map: a write to one key races with a read of another.
Looking at many elements at once (``items``, ``values``, iteration) is one step that returns a snapshot. A missing key
raises in the thread that asked, as the built-in would.

Choice a reader may question: dictionaries and sets are kept in ``order_key`` order, not insertion order, so that two
histories with equal contents are equal states and iteration is the same in every run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Generic, TypeVar

from weft.cells.cell import Cell
from weft.cells.effects import Kind, Outcome
from weft.cells.values import identity, order_key, settled

K = TypeVar("K")
V = TypeVar("V")

Pairs = tuple[tuple[Any, Any], ...]


class _Marker(type):
    """A class that stands for itself and shows as one word."""

    def __repr__(cls) -> str:
        return cls.__name__


_ABSENT: Final = _Marker("absent", (), {})


def _find(pairs: Pairs, key: Any) -> int:
    wanted = identity(key)
    return next((k for k, (other, _) in enumerate(pairs) if identity(other) == wanted), -1)


def _put(pairs: Pairs, key: Any, value: Any) -> Pairs:
    k = _find(pairs, key)
    if k >= 0:
        return (*pairs[:k], (key, value), *pairs[k + 1 :])
    return tuple(sorted((*pairs, (key, value)), key=lambda pair: order_key(pair[0])))


def _get(pairs: Pairs, key: Any) -> Outcome:
    k = _find(pairs, key)
    return pairs, (pairs[k][1] if k >= 0 else _ABSENT)


def _pop(pairs: Pairs, key: Any) -> Outcome:
    k = _find(pairs, key)
    return (pairs, _ABSENT) if k < 0 else (pairs[:k] + pairs[k + 1 :], pairs[k][1])


GET = Kind("get", _get, reads_only=True, plain=True)
SET = Kind("set", lambda pairs, key, value: (_put(pairs, key, value), None), plain=True)
POP = Kind("pop", _pop, plain=True)
LENGTH = Kind("len", lambda parts: (parts, len(parts)), reads_only=True, plain=True)
ALL = Kind("all", lambda parts: (parts, parts), reads_only=True, plain=True)
CLEAR = Kind("clear", lambda parts: ((), None), plain=True)


class SharedDict(Cell, Generic[K, V]):
    """A dictionary of immutable values and shared objects; every method is one plain step."""

    __slots__ = ()

    def __init__(self, initial: Iterable[tuple[K, V]] = ()) -> None:
        pairs: Pairs = ()
        for key, value in initial:
            pairs = _put(pairs, settled(key), settled(value))
        super().__init__(pairs)

    def get(self, key: K, default: V | None = None) -> V | None:
        """The value of ``key``, or ``default``."""
        found = self._step(GET, key)
        return default if found is _ABSENT else found

    def __getitem__(self, key: K) -> V:
        found = self._step(GET, key)
        if found is _ABSENT:
            raise KeyError(key)
        return found  # type: ignore[no-any-return]

    def __contains__(self, key: K) -> bool:
        return self._step(GET, key) is not _ABSENT

    def __setitem__(self, key: K, value: V) -> None:
        self._step(SET, settled(key), settled(value))

    def __delitem__(self, key: K) -> None:
        if self._step(POP, key) is _ABSENT:
            raise KeyError(key)

    def pop(self, key: K, default: V | None = None) -> V | None:
        """Remove ``key`` and return its value, or ``default``."""
        found = self._step(POP, key)
        return default if found is _ABSENT else found

    def __len__(self) -> int:
        return self._step(LENGTH)  # type: ignore[no-any-return]

    def items(self) -> tuple[tuple[K, V], ...]:
        """A snapshot of all pairs, in key order."""
        return self._step(ALL)  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[K]:
        return iter([key for key, _ in self.items()])

    def clear(self) -> None:
        """Remove everything."""
        self._step(CLEAR)


def _add(members: tuple[Any, ...], member: Any) -> Outcome:
    wanted = identity(member)
    if any(identity(other) == wanted for other in members):
        return members, False
    return tuple(sorted((*members, member), key=order_key)), True


def _discard(members: tuple[Any, ...], member: Any) -> Outcome:
    wanted = identity(member)
    kept = tuple(other for other in members if identity(other) != wanted)
    return kept, len(kept) < len(members)


def _contains(members: tuple[Any, ...], member: Any) -> Outcome:
    wanted = identity(member)
    return members, any(identity(other) == wanted for other in members)


ADD = Kind("add", _add, plain=True)
DISCARD = Kind("discard", _discard, plain=True)
CONTAINS = Kind("contains", _contains, reads_only=True, plain=True)


class SharedSet(Cell, Generic[V]):
    """A set of immutable values and shared objects; every method is one plain step."""

    __slots__ = ()

    def __init__(self, initial: Iterable[V] = ()) -> None:
        members: tuple[Any, ...] = ()
        for member in initial:
            members = _add(members, member)[0]  # type: ignore[index]
        super().__init__(members)

    def add(self, member: V) -> bool:
        """Put ``member`` in; whether it was new."""
        return self._step(ADD, settled(member))  # type: ignore[no-any-return]

    def discard(self, member: V) -> bool:
        """Take ``member`` out; whether it was there."""
        return self._step(DISCARD, member)  # type: ignore[no-any-return]

    def __contains__(self, member: V) -> bool:
        return self._step(CONTAINS, member)  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return self._step(LENGTH)  # type: ignore[no-any-return]

    def members(self) -> tuple[V, ...]:
        """A snapshot of all members, in a fixed order."""
        return self._step(ALL)  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[V]:
        return iter(self.members())

    def clear(self) -> None:
        """Remove everything."""
        self._step(CLEAR)


def _list_get(items: tuple[Any, ...], index: int) -> Outcome:
    return items, (items[index] if -len(items) <= index < len(items) else _ABSENT)


def _list_set(items: tuple[Any, ...], index: int, value: Any) -> Outcome:
    if not -len(items) <= index < len(items):
        return items, _ABSENT
    index %= len(items)
    return (*items[:index], value, *items[index + 1 :]), None


def _list_pop(items: tuple[Any, ...], index: int) -> Outcome:
    if not -len(items) <= index < len(items):
        return items, _ABSENT
    index %= len(items)
    return items[:index] + items[index + 1 :], items[index]


LIST_GET = Kind("get", _list_get, reads_only=True, plain=True)
LIST_SET = Kind("set", _list_set, plain=True)
LIST_POP = Kind("pop", _list_pop, plain=True)
APPEND = Kind("append", lambda items, value: ((*items, value), None), plain=True)


class SharedList(Cell, Generic[V]):
    """A list of immutable values and shared objects; every method is one plain step."""

    __slots__ = ()

    def __init__(self, initial: Iterable[V] = ()) -> None:
        super().__init__(tuple(initial))

    def append(self, value: V) -> None:
        """Add ``value`` at the end."""
        self._step(APPEND, settled(value))

    def pop(self, index: int = -1) -> V:
        """Remove and return the element at ``index``; ``IndexError`` where there is none."""
        return self._found(self._step(LIST_POP, index))  # type: ignore[no-any-return]

    def __getitem__(self, index: int) -> V:
        return self._found(self._step(LIST_GET, index))  # type: ignore[no-any-return]

    def __setitem__(self, index: int, value: V) -> None:
        self._found(self._step(LIST_SET, index, settled(value)))

    def __len__(self) -> int:
        return self._step(LENGTH)  # type: ignore[no-any-return]

    def items(self) -> tuple[V, ...]:
        """A snapshot of all elements."""
        return self._step(ALL)  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[V]:
        return iter(self.items())

    def clear(self) -> None:
        """Remove everything."""
        self._step(CLEAR)

    @staticmethod
    def _found(result: Any) -> Any:
        if result is _ABSENT:
            raise IndexError("list index out of range")
        return result
