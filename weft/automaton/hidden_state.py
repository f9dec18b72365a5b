"""Finding state that threads share outside cells before the search begins.

A list captured from the set-up and appended to by two threads is invisible to every schedule: the search would merge states
that differ in it. So everything a thread function reaches through closures, defaults and bound objects must be
immutable, a cell, or a shared object.
"""

from __future__ import annotations

import dis
import types
from enum import Enum
from functools import partial
from typing import Any

from weft.cells.values import SharedIdentity, identity
from weft.errors import SharedStateError


def refuse_hidden_state(name: str, function: Any) -> None:
    """Check what thread ``name`` reaches from ``function``.

    Raises:
        SharedStateError: Something mutable is reached; the message says through which variable.
    """
    _Walk(name).visit(function, "its function")


class _Walk:
    def __init__(self, thread: str) -> None:
        self._thread = thread
        self._seen: set[int] = set()

    def visit(self, value: Any, where: str) -> None:
        if id(value) in self._seen or isinstance(value, (SharedIdentity, Enum, type, types.ModuleType)):
            return
        self._seen.add(id(value))
        if isinstance(value, types.FunctionType):
            self._function(value)
        elif isinstance(value, types.MethodType):
            self.visit(value.__func__, where)
            self.visit(value.__self__, f"the object of its bound method {value.__func__.__qualname__}")
        elif isinstance(value, partial):
            for part in (value.func, *value.args, *value.keywords.values()):
                self.visit(part, where)
        elif isinstance(value, (tuple, frozenset)):
            for part in value:
                self.visit(part, where)
        else:
            self._immutable(value, where)

    def _immutable(self, value: Any, where: str) -> None:
        try:
            identity(value)
        except SharedStateError:
            raise SharedStateError(
                f"thread {self._thread} reaches a {type(value).__qualname__} through {where}: {value!r:.60}; threads may "
                "share only cells, shared objects (class X(Shared)) and immutable values: use SharedList, SharedDict, "
                "SharedSet, Field or a tuple, or make it inside the thread"
            ) from None

    def _function(self, function: types.FunctionType) -> None:
        code = function.__code__
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            self._refuse_assignment(code, name)
            try:
                contents = cell.cell_contents
            except ValueError:
                continue
            self.visit(contents, f"the variable {name!r} of the set-up")
        for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self.visit(default, f"a default argument of {function.__qualname__}")

    def _refuse_assignment(self, code: types.CodeType, name: str) -> None:
        inner = [const for const in code.co_consts if isinstance(const, types.CodeType) and name in const.co_freevars]
        for instruction in dis.get_instructions(code):
            if instruction.opname in ("STORE_DEREF", "DELETE_DEREF") and instruction.argval == name:
                raise SharedStateError(
                    f"thread {self._thread} assigns the variable {name!r} of the set-up ({code.co_filename}:"
                    f"{code.co_firstlineno}, {code.co_qualname}), which threads would share outside cells; use a Field or an atomic"
                )
        for nested in inner:
            self._refuse_assignment(nested, name)
