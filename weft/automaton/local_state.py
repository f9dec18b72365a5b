"""The local state of a suspended thread as a hashable key: equal keys, equal futures.

Two histories of results that leave a thread in the same local state lead to the same automaton node; that is what
collapses the search. The key is the chain of Python frames from the pending step outwards: code, position, live local
variables, closure cells and the evaluation stack, with mutable thread-local objects described by structure, class and
aliasing, and shared objects by identity.

Guarantee: whatever cannot be described raises ``Unmergeable``, and the caller then keys the node by its history, which is
always sound. So an unknown type costs states, never soundness. Dead variables are left out only where dropping their value
runs no code. What C code between two frames holds is judged in ``calls.py``.
"""

from __future__ import annotations

import gc
import inspect
import operator
import types
from collections.abc import Callable, Iterable
from enum import Enum
from functools import cache, partial
from typing import Any

from weft.automaton import peek
from weft.automaton.bytecode import Waits, waits
from weft.automaton.calls import is_known, keeps_arguments, readable_depth
from weft.cells.cell import Cell
from weft.cells.values import SharedIdentity
from weft.errors import SharedStateError
from weft.worlds.thread import SuspendedThread

Key = Any


class Unmergeable(Exception):
    """A local state that cannot be compared with others; the argument says why."""


class Same:
    """Stands in a key for an object that equals only itself, and keeps it alive, so that its address is never another's."""

    __slots__ = ("_thing",)

    def __init__(self, thing: object) -> None:
        self._thing = thing

    @property
    def is_closed(self) -> bool:
        """Whether the object holds no other object that could be a thread's."""
        return not isinstance(self._thing, (property, staticmethod, classmethod, types.MethodWrapperType))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other._thing is self._thing

    def __hash__(self) -> int:
        return id(self._thing)


_ATOMS = (bool, int, str, bytes, types.NoneType, types.EllipsisType, types.NotImplementedType, type(peek.NULL))
_BY_OBJECT = (
    types.ModuleType,
    types.CodeType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    property,
    staticmethod,
    classmethod,
)
_SAMPLES: tuple[Any, ...] = ([], (), range(0), range(1 << 70), "", "\u0100", b"", reversed([]))
_ITERATORS = (*(type(iter(sample)) for sample in _SAMPLES), enumerate, zip, reversed, map, filter)
_HASHED: tuple[Any, ...] = ({}, set(), {}.values(), {}.items())
_HASHED_ITERATORS = tuple(type(iter(sample)) for sample in _HASHED)
_TRANSPARENT_CODES = (Cell._step.__code__, SuspendedThread.ask.__code__)
_HEAP_TYPE = 1 << 9


class LocalState:
    """Describes one suspended thread. Use once: aliasing is numbered over the whole description."""

    __slots__ = ("_arguments_kept", "_chain", "_kept", "_numbers", "_transparent")

    def __init__(self, transparent: Iterable[types.CodeType] = ()) -> None:
        self._transparent = {*_TRANSPARENT_CODES, *transparent}
        self._numbers: dict[int, int] = {}
        self._kept: list[Any] = []
        self._arguments_kept: types.FrameType | None = None
        self._chain: list[tuple[types.FrameType, types.FrameType | None]] = []

    def describe(self, thread: SuspendedThread) -> Key:
        """The key of the frames of ``thread`` from its pending step outwards, weft's own stepping frames left out.

        Raises:
            Unmergeable: Something in a frame cannot be described.
            SharedStateError: A frame's code assigns a global variable.
        """
        if thread.context_variables:
            raise Unmergeable("context variables")
        frame, callee = thread.frame, None
        while frame is not None:
            if frame.f_code not in self._transparent:
                self._chain.append((frame, callee))
            frame, callee = frame.f_back, frame
        try:
            frames = [self._frame(*pair) for pair in reversed(self._chain)]  # outermost first: a caller knows what it keeps
            return (*frames, self.value(thread.handled))
        except RecursionError:
            raise Unmergeable("a structure too deep to describe") from None

    # -- frames --------------------------------------------------------------------------------------------------

    def _frame(self, frame: types.FrameType, callee: types.FrameType | None = None) -> Key:
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
        held = self._held_in_c(frame, facts, callee) if saved is None and callee is not None else peek.entries(frame, hidden)
        dead = facts.dead.get(position, frozenset())
        if self._arguments_kept is frame or code.co_name in ("__init__", "__new__"):
            dead = self._without_arguments(dead, facts, code)
        values = [None if k in dead and _inert(value) else self.value(value) for k, value in enumerate(held)]
        return (facts, position, Same(frame.f_globals), tuple(values))

    def _held_in_c(self, frame: types.FrameType, facts: Waits, callee: types.FrameType) -> list[Any]:
        """What a frame holds that waits in C, the operands of its instruction included: they may be all that C code has."""
        if callee.f_code.co_name == "__del__":
            raise Unmergeable("a finaliser, which runs while its caller lets go of operands")
        waiting = facts.waiting[frame.f_lasti]
        held = peek.entries(frame, readable_depth(waiting))
        stack = held[peek.local_count(frame.f_code) :]
        if not is_known(waiting, stack, callee):
            raise Unmergeable(f"C code between {frame.f_code.co_qualname} and {callee.f_code.co_qualname} has a state of its own")
        if not callee.f_code.co_flags & inspect.CO_GENERATOR and keeps_arguments(waiting, stack):
            self._arguments_kept = callee
        return held

    @staticmethod
    def _without_arguments(dead: frozenset[int], facts: Waits, code: types.CodeType) -> frozenset[int]:
        """C code keeps the arguments of what it calls, and uses them again: an object under construction, operands."""
        if facts.assigns_arguments:
            raise Unmergeable(f"{code.co_qualname} assigns its arguments, which its caller in C keeps")
        return frozenset(k for k in dead if k >= facts.arguments)

    def _generator(self, generator: types.GeneratorType[Any, Any, Any]) -> Key:
        frame = generator.gi_frame
        if frame is None:
            return ("generator", "exhausted")
        if not (generator.gi_running or generator.gi_suspended):
            return ("generator", "new", waits(frame.f_code), tuple([self.value(v) for v in peek.entries(frame, 0)]))
        handled = [held for held in gc.get_referents(generator) if isinstance(held, BaseException)]
        if generator.gi_running:
            if handled:
                raise Unmergeable("a running generator that handles an exception, which hides its caller's")
            return ("generator", [f for f, _ in self._chain].index(frame))
        return ("generator", self._frame(frame), tuple([self.value(held) for held in handled]))

    # -- values --------------------------------------------------------------------------------------------------

    def value(self, value: Any) -> Key:
        """The description of one value."""
        kind = type(value)
        if kind in _ATOMS:
            return (kind, value)
        if isinstance(value, SharedIdentity):
            if getattr(value, "_sealed", True):
                return value
            return self._numbered(value, lambda: self._instance(value))
        if kind is tuple:
            return (kind, tuple([self.value(part) for part in value]))
        if kind is float or kind is complex:
            return self._real(value)
        if isinstance(value, (Enum, type)) or kind in _BY_OBJECT:
            return Same(value)
        if kind is range or kind is slice:
            return (kind, self.value((value.start, value.stop, value.step)))
        return self._numbered(value, self._mutable(value, kind))

    def _numbered(self, value: Any, describe: Callable[[], Key]) -> Key:
        known = self._numbers.get(id(value))
        if known is not None:
            return ("again", known)
        number = self._numbers[id(value)] = len(self._numbers)
        self._kept.append(value)  # a temporary that died could lend its address to the next one
        return (number, describe())

    @staticmethod
    def _real(value: complex) -> Key:
        if value != value:  # noqa: PLR0124 - true of NaN only
            raise Unmergeable("NaN, which equals nothing")
        return (type(value), repr(value))

    def _mutable(self, value: Any, kind: type) -> Callable[[], Key]:
        if kind is list:
            return lambda: ("list", tuple([self.value(part) for part in value]))
        if kind is dict:
            return lambda: ("dict", tuple([(self.value(k), self.value(v)) for k, v in value.items()]))
        if kind in (set, frozenset):
            return lambda: (kind, peek.set_layout(value), tuple([self.value(member) for member in value]))
        if kind is types.MethodType:
            return lambda: ("method", self.value(value.__func__), self.value(value.__self__))
        if kind is types.BuiltinFunctionType:
            return lambda: self._builtin(value)
        if kind is types.FunctionType:
            return lambda: self._function(value)
        if kind is types.CellType:
            return lambda: ("cell", self._contents(value))
        if kind is types.GeneratorType:
            return lambda: self._generator(value)
        if kind in _ITERATORS:
            return lambda: ("iterator", Same(kind), self.value(value.__reduce__()))
        if kind in _HASHED_ITERATORS:
            return lambda: self._hashed_iterator(value)
        if kind is partial:
            return lambda: ("partial", self.value((value.func, value.args, value.keywords, value.__dict__)))
        if isinstance(value, BaseException):
            return lambda: self._exception(value)
        return lambda: self._instance(value)

    def _builtin(self, function: Any) -> Key:
        owner = function.__self__
        if owner is None or isinstance(owner, types.ModuleType):
            return Same(function)
        return ("builtin", function.__name__, self.value(owner))

    def _hashed_iterator(self, iterator: Any) -> Key:
        """An iterator over a dict or set: the container it belongs to, and what is left of it."""
        containers = [self.value(owner) for owner in gc.get_referents(iterator) if type(owner) in (dict, set, frozenset)]
        try:
            left = iterator.__reduce__()[1][0]
        except RuntimeError:
            raise Unmergeable("an iterator over a container that changed") from None
        values = tuple([self.value(part) for part in left])
        return ("iterator", Same(type(iterator)), tuple(containers), operator.length_hint(iterator), values)

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
        names = (function.__name__, function.__qualname__, function.__doc__)
        settings = self.value((function.__defaults__, function.__kwdefaults__, function.__dict__ or None, names))
        return ("function", waits(function.__code__), Same(function.__globals__), closure, settings)

    def _exception(self, error: BaseException) -> Key:
        trail = []
        traceback = error.__traceback__
        while traceback is not None:
            trail.append((waits(traceback.tb_frame.f_code), traceback.tb_lasti))
            traceback = traceback.tb_next
        causes = (error.__cause__, error.__context__, error.__suppress_context__)
        return ("exception", self.value(error.args), self.value(causes), tuple(trail), self._instance(error))

    def _instance(self, value: Any) -> Key:
        kind: Any = type(value)
        if not _is_plain(kind):
            raise Unmergeable(f"a value of type {kind.__qualname__}")
        attributes = []
        for name, descriptor in _descriptors(kind):
            try:
                attributes.append((name, self.value(descriptor.__get__(value, kind))))
            except AttributeError:
                continue
        contents = tuple([self.value(part) for part in tuple.__iter__(value)]) if isinstance(value, tuple) else ()
        return (Same(kind), tuple(attributes), contents)


@cache
def _is_plain(kind: Any) -> bool:
    """Whether all an instance holds is in what ``_descriptors`` lists.

    True of exceptions, and of classes written in Python: of these every byte beyond the base's is a slot, the dictionary or the
    list of weak references. (``operator.itemgetter`` and ``itertools.count`` are heap types as well, but have C fields.)
    """
    if hasattr(kind, "__del__") or not (kind.__flags__ & _HEAP_TYPE or issubclass(kind, BaseException)):
        return False
    if issubclass(kind, BaseException):
        return True
    layout = [base for base in kind.__mro__ if not base.__flags__ & _HEAP_TYPE]
    if layout not in ([object], [tuple, object]):
        return False
    slots = sum(isinstance(descriptor, types.MemberDescriptorType) for _, descriptor in _descriptors(kind))
    own = slots + (kind.__dictoffset__ > 0) + (kind.__weakrefoffset__ > 0)
    return bool(kind.__basicsize__ == layout[0].__basicsize__ + own * tuple.__itemsize__)


@cache
def _descriptors(kind: Any) -> tuple[tuple[str, Any], ...]:
    """Where an instance of ``kind`` holds what: its dictionary, its slots, and the C fields of exceptions."""
    found: list[tuple[str, Any]] = []
    for base in kind.__mro__:
        for name, descriptor in base.__dict__.items():
            if not isinstance(descriptor, (types.MemberDescriptorType, types.GetSetDescriptorType)) or name == "__weakref__":
                continue
            if base is not BaseException or name == "__dict__":
                found.append((name, descriptor))
    return tuple(found)


def _inert(value: Any, depth: int = 3) -> bool:
    """Whether dropping ``value`` runs no code: atoms, finished shared objects, and containers of these."""
    kind = type(value)
    if kind in _ATOMS or kind is float or isinstance(value, Enum):
        return True
    if isinstance(value, SharedIdentity):
        return getattr(value, "_sealed", True)
    if kind in (range, types.BuiltinFunctionType, type):
        return True
    if kind is types.FunctionType:
        return value.__closure__ is None and value.__defaults__ is None and value.__kwdefaults__ is None
    if depth and kind in (tuple, list, set, frozenset):
        return all(_inert(part, depth - 1) for part in value)
    if depth and kind is dict:
        return all(_inert(k, depth - 1) and _inert(v, depth - 1) for k, v in value.items())
    return False
