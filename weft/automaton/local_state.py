"""The local state of a suspended thread as a hashable key: equal keys, equal futures.

Two histories of results that leave a thread in the same local state lead to the same automaton node; that is what
collapses the search. The key is the chain of Python frames from the pending step outwards: code, position, live local
variables, closure cells and the evaluation stack, with mutable thread-local objects described by structure, class and
aliasing, and shared objects by identity.

Guarantee: whatever cannot be described raises ``Unmergeable``, and the caller then keys the node by its history, which is
always sound. So an unknown type costs states, never soundness. Dead variables are left out only where dropping their value
runs no code.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterable
from enum import Enum
from functools import partial
from typing import Any

from weft.automaton import peek
from weft.automaton.bytecode import waits
from weft.cells.cell import Cell
from weft.cells.values import SharedIdentity, identity
from weft.errors import SharedStateError
from weft.worlds.thread import SuspendedThread

Key = Any


class Unmergeable(Exception):
    """A local state that cannot be compared with others; the argument says why."""


_ATOMS = (bool, int, str, bytes, types.NoneType, types.EllipsisType, type(peek.NULL))
_BY_OBJECT = (
    type,
    types.ModuleType,
    types.CodeType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    property,
    staticmethod,
    classmethod,
)
_SAMPLES: tuple[Any, ...] = ([], (), range(0), range(1 << 70), "", "\u0100", b"", {}, set(), {}.values(), {}.items(), reversed([]))
_ITERATORS = (*(type(iter(sample)) for sample in _SAMPLES), enumerate, zip, reversed, map, filter)
_TRANSPARENT_CODES = (Cell._step.__code__, SuspendedThread.ask.__code__)
_HEAP_TYPE = 1 << 9


class LocalState:
    """Describes one suspended thread. Use once: aliasing is numbered over the whole description."""

    __slots__ = ("_chain", "_numbers", "_transparent")

    def __init__(self, transparent: Iterable[types.CodeType] = ()) -> None:
        self._transparent = {*_TRANSPARENT_CODES, *transparent}
        self._numbers: dict[int, int] = {}
        self._chain: list[types.FrameType] = []

    def describe(self, innermost: types.FrameType | None) -> Key:
        """The key of the frames from ``innermost`` outwards, weft's own stepping frames left out.

        Raises:
            Unmergeable: Something in a frame cannot be described.
            SharedStateError: A frame's code assigns a global variable.
        """
        frame = innermost
        while frame is not None:
            if frame.f_code not in self._transparent:
                self._chain.append(frame)
            frame = frame.f_back
        return tuple([self._frame(frame) for frame in self._chain])

    def _frame(self, frame: types.FrameType) -> Key:
        if not peek.AVAILABLE:
            raise Unmergeable("this interpreter's frames cannot be read")
        code, position = frame.f_code, frame.f_lasti
        facts = waits(code)
        if facts.assigned_global is not None:
            raise SharedStateError(
                f"{code.co_filename}:{code.co_firstlineno}: {code.co_qualname} assigns the global variable "
                f"{facts.assigned_global!r}, which threads would share outside cells; declare it as a cell of a shared object"
            )
        hidden = facts.hidden.get(position) if code.co_flags & inspect.CO_OPTIMIZED else None
        if hidden is None:
            raise Unmergeable(f"suspended at an unusual instruction in {code.co_qualname}")
        saved = peek.saved_depth(frame)
        if saved is not None and saved != hidden:
            raise Unmergeable(f"stack depth {saved} where {hidden} was computed in {code.co_qualname}")
        dead = facts.dead.get(position, frozenset())
        held = peek.entries(frame, hidden)
        return (
            id(code),
            position,
            tuple([None if k in dead and _inert(value) else self.value(value) for k, value in enumerate(held)]),
        )

    def value(self, value: Any) -> Key:
        """The description of one value."""
        kind = type(value)
        if kind in _ATOMS:
            return (kind, value)
        if isinstance(value, SharedIdentity):
            if getattr(value, "_sealed", True):
                return value
            return self._numbered(value, lambda: self._instance(value))
        if isinstance(value, tuple):
            return (kind, tuple([self.value(part) for part in value]))
        if kind is float or kind is complex:
            return (kind, repr(value))
        if isinstance(value, Enum):
            return value
        if kind in _BY_OBJECT:
            return ("object", id(value))
        describe = self._mutable(value, kind)
        return self._numbered(value, describe)

    def _numbered(self, value: Any, describe: Callable[[], Key]) -> Key:
        known = self._numbers.get(id(value))
        if known is not None:
            return ("again", known)
        number = self._numbers[id(value)] = len(self._numbers)
        return (number, describe())

    def _mutable(self, value: Any, kind: type) -> Callable[[], Key]:
        if kind is list:
            return lambda: ("list", tuple([self.value(part) for part in value]))
        if kind is dict:
            return lambda: ("dict", tuple([(self.value(k), self.value(v)) for k, v in value.items()]))
        if kind in (set, frozenset):
            return lambda: self._set(value, kind)
        if kind is types.MethodType:
            return lambda: ("method", self.value(value.__func__), self.value(value.__self__))
        if kind is types.FunctionType:
            return lambda: self._function(value)
        if kind is types.CellType:
            return lambda: ("cell", self._contents(value))
        if kind is types.GeneratorType:
            return lambda: self._generator(value)
        if kind in _ITERATORS:
            return lambda: ("iterator", kind, self.value(value.__reduce__()))
        if kind is range or kind is slice:
            return lambda: (kind, value.start, value.stop, value.step)
        if kind is partial:
            return lambda: ("partial", self.value(value.func), self.value(value.args), self.value(value.keywords))
        if isinstance(value, BaseException):
            return lambda: self._exception(value)
        return lambda: self._instance(value)

    def _set(self, value: Iterable[Any], kind: type) -> Key:
        try:
            return (kind, frozenset(identity(member) for member in value))
        except SharedStateError:
            raise Unmergeable(f"a {kind.__name__} of mutable objects") from None

    @staticmethod
    def _empty(cell: types.CellType) -> bool:
        try:
            cell.cell_contents  # noqa: B018 - raises when empty
        except ValueError:
            return True
        return False

    def _contents(self, cell: types.CellType) -> Key:
        return "empty" if self._empty(cell) else self.value(cell.cell_contents)

    def _function(self, function: types.FunctionType) -> Key:
        closure = tuple([self.value(cell) for cell in function.__closure__ or ()])
        defaults = self.value((function.__defaults__, function.__kwdefaults__))
        return ("function", id(function.__code__), closure, defaults, self.value(function.__dict__ or None))

    def _generator(self, generator: types.GeneratorType[Any, Any, Any]) -> Key:
        frame = generator.gi_frame
        if frame is None:
            return ("generator", "exhausted")
        if generator.gi_running:
            return ("generator", next(k for k, f in enumerate(self._chain) if f is frame))
        code = frame.f_code
        if frame.f_lasti < 0 or waits(code).hidden.get(frame.f_lasti) is None:
            return ("generator", "new", id(code), tuple([self.value(v) for v in peek.entries(frame, 0)]))
        return ("generator", self._frame(frame))

    def _exception(self, error: BaseException) -> Key:
        causes = (error.__cause__, error.__context__, error.__suppress_context__)
        return ("exception", type(error), self.value(error.args), self.value(error.__dict__ or None), self.value(causes))

    def _instance(self, value: Any) -> Key:
        kind = type(value)
        plain = kind.__flags__ & _HEAP_TYPE and all(base is object or base.__flags__ & _HEAP_TYPE for base in kind.__mro__)
        if not plain or hasattr(kind, "__del__"):
            raise Unmergeable(f"a value of type {kind.__qualname__}")
        attributes = dict(getattr(value, "__dict__", {}))
        for base in kind.__mro__:
            slots = base.__dict__.get("__slots__", ())
            for slot in (slots,) if isinstance(slots, str) else slots:
                name = f"_{base.__name__.lstrip('_')}{slot}" if slot.startswith("__") and not slot.endswith("__") else slot
                if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                    attributes[name] = getattr(value, name)
        return (kind, tuple([(name, self.value(attributes[name])) for name in sorted(attributes)]))


def _inert(value: Any, depth: int = 3) -> bool:
    """Whether dropping ``value`` runs no code: atoms, shared objects, and containers of these."""
    kind = type(value)
    if kind in _ATOMS or kind is float or isinstance(value, (SharedIdentity, Enum)):
        return True
    if kind in (range, types.FunctionType, types.BuiltinFunctionType, types.MethodType, type):
        return True
    if depth and kind in (tuple, list, set, frozenset):
        return all(_inert(part, depth - 1) for part in value)
    if depth and kind is dict:
        return all(_inert(k, depth - 1) and _inert(v, depth - 1) for k, v in value.items())
    return False
