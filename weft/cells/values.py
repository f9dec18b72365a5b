"""Which values a cell may hold, and when two of them are the same.

Cells hold immutable values only: a list stored in a cell would be shared state that no schedule can see. Two
values are the same when their ``identity`` is: types count, so ``True`` is not ``1``, and shared objects and cells
are the same only as objects. Immutable values have no identity of their own: ``is`` between two of them means nothing.
``order_key`` sorts any mix of them the same way in every run, which is what makes
sets and dictionaries of shared objects reproducible.
"""

from __future__ import annotations

import dis
import struct
import types
from collections.abc import Hashable
from dataclasses import fields, replace
from enum import Enum, Flag
from functools import cache, partial
from typing import Any

from weft.cells import world
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
    """Whether ``value`` is an instance of a ``@dataclass(frozen=True)`` with nothing but its fields.

    A mere subclass of one takes new attributes; an instance that has taken none is as good as frozen.
    """
    parameters = getattr(type(value), "__dataclass_params__", None)
    if parameters is None or not parameters.frozen or isinstance(value, type):
        return False
    return "__dataclass_params__" in type(value).__dict__ or vars(value).keys() <= {f.name for f in fields(value)}  # type: ignore[arg-type]


def identity(value: Any) -> Hashable:  # noqa: PLR0912 - one branch a kind of value
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
    if isinstance(value, SharedIdentity):
        return value
    if isinstance(value, Enum):
        # An IntEnum's member itself equals its number, and the member of any other IntEnum with that number.
        return (kind, value.name, value.value if isinstance(value, Flag) else None)
    if isinstance(value, ByEquality):
        return (kind, value)
    if kind is float:
        return (kind, struct.pack("<d", value))
    if isinstance(value, tuple) and not getattr(value, "__dict__", None):
        return (kind, *map(identity, value))
    if kind is frozenset:
        return (kind, frozenset(map(identity, value)))
    if is_frozen_dataclass(value):
        return (kind, *(identity(getattr(value, f.name)) for f in fields(value)))
    if kind is types.MethodType:
        return (kind, identity(value.__func__), identity(value.__self__))
    if kind is partial and not value.__dict__:
        return (kind, identity(value.func), identity(value.args), identity(tuple(value.keywords.items())))
    if kind is types.FunctionType:
        return _function_identity(value)
    if kind is types.BuiltinFunctionType:
        return (kind, value) if _is_free(value) else (kind, value.__name__, identity(value.__self__))
    if isinstance(value, _FIXED):
        return (kind, value)
    raise SharedStateError(
        f"a value of type {kind.__qualname__} ({value!r:.60}) is mutable, so threads would share it outside cells; "
        "hold an immutable value or a shared object instead"
    )


def _is_free(function: types.BuiltinFunctionType) -> bool:
    return function.__self__ is None or isinstance(function.__self__, types.ModuleType)


def _function_identity(function: types.FunctionType) -> Hashable:
    assigned = assigned_free_variable(function.__code__)
    if assigned is not None:
        raise SharedStateError(
            f"{function.__qualname__} assigns the variable {assigned!r} of the function around it, which threads would share "
            "outside cells"
        )
    contents = tuple(identity(cell.cell_contents) for cell in function.__closure__ or ())
    named = tuple((function.__kwdefaults__ or {}).items())
    # Attributes of a function are not part of it here: ``global_state.py`` watches them.
    settings = (identity(function.__defaults__), identity(named))
    return (types.FunctionType, function.__code__, contents, settings)


def assigned_free_variable(code: types.CodeType) -> str | None:
    """A variable of the function around ``code`` that ``code``, or a function inside it, assigns or deletes."""
    return _assigned(code, frozenset(code.co_freevars))


@cache
def _assigned(code: types.CodeType, names: frozenset[str]) -> str | None:
    if not names:
        return None
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("STORE_DEREF", "DELETE_DEREF") and instruction.argval in names:
            return str(instruction.argval)
    inner = [const for const in code.co_consts if isinstance(const, types.CodeType)]
    return next((found for function in inner if (found := _assigned(function, names & {*function.co_freevars}))), None)


def settled(value: Any) -> Any:
    """``value`` as a cell or a shared object holds it: frozen sets, which yield equal members in any order, in one order.

    Raises:
        SharedStateError: The value, or a part of it, is mutable; or it is a function over variables of a thread that still
            runs and may assign them.
    """
    identity(value)
    if getattr(world.current, "running", None) is not None:
        _refuse_running_closure(value)
    return _in_order(value)


def _refuse_running_closure(value: Any) -> None:
    if isinstance(value, types.FunctionType) and value.__closure__:
        raise SharedStateError(
            f"{value.__qualname__} is used by other threads but closes over {', '.join(value.__code__.co_freevars)} of the thread "
            "that made it; pass what it needs as arguments or defaults, or make it in the set-up"
        )
    parts = value if isinstance(value, (tuple, frozenset)) else (value.func, *value.args) if isinstance(value, partial) else ()
    for part in parts:
        _refuse_running_closure(part)


def _in_order(value: Any) -> Any:
    kind = type(value)
    if kind is frozenset:
        return frozenset(sorted(map(_in_order, value), key=order_key)) if len(value) > 1 else value
    if isinstance(value, tuple):
        parts = [_in_order(part) for part in value]
        if all(new is old for new, old in zip(parts, value, strict=True)):
            return value
        return kind._make(parts) if hasattr(kind, "_make") else kind(parts)
    if is_frozen_dataclass(value):
        changed = {f.name: new for f in fields(value) if (new := _in_order(old := getattr(value, f.name))) is not old}
        return replace(value, **changed) if changed else value
    return value


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
