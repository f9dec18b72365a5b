"""Which values a cell may hold, and when two of them are the same.

Cells hold immutable values only: a list stored in a cell would be shared state that no schedule can see. Two
values are the same when their ``identity`` is: types count, so ``True`` is not ``1``, and shared objects and cells
are the same only as objects. ``order_key`` sorts any mix of them the same way in every run, which is what makes
sets and dictionaries of shared objects reproducible.
"""

from __future__ import annotations

import struct
import types
from collections.abc import Hashable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import partial
from typing import Any

from weft.errors import SharedStateError

_ATOMS = (bool, int, str, bytes, types.NoneType, types.EllipsisType)
_FIXED = (
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.ModuleType,
    types.CodeType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
)


class SharedIdentity:
    """Marks the classes whose instances are the same only as objects: cells and shared objects."""

    __slots__ = ()


class ByEquality:
    """Marks immutable values that bring their own ``__eq__`` and ``__hash__``, such as monitors' explanations."""

    __slots__ = ()


def is_frozen_dataclass(value: object) -> bool:
    """Whether ``value`` is an instance of a ``@dataclass(frozen=True)``."""
    return is_dataclass(value) and not isinstance(value, type) and type(value).__dataclass_params__.frozen  # type: ignore[attr-defined]


def identity(value: Any) -> Hashable:
    """A hashable key that is equal for two values exactly when they are the same value.

    Args:
        value: What a cell would hold: numbers, strings, ``None``, enums, tuples, frozen sets, frozen
            dataclasses, named tuples, functions, classes, shared objects and cells, nested at will.

    Raises:
        SharedStateError: The value, or a part of it, is mutable.
    """
    kind = type(value)
    if kind in _ATOMS:
        return (kind, value)
    if isinstance(value, (SharedIdentity, Enum)):
        return value
    if isinstance(value, ByEquality):
        return (kind, value)
    if kind is float:
        return (kind, struct.pack("<d", value))
    if isinstance(value, tuple):
        return (kind, *map(identity, value))
    if kind is frozenset:
        return (kind, frozenset(map(identity, value)))
    if is_frozen_dataclass(value):
        return (kind, *(identity(getattr(value, f.name)) for f in fields(value)))
    if isinstance(value, types.MethodType):
        return (kind, value.__func__, identity(value.__self__))
    if kind is partial:
        return (kind, identity(value.func), identity(value.args), identity(tuple(value.keywords.items())))
    if isinstance(value, _FIXED):
        return _function_identity(value) if isinstance(value, types.FunctionType) else (kind, value)
    raise SharedStateError(
        f"a value of type {kind.__qualname__} ({value!r:.60}) is mutable, so threads would share it outside cells; "
        "hold an immutable value or a shared object instead"
    )


def _function_identity(function: types.FunctionType) -> Hashable:
    if function.__closure__ is None:
        return (types.FunctionType, function.__code__, identity(function.__defaults__))
    contents = tuple(identity(cell.cell_contents) for cell in function.__closure__)
    return (types.FunctionType, function.__code__, contents)


def order_key(value: Any) -> tuple[Any, ...]:
    """A key that sorts cell values the same way in every run, across types.

    Shared objects come in the order they were made, never by address. Frozen sets and unordered values
    sort by their members.
    """
    tag = getattr(value, "_tag", None)
    if isinstance(value, SharedIdentity) and tag is not None:
        return (5, tag)
    if value is None:
        return (0,)
    if isinstance(value, (bool, int, float)):
        return (1, value, type(value).__name__)
    if isinstance(value, (str, bytes)):
        return (2, type(value).__name__, value)
    if isinstance(value, Enum):
        return (3, type(value).__name__, value.name)
    if isinstance(value, tuple):
        return (4, tuple(order_key(part) for part in value))
    if isinstance(value, frozenset):
        return (6, tuple(sorted(order_key(part) for part in value)))
    if is_frozen_dataclass(value):
        return (7, type(value).__name__, tuple(order_key(getattr(value, f.name)) for f in fields(value)))
    return (8, getattr(value, "__qualname__", type(value).__qualname__))
