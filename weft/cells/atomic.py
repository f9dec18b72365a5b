"""Atomic integers, booleans and references: sequentially consistent, one operation one step.

Names and results follow Go's ``sync/atomic`` (``add`` returns the new value, ``or_`` and ``and_`` the old one), since
the code weft was built for is written in those terms. Integers wrap as the machine's do: two's complement at 64
bits, modulo 2**32 for the unsigned kind.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from weft.cells.cell import Cell
from weft.cells.effects import Kind, Outcome
from weft.cells.values import identity, settled

T = TypeVar("T")

INT64_MIN = -(1 << 63)
INT64_MAX = (1 << 63) - 1


def wrap_int64(number: int) -> int:
    """``number`` reduced to 64-bit two's complement."""
    return ((number - INT64_MIN) & ((1 << 64) - 1)) + INT64_MIN


def wrap_uint32(number: int) -> int:
    """``number`` modulo 2**32."""
    return number & 0xFFFF_FFFF


def _load(value: Any) -> Outcome:
    return value, value


def _store(_: Any, new: Any) -> Outcome:
    return new, None


def _exchange(value: Any, new: Any) -> Outcome:
    return new, value


def _compare_and_swap(value: Any, expected: Any, new: Any) -> Outcome:
    return (new, True) if identity(value) == identity(expected) else (value, False)


LOAD = Kind("load", _load, reads_only=True)
STORE = Kind("store", _store)
EXCHANGE = Kind("exchange", _exchange)
COMPARE_AND_SWAP = Kind("compare_and_swap", _compare_and_swap)


class _Atomic(Cell, Generic[T]):
    """Load, store, exchange and compare-and-swap, shared by every atomic cell."""

    __slots__ = ()

    def _fit(self, value: T) -> T:
        """``value`` as the cell would hold it."""
        return value

    def load(self) -> T:
        """The value."""
        return self._step(LOAD)  # type: ignore[no-any-return]

    def store(self, value: T) -> None:
        """Set the value."""
        self._step(STORE, self._fit(value))

    def exchange(self, value: T) -> T:
        """Set the value and return the one it replaced."""
        return self._step(EXCHANGE, self._fit(value))  # type: ignore[no-any-return]

    def compare_and_swap(self, expected: T, new: T) -> bool:
        """Set ``new`` if the value is ``expected``; whether it was."""
        return self._step(COMPARE_AND_SWAP, self._fit(expected), self._fit(new))  # type: ignore[no-any-return]


ADD_INT64 = Kind("add", lambda value, delta: ((new := wrap_int64(value + delta)), new))
OR = Kind("or_", lambda value, mask: (value | mask, value))
AND = Kind("and_", lambda value, mask: (value & mask, value))


class AtomicInt64(_Atomic[int]):
    """A 64-bit signed integer that wraps around (Go's ``atomic.Int64``)."""

    __slots__ = ()

    def __init__(self, initial: int = 0) -> None:
        super().__init__(wrap_int64(initial))

    def _fit(self, value: int) -> int:
        return wrap_int64(value)

    def add(self, delta: int) -> int:
        """Add ``delta`` and return the new value."""
        return self._step(ADD_INT64, wrap_int64(delta))  # type: ignore[no-any-return]

    def or_(self, mask: int) -> int:
        """Set the bits of ``mask`` and return the value before."""
        return self._step(OR, wrap_int64(mask))  # type: ignore[no-any-return]

    def and_(self, mask: int) -> int:
        """Keep only the bits of ``mask`` and return the value before."""
        return self._step(AND, wrap_int64(mask))  # type: ignore[no-any-return]


ADD_UINT32 = Kind("add", lambda value, delta: ((new := wrap_uint32(value + delta)), new))


class AtomicUint32(_Atomic[int]):
    """A 32-bit unsigned integer that wraps around (Go's ``atomic.Uint32``)."""

    __slots__ = ()

    def __init__(self, initial: int = 0) -> None:
        super().__init__(wrap_uint32(initial))

    def _fit(self, value: int) -> int:
        return wrap_uint32(value)

    def add(self, delta: int) -> int:
        """Add ``delta`` (may be negative) and return the new value."""
        return self._step(ADD_UINT32, wrap_uint32(delta))  # type: ignore[no-any-return]

    def or_(self, mask: int) -> int:
        """Set the bits of ``mask`` and return the value before."""
        return self._step(OR, wrap_uint32(mask))  # type: ignore[no-any-return]

    def and_(self, mask: int) -> int:
        """Keep only the bits of ``mask`` and return the value before."""
        return self._step(AND, wrap_uint32(mask))  # type: ignore[no-any-return]


class AtomicBool(_Atomic[bool]):
    """A boolean (Go's ``atomic.Bool``)."""

    __slots__ = ()

    def __init__(self, initial: bool = False) -> None:  # noqa: FBT001, FBT002 - the value, not an option
        super().__init__(bool(initial))

    def _fit(self, value: bool) -> bool:  # noqa: FBT001 - the value, not an option
        return bool(value)


class AtomicReference(_Atomic[T]):
    """A reference to a shared object or an immutable value (Go's ``atomic.Pointer``); compares by identity."""

    __slots__ = ()

    def __init__(self, initial: T) -> None:
        super().__init__(initial)

    def _fit(self, value: T) -> T:
        return settled(value)  # type: ignore[no-any-return]
