"""What lies between two Python frames when the outer one waits in C code.

A frame that called another Python function by itself holds nothing that its stack does not show. But ``list(shared)`` holds a
snapshot while it asks for the length, ``sum(generator)`` holds what it has added up, and ``sorted`` holds its keys: C code
between two Python frames has a state of its own, which nobody can read. So a frame that waits in C is described only if the C
code is known to hold nothing but the operands of the waiting instruction: the call of a special method on an operand
(``with``, ``in``, ``[]``, ``len``, operators, properties), the call of a class while its ``__init__`` runs, the resumption of
a generator. Everything else is refused.

Which frames wait in C: those whose stack depth the interpreter has not saved. It saves it exactly when it enters another
Python frame without leaving its own loop (CPython 3.11 to 3.13, ``DISPATCH_INLINED``).
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from weft.automaton import peek
from weft.automaton.bytecode import Waiting

_NUMERIC = ("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow", "lshift", "rshift", "and", "xor", "or")
_OPERATORS = frozenset(f"__{prefix}{name}__" for prefix in ("", "r", "i") for name in _NUMERIC)
_COMPARISONS = frozenset(("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"))
_CONVERSION, _HAS_SPECIFICATION = 3, 4
_TEXTS = frozenset(("__format__", "__str__", "__repr__"))

# Instruction: (how far below the top of the stack its operands are, which of their special methods it calls).
_SPECIAL: Final[dict[str, tuple[tuple[int, ...], frozenset[str]]]] = {
    "BINARY_OP": ((1, 2), _OPERATORS),
    "COMPARE_OP": ((1, 2), _COMPARISONS),
    "CONTAINS_OP": ((1,), frozenset(("__contains__",))),
    "BINARY_SUBSCR": ((2,), frozenset(("__getitem__",))),
    "STORE_SUBSCR": ((2,), frozenset(("__setitem__",))),
    "DELETE_SUBSCR": ((2,), frozenset(("__delitem__",))),
    "UNARY_NEGATIVE": ((1,), frozenset(("__neg__",))),
    "UNARY_POSITIVE": ((1,), frozenset(("__pos__",))),
    "UNARY_INVERT": ((1,), frozenset(("__invert__",))),
    "UNARY_NOT": ((1,), frozenset(("__bool__", "__len__"))),
    "TO_BOOL": ((1,), frozenset(("__bool__", "__len__"))),
    "GET_ITER": ((1,), frozenset(("__iter__",))),
    "FOR_ITER": ((1,), frozenset(("__next__",))),
    "SEND": ((2,), frozenset(("__next__", "send"))),
    "FORMAT_SIMPLE": ((1,), _TEXTS),
    "FORMAT_WITH_SPEC": ((2,), _TEXTS),
    "CONVERT_VALUE": ((1,), _TEXTS),
}
_BUILTINS: Final[dict[Any, frozenset[str]]] = {
    len: frozenset(("__len__",)),
    iter: frozenset(("__iter__",)),
    next: frozenset(("__next__",)),
    abs: frozenset(("__abs__",)),
    repr: frozenset(("__repr__",)),
    hash: frozenset(("__hash__",)),
}
_DESCRIPTORS = {
    "LOAD_ATTR": ("fget", "__get__", ("__getattr__", "__getattribute__")),
    "STORE_ATTR": ("fset", "__set__", ("__setattr__",)),
}


def is_known(waiting: Waiting, stack: list[Any], callee: types.FrameType) -> bool:
    """Whether the C code between a frame and ``callee`` holds nothing but the operands of the waiting instruction.

    Args:
        waiting: The instruction that the outer frame waits in.
        stack: The outer frame's stack before that instruction.
        callee: The frame that C code entered.
    """
    name = waiting.name
    if name in ("CALL", "CALL_KW"):
        return _calls(waiting, stack, callee)
    if name == "CALL_FUNCTION_EX":
        return _enters(stack[-1], callee, arguments_are_known=False)
    if name == "BEFORE_WITH":
        return _enters_with(_first_argument(callee), callee)
    if name == "WITH_EXCEPT_START":
        return _enters(stack[-4], callee)
    if name == "FORMAT_VALUE":
        return not waiting.argument & _CONVERSION and _has(
            callee, [stack[-2 if waiting.argument & _HAS_SPECIFICATION else -1]], _TEXTS
        )
    if name in _DESCRIPTORS:
        return _is_attribute(waiting, stack[-1], callee)
    if name not in _SPECIAL:
        return False
    depths, methods = _SPECIAL[name]
    operands = [stack[-k] for k in depths]
    return _has(callee, operands, methods) or (name in ("FOR_ITER", "SEND", "CONTAINS_OP") and _runs(operands[0], callee))


def keeps_arguments(waiting: Waiting, stack: list[Any]) -> bool:
    """Whether the C code uses the arguments of the function it called again: to try a reflected operator, to return the object.

    To be asked only where ``is_known``.
    """
    if waiting.name == "CALL_FUNCTION_EX":
        return not isinstance(stack[-1], (types.FunctionType, types.MethodType))
    if waiting.name in ("CALL", "CALL_KW"):
        called, arguments = _call(waiting, stack)
        return not (isinstance(called, (types.FunctionType, types.MethodType)) or _ends_with(arguments))
    return waiting.name in ("BINARY_OP", "COMPARE_OP", "LOAD_ATTR")


def readable_depth(waiting: Waiting) -> int:
    """How much of the stack can be read while C code runs: some instructions let go of their operands early."""
    if waiting.name == "CALL_FUNCTION_EX":
        return waiting.depth - (2 if sys.version_info >= (3, 13) else 1) - (waiting.argument & 1)
    if waiting.name == "BEFORE_WITH":
        return waiting.depth - 1
    if waiting.name == "FORMAT_VALUE" and waiting.argument & _CONVERSION:
        return waiting.depth - (2 if waiting.argument & _HAS_SPECIFICATION else 1)
    return waiting.depth


def _call(waiting: Waiting, stack: list[Any]) -> tuple[Any, list[Any]]:
    """What a ``CALL`` calls, and with which arguments; the object of a method call is the first of them."""
    extra = waiting.name == "CALL_KW"
    below = len(stack) - waiting.argument - 2 - extra
    lower, upper = stack[below], stack[below + 1]
    arguments = stack[below + 2 : len(stack) - extra]
    if sys.version_info >= (3, 13):
        return lower, arguments if upper is peek.NULL else [upper, *arguments]
    return (upper, arguments) if lower is peek.NULL else (lower, [upper, *arguments])


def _calls(waiting: Waiting, stack: list[Any], callee: types.FrameType) -> bool:
    called, arguments = _call(waiting, stack)
    if _ends_with(arguments) and _has(callee, [called], ("__exit__",)):
        return True  # calling a bound method puts its object in the method's place meanwhile
    return _enters(called, callee, arguments)


def _ends_with(arguments: list[Any]) -> bool:
    """Whether these are the arguments that the end of a ``with`` block gives to ``__exit__``."""
    return len(arguments) == 3 and all(argument is None for argument in arguments)


def _enters(called: Any, callee: types.FrameType, arguments: Iterable[Any] = (), *, arguments_are_known: bool = True) -> bool:
    """Whether calling ``called`` enters ``callee`` at once, with nothing of its own to do later but return."""
    if isinstance(called, (types.FunctionType, types.MethodType)) or type(called) is partial:
        return _code_of(called) is callee.f_code and not callee.f_code.co_flags & inspect.CO_GENERATOR
    if isinstance(called, type):
        return _constructs(called, callee, arguments_are_known=arguments_are_known)
    owner: Any = getattr(called, "__self__", None)
    if isinstance(called, types.MethodWrapperType) and called.__objclass__ is type and called.__name__ == "__call__":
        return _initialises(owner, callee, arguments_are_known=arguments_are_known)  # a metaclass that calls `super().__call__`
    if isinstance(called, (types.BuiltinFunctionType, types.MethodWrapperType)):
        operands = list(arguments)
        if called in _BUILTINS:
            return bool(operands) and (
                _has(callee, operands[:1], _BUILTINS[called]) or (called is next and _runs(operands[0], callee))
            )
        return _runs(owner, callee)
    if isinstance(called, (types.MethodDescriptorType, types.WrapperDescriptorType)):
        return any(_runs(operand, callee) for operand in list(arguments)[:1])
    return _has(callee, [called], ("__call__",))


def _constructs(cls: type, callee: types.FrameType, *, arguments_are_known: bool) -> bool:
    if _find(type(cls), "__call__") is not type.__dict__["__call__"]:
        return _has(callee, [cls], ("__call__",))
    return _initialises(cls, callee, arguments_are_known=arguments_are_known)


def _initialises(cls: type, callee: types.FrameType, *, arguments_are_known: bool) -> bool:
    if _code_of(_find(cls, "__init__")) is callee.f_code:
        return True
    return arguments_are_known and _code_of(_find(cls, "__new__")) is callee.f_code


def _is_attribute(waiting: Waiting, owner: Any, callee: types.FrameType) -> bool:
    accessor, protocol, hooks = _DESCRIPTORS[waiting.name]
    descriptor = _find(type(owner), waiting.attribute)
    if isinstance(descriptor, property):
        return _code_of(getattr(descriptor, accessor)) is callee.f_code
    return _has(callee, [descriptor], (protocol,)) or _has(callee, [owner], hooks)


def _has(callee: types.FrameType, operands: Iterable[Any], methods: Iterable[str]) -> bool:
    """Whether ``callee`` runs one of ``methods`` as the class of an operand defines it."""
    code = callee.f_code
    return any(_code_of(_find(type(operand), name)) is code for operand in operands for name in methods)


def _find(cls: type, name: str) -> Any:
    """What the class holds under ``name``, as it stands there: no descriptor is asked."""
    return next((base.__dict__[name] for base in cls.__mro__ if name in base.__dict__), None)


def _runs(generator: Any, callee: types.FrameType) -> bool:
    return isinstance(generator, types.GeneratorType) and generator.gi_frame is callee


def _code_of(function: Any) -> types.CodeType | None:
    while True:
        if isinstance(function, types.FunctionType):
            return function.__code__
        if isinstance(function, (types.MethodType, staticmethod, classmethod)):
            function = function.__func__
        elif type(function) is partial:
            function = function.func
        else:
            return None


def _enters_with(manager: Any, callee: types.FrameType) -> bool:
    return _has(callee, [manager], ("__enter__",)) and isinstance(_find(type(manager), "__exit__"), types.FunctionType)


def _first_argument(frame: types.FrameType) -> Any:
    held = peek.entries(frame, 0)[0] if frame.f_code.co_argcount else None
    return held.cell_contents if isinstance(held, types.CellType) else held
