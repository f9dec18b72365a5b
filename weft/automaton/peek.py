"""Reading what a suspended frame holds, its evaluation stack included, and how a set is laid out.

``frame.f_locals`` does not show the evaluation stack (a ``for`` loop's iterator, a ``with`` block's exit, the left side of a
half-computed sum), and two local states may differ in nothing else. The values lie in memory behind the frame object, at
offsets that are the same in CPython 3.11, 3.12 and 3.13: ``PyFrameObject.f_frame`` points to the interpreter frame, whose
``localsplus`` array holds locals, closure cells and then the stack.

The order in which a set yields its members depends on which came first and which are gone, so two equal sets may behave
differently; what tells them apart is their hash table.

Guarantee: ``AVAILABLE`` is true only where the layout is known *and* a self-test at import read back what it had put in.
Elsewhere nothing is read and thread states are told apart by their history, which is sound and costs only states.

Source: CPython ``Include/internal/pycore_frame.h``, ``struct _PyInterpreterFrame``, and
``Include/cpython/setobject.h``, ``PySetObject``, versions 3.11 to 3.13.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator, Set
from functools import cache
from types import CodeType, FrameType
from typing import Any, Final

_FRAME_POINTER = 24
_STACK_TOP = 64
_LOCALS_PLUS = 72

_SET_MASK = 32
_SET_TABLE = 40
_SET_FINGER = 56

NULL: Final = type("Null", (), {"__repr__": lambda _: "NULL"})()
"""Stands for an empty entry."""


def layout_known() -> bool:
    """Whether this interpreter's frame layout is one of those read here."""
    free_threaded = bool(getattr(sys, "_is_gil_enabled", None)) and not sys._is_gil_enabled()  # type: ignore[attr-defined]
    traced = hasattr(sys, "getobjects")
    return (
        sys.implementation.name == "cpython"
        and (3, 11) <= sys.version_info[:2] <= (3, 13)
        and ctypes.sizeof(ctypes.c_void_p) == 8
        and not free_threaded
        and not traced
    )


@cache
def local_count(code: CodeType) -> int:
    """How many entries come before the evaluation stack: locals, own closure cells, free variables."""
    own_cells = sum(name not in code.co_varnames for name in code.co_cellvars)
    return len(code.co_varnames) + own_cells + len(code.co_freevars)


def entries(frame: FrameType, stack_depth: int) -> list[Any]:
    """The frame's locals, closure cells and the lowest ``stack_depth`` stack entries; ``NULL`` where empty.

    The frame must be suspended, and ``stack_depth`` must be no more than what is on its stack.
    """
    count = local_count(frame.f_code) + stack_depth
    inner = ctypes.c_void_p.from_address(id(frame) + _FRAME_POINTER).value
    assert inner is not None
    objects = (ctypes.py_object * count).from_address(inner + _LOCALS_PLUS)
    try:
        return list(objects)
    except ValueError:  # some are empty
        pointers = (ctypes.c_void_p * count).from_address(inner + _LOCALS_PLUS)
        return [NULL if pointer is None else objects[k] for k, pointer in enumerate(pointers)]


def saved_depth(frame: FrameType) -> int | None:
    """The stack depth the interpreter saved when it left the frame, or ``None`` where it did not save one."""
    inner = ctypes.c_void_p.from_address(id(frame) + _FRAME_POINTER).value
    assert inner is not None
    top = ctypes.c_int32.from_address(inner + _STACK_TOP).value
    return top - local_count(frame.f_code) if top >= 0 else None


def set_layout(members: Set[Any]) -> tuple[int | None, ...]:
    """Where the members of a set stand in its hash table: its finger (where ``pop`` looks next), then each entry's hash."""
    address = id(members)
    mask = ctypes.c_ssize_t.from_address(address + _SET_MASK).value
    finger = ctypes.c_ssize_t.from_address(address + _SET_FINGER).value
    table = ctypes.c_void_p.from_address(address + _SET_TABLE).value
    assert table is not None
    words = (ctypes.c_ssize_t * (2 * (mask + 1))).from_address(table)
    return (finger, *(words[k + 1] if words[k] else None for k in range(0, len(words), 2)))


def _self_test() -> bool:
    return _frame_test() and _set_test()


def _set_test() -> bool:
    few, many = {8, 0}, set(range(1000))
    few.discard(0)
    return set_layout(few) == (0, 8, -1, *[None] * 6) and set_layout(many)[1 : 1 + len(many)] == tuple(range(1000))


def _frame_test() -> bool:
    marker = object()

    def suspended(argument: object) -> Iterator[None]:
        for _ in iter([1, 2, 3]):
            yield None
        del argument

    generator: Any = suspended(marker)
    next(generator)
    found = entries(generator.gi_frame, 1)
    return found[0] is marker and found[1] == 1 and type(found[2]) is type(iter([]))


AVAILABLE: Final[bool] = layout_known() and _self_test()
