"""Catching threads that share state through globals: module variables, class attributes, function attributes, defaults.

Such state is in no cell, so no schedule shows it, and a thread that is re-executed alone finds it as the last re-execution left it.
What threads can reach by name is collected once, after the set-up: the global variables that their functions mention, the functions
and classes found there, and so on. After each re-execution it must be what it was. Constants, tables and caches of the standard
library are not touched by this; a global list that somebody appends to is.

Limit: what is reached only through names made at run time (``getattr`` with a computed name, ``importlib``) is not seen, nor
are the standard library and installed packages looked into.
"""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import partial
from operator import attrgetter, is_
from typing import Any, NamedTuple

from weft.automaton.local_state import LocalState, Unmergeable
from weft.cells.shared import Shared
from weft.cells.values import SharedIdentity, identity
from weft.errors import SharedStateError

_OWN_PACKAGE = __name__.partition(".")[0]
_ADVICE = "which threads would share outside cells; use SharedList, SharedDict, SharedSet, an atomic or a Field of a shared object"


class _Namespace:
    """Some names of one module, class or shared object, and what each stood for after the set-up."""

    def __init__(self, held: Mapping[str, Any]) -> None:
        self.held = held
        self.names: list[str] = []
        self.values: list[Any] = []
        self.labels: list[str] = []

    def add(self, name: str, label: str) -> None:
        self.names.append(name)
        self.values.append(self.held[name])
        self.labels.append(label)

    def is_unchanged(self) -> bool:
        return all(map(is_, map(self.held.get, self.names), self.values))


class _Content(NamedTuple):
    """Something mutable that a name stands for, and what it looked like."""

    value: Any
    look: Callable[[Any], Any]
    seen: Any
    label: str


class GlobalState:
    """Everything outside cells that the threads of a scenario reach by name."""

    def __init__(self, functions: Mapping[str, Callable[[], Any]]) -> None:
        self._namespaces: dict[int, _Namespace] = {}
        self._contents: list[_Content] = []
        self._without_attributes: list[types.FunctionType] = []
        self._shared_objects: list[Shared] = []
        self._seen: set[int] = set()
        self._kept: list[Any] = []
        for name, function in functions.items():
            self._visit(function, f"the function of thread {name}")
        self._sizes = [len(vars(shared)) for shared in self._shared_objects]

    def settle(self, thread: str) -> None:
        """Make sure that ``thread``, which has just run, left everything as it was.

        Raises:
            SharedStateError: It did not; the message names the variable.
        """
        for namespace in self._namespaces.values():
            if not namespace.is_unchanged():
                self._compare(thread, namespace)
        for value, look, seen, label in self._contents:
            if look(value) != seen:
                raise SharedStateError(f"thread {thread} changed {label} to {value!r:.60}, {_ADVICE}")
        if any(map(attrgetter("__dict__"), self._without_attributes)):
            function = next(function for function in self._without_attributes if function.__dict__)
            names = ", ".join(function.__dict__)
            raise SharedStateError(f"thread {thread} gave {function.__qualname__} the attribute {names}, {_ADVICE}")
        if list(map(len, map(vars, self._shared_objects))) != self._sizes:
            pairs = zip(self._shared_objects, self._sizes, strict=True)
            shared = next(shared for shared, size in pairs if len(vars(shared)) != size)
            name = list(vars(shared))[-1]
            raise SharedStateError(
                f"thread {thread} gave a {type(shared).__qualname__} the attribute {name} after __init__, {_ADVICE}"
            )

    def _compare(self, thread: str, namespace: _Namespace) -> None:
        for name, value, label in zip(namespace.names, namespace.values, namespace.labels, strict=True):
            now = namespace.held.get(name)
            if now is not value and _look(now) != _look(value):
                raise SharedStateError(f"thread {thread} set {label} to {now!r:.60}, {_ADVICE}")

    # -- collecting ----------------------------------------------------------------------------------------------

    def _visit(self, value: Any, label: str) -> None:
        if id(value) in self._seen or isinstance(value, Enum):
            return
        self._seen.add(id(value))
        self._kept.append(value)
        if isinstance(value, types.FunctionType):
            self._closure(value, label)  # also weft's own: it wraps thread functions that are given arguments
            if not _is_foreign(value):
                self._function(value)
        elif _is_foreign(value):
            return
        elif isinstance(value, type):
            self._class(value)
        elif isinstance(value, SharedIdentity):
            self._shared(value, label)
        elif isinstance(value, (types.MethodType, partial, staticmethod, classmethod, property, tuple, frozenset)):
            for part in _parts(value):
                self._visit(part, label)
        elif hasattr(value, "__wrapped__"):
            self._visit(value.__wrapped__, label)
        elif hasattr(type(value), "__next__") or isinstance(value, threading.local):
            raise SharedStateError(f"{label} is a {type(value).__qualname__}, {_ADVICE}")
        elif not isinstance(value, types.ModuleType):
            self._mutable(value, label)

    def _bind(self, held: Mapping[str, Any], owner: object, name: str, label: str) -> None:
        namespace = self._namespaces.setdefault(id(owner), _Namespace(held))
        if name not in namespace.names:
            namespace.add(name, label)
        self._visit(held[name], label)

    def _watch(self, value: Any, label: str, look: Callable[[Any], Any]) -> None:
        self._contents.append(_Content(value, look, look(value), label))

    def _closure(self, function: types.FunctionType, label: str) -> None:
        for cell in function.__closure__ or ():
            if not _is_empty(cell):
                self._visit(cell.cell_contents, label)

    def _function(self, function: types.FunctionType) -> None:
        if function.__dict__ or not _is_immutable((function.__defaults__, tuple((function.__kwdefaults__ or {}).values()))):
            self._watch(function, f"an attribute or a default argument of {function.__qualname__}", _look_at_function)
        else:
            self._without_attributes.append(function)
        for name in dict.fromkeys(_names(function.__code__)):
            if name in function.__globals__:
                found = function.__globals__[name]
                label = f"the global variable {name!r} of {function.__module__}"
                self._bind(function.__globals__, function.__globals__, name, label)
                if isinstance(found, types.ModuleType) and not _is_foreign(found):
                    self._module(found, function.__code__)

    def _module(self, module: types.ModuleType, code: types.CodeType) -> None:
        for name in dict.fromkeys(_names(code)):
            if name in vars(module):
                self._bind(vars(module), vars(module), name, f"the global variable {name!r} of {module.__name__}")

    def _class(self, cls: type) -> None:
        for base in cls.__mro__:
            if not _is_foreign(base):
                for name in list(vars(base)):
                    if not (name.startswith("_") and name.endswith("_")) or isinstance(vars(base)[name], types.FunctionType):
                        self._bind(vars(base), base, name, f"the class attribute {base.__qualname__}.{name}")

    def _shared(self, value: Any, label: str) -> None:
        self._visit(type(value), label)
        if isinstance(value, Shared):
            for name in list(vars(value)):
                self._bind(vars(value), value, name, f"{type(value).__qualname__}.{name}")
            self._shared_objects.append(value)

    def _mutable(self, value: Any, label: str) -> None:
        kind = type(value)
        if kind not in (list, dict, set, bytearray) and kind.__module__ != "collections":
            if not hasattr(value, "__dict__"):
                return
            self._visit(kind, label)
        if not _is_immutable(value):
            self._watch(value, label, _look)
        for part in _parts(value):
            self._visit(part, label)


def _is_foreign(value: Any) -> bool:
    """Whether ``value`` belongs to weft, the standard library or an installed package."""
    named = value if isinstance(value, (type, types.FunctionType)) else type(value)
    module = value.__name__ if isinstance(value, types.ModuleType) else getattr(named, "__module__", None)
    if not isinstance(module, str) or module == "builtins":
        return isinstance(value, type)
    top = module.partition(".")[0]
    if isinstance(value, SharedIdentity) or (top in ("collections", "functools", "types", "itertools", "threading", "_thread")):
        return isinstance(value, (type, types.FunctionType, types.ModuleType))
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return top == _OWN_PACKAGE or top in sys.stdlib_module_names or "site-packages" in file


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, (types.MethodType, staticmethod, classmethod)):
        yield value.__func__
        yield getattr(value, "__self__", None)
    elif isinstance(value, partial):
        yield from (value.func, *value.args, *value.keywords.values())
    elif isinstance(value, property):
        yield from (value.fget, value.fset, value.fdel)
    elif isinstance(value, dict):
        yield from list(value.values())
    elif isinstance(value, (tuple, frozenset, list, set)):
        yield from list(value)
    elif hasattr(value, "__dict__"):
        yield from list(vars(value).values())


def _is_empty(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - raises when empty
    except ValueError:
        return True
    return False


def _look_at_function(function: types.FunctionType) -> Any:
    return _look(function.__dict__), _look(function.__defaults__), _look(function.__kwdefaults__)


def _is_immutable(value: Any) -> bool:
    try:
        identity(value)
    except SharedStateError:
        return False
    return True


def _look(value: Any) -> Any:
    """What ``value`` looks like now: its structure where that can be described, else its size and its parts' identities."""
    if isinstance(value, bytearray):
        return bytes(value)
    try:
        return LocalState().value(value)
    except Unmergeable:
        return tuple(map(id, _parts(value))), repr(value) if type(value).__module__ == "collections" else ""
