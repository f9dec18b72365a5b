"""What a code object tells about a frame suspended in it: the depth of its stack, and which locals are dead.

For each instruction that may be waiting for a call to return this gives

- ``hidden``: how many stack entries lie under the pending call, from ``dis.stack_effect`` over the control flow graph,
  exception handlers included;
- ``dead``: the local variables whose value no later instruction can read (backward liveness analysis).

An instruction that is not known to be safe to wait in is absent, and the frame is then not merged with any other. Code
that can look at its own variables by name (``locals``, ``eval``) has no dead ones.

Source: CPython ``Python/compile.c`` (stack depth) and ``Objects/exception_handling_notes.txt``; liveness as in Appel, Modern
Compiler Implementation, section 10.1.
"""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import CodeType
from typing import Any, NamedTuple

_PUSHES = {
    **dict.fromkeys(
        (
            "CALL",
            "CALL_FUNCTION_EX",
            "CALL_KW",
            "CALL_INTRINSIC_1",
            "CALL_INTRINSIC_2",
            "BINARY_OP",
            "BINARY_SUBSCR",
            "BINARY_SLICE",
            "COMPARE_OP",
            "CONTAINS_OP",
            "UNARY_NOT",
            "UNARY_NEGATIVE",
            "UNARY_INVERT",
            "UNARY_POSITIVE",
            "TO_BOOL",
            "LOAD_ATTR",
            "GET_ITER",
            "FOR_ITER",
            "SEND",
            "WITH_EXCEPT_START",
            "FORMAT_VALUE",
            "FORMAT_SIMPLE",
            "FORMAT_WITH_SPEC",
            "CONVERT_VALUE",
            "YIELD_VALUE",
        ),
        1,
    ),
    "BEFORE_WITH": 2,
    **dict.fromkeys(
        ("STORE_ATTR", "STORE_SUBSCR", "STORE_SLICE", "DELETE_SUBSCR", "DELETE_ATTR", "LIST_EXTEND", "SET_UPDATE", "DICT_UPDATE"),
        0,
    ),
}
_PRECALLED = frozenset(("CALL",) if sys.version_info < (3, 12) else ())
"""Instructions whose arguments ``dis.stack_effect`` books on the one before."""
_ENDS = {"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"}
_ALWAYS_JUMPS = {"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"}
_LOOKS_AT_ITSELF = {"locals", "eval", "exec", "vars", "dir", "_getframe", "currentframe", "f_locals", "stack"}


class Waiting(NamedTuple):
    """An instruction that a frame may wait in: its name, argument, attribute name, and the stack depth before it."""

    name: str
    argument: int
    attribute: str
    depth: int


@dataclass(frozen=True, slots=True, eq=False)
class Waits:
    """What is known of one code object, by instruction offset; see the module. One object for each code, for ever.

    Attributes:
        waiting: The instructions it may wait in.
        hidden: How many stack entries lie under what the waiting instruction works on.
        dead: The local variables whose value is never read again.
        arguments: How many of its first local variables are arguments.
        assigns_arguments: Whether it ever gives an argument another value.
        assigned_global: A global variable that it assigns, if any.
    """

    waiting: dict[int, Waiting]
    hidden: dict[int, int]
    dead: dict[int, frozenset[int]]
    arguments: int
    assigns_arguments: bool
    assigned_global: str | None


@dataclass(frozen=True, slots=True)
class _Graph:
    instructions: list[dis.Instruction]
    after: list[list[tuple[int, int]]]
    handlers: list[list[int]]
    depth: dict[int, int]


@cache
def waits(code: CodeType) -> Waits:
    """The analysis of ``code``."""
    graph = _graph(code)
    waiting: dict[int, Waiting] = {}
    hidden: dict[int, int] = {}
    for k, instruction in enumerate(graph.instructions):
        pushes = _PUSHES.get(instruction.opname)
        if pushes is not None and k in graph.depth:
            offsets = [*_offsets(code, graph, k)]
            if instruction.opname == "YIELD_VALUE":
                offsets.append(graph.instructions[k + 1].offset)  # where a suspended generator of 3.13 points
            after = graph.depth[k] + _effect(instruction, jump=False)
            hidden.update(dict.fromkeys(offsets, after - pushes))
            attribute = instruction.argval if isinstance(instruction.argval, str) else ""
            before = graph.depth[k] + (instruction.arg or 0 if instruction.opname in _PRECALLED else 0)
            waiting.update(dict.fromkeys(offsets, Waiting(instruction.opname, instruction.arg or 0, attribute, before)))
    assigned = next((str(i.argval) for i in graph.instructions if i.opname in ("STORE_GLOBAL", "DELETE_GLOBAL")), None)
    arguments = _argument_count(code)
    return Waits(waiting, hidden, _dead(code, graph), arguments, _assigns(code, set(code.co_varnames[:arguments])), assigned)


def _argument_count(code: CodeType) -> int:
    flags = code.co_flags
    return code.co_argcount + code.co_kwonlyargcount + bool(flags & inspect.CO_VARARGS) + bool(flags & inspect.CO_VARKEYWORDS)


def _assigns(code: CodeType, names: set[str]) -> bool:
    """Whether ``code``, or a function inside it, gives one of the variables ``names`` another value."""
    if not names:
        return False
    for instruction in dis.get_instructions(code):
        changed = {code.co_varnames[k] for k in _variables(instruction)[1]}
        if instruction.opname in ("STORE_DEREF", "DELETE_DEREF"):
            changed.add(instruction.argval)
        if changed & names:
            return True
    inner = (const for const in code.co_consts if isinstance(const, CodeType))
    return any(_assigns(function, names & set(function.co_freevars)) for function in inner)


def _offsets(code: CodeType, graph: _Graph, k: int) -> range:
    """The offsets of instruction ``k`` and its inline caches; a waiting frame of 3.11 and 3.12 points into the caches."""
    following = graph.instructions[k + 1].offset if k + 1 < len(graph.instructions) else len(code.co_code)
    return range(graph.instructions[k].offset, following, 2)


def _effect(instruction: dis.Instruction, *, jump: bool) -> int:
    if instruction.opname == "RETURN_GENERATOR":
        return 1  # what the first `next` sends; 3.11 and 3.12 book it elsewhere
    argument = instruction.arg if instruction.opcode >= dis.HAVE_ARGUMENT else None
    return dis.stack_effect(instruction.opcode, argument, jump=jump)


def _graph(code: CodeType) -> _Graph:
    instructions = list(dis.get_instructions(code, show_caches=False))
    index = {i.offset: k for k, i in enumerate(instructions)}
    after = [list(_successors(instructions, index, k)) for k in range(len(instructions))]
    handlers: list[list[int]] = [[] for _ in instructions]
    depth: dict[int, int] = {0: 0}
    work = [0]
    for entry in _exception_table(code):
        target = index[entry.target]
        depth.setdefault(target, entry.depth + 1 + bool(entry.lasti))
        work.append(target)
        for k, instruction in enumerate(instructions):
            if entry.start <= instruction.offset < entry.end:
                handlers[k].append(target)
    while work:
        k = work.pop()
        for successor, effect in after[k]:
            if successor not in depth:
                depth[successor] = depth[k] + effect
                work.append(successor)
    return _Graph(instructions, after, handlers, depth)


def _exception_table(code: CodeType) -> list[Any]:
    return dis._parse_exception_table(code)  # type: ignore[attr-defined,no-any-return]


def _successors(instructions: list[dis.Instruction], index: dict[int, int], k: int) -> Iterator[tuple[int, int]]:
    instruction = instructions[k]
    if instruction.opname in _ENDS:
        return
    if instruction.opcode in dis.hasjrel or instruction.opcode in dis.hasjabs:
        yield index[instruction.argval], _effect(instruction, jump=True)
        if instruction.opname in _ALWAYS_JUMPS:
            return
    if k + 1 < len(instructions):
        yield k + 1, _effect(instruction, jump=False)


def _dead(code: CodeType, graph: _Graph) -> dict[int, frozenset[int]]:
    """Backward dataflow to a fixpoint: which plain locals are not live after each instruction."""
    if _LOOKS_AT_ITSELF & set(code.co_names):
        return {}
    # `super()` reads the first argument behind the compiler's back.
    first = "super" in code.co_names
    plain = frozenset(k for k, name in enumerate(code.co_varnames) if name not in code.co_cellvars and not (first and k == 0))
    uses_and_kills = [_variables(instruction) for instruction in graph.instructions]
    before: list[frozenset[int]] = [frozenset()] * len(graph.instructions)
    live_after = list(before)
    changed = True
    while changed:
        changed = False
        for k in range(len(graph.instructions) - 1, -1, -1):
            after = frozenset().union(*(before[s] for s, _ in graph.after[k]), *(before[h] for h in graph.handlers[k]))
            uses, kills = uses_and_kills[k]
            now = uses | (after - kills)
            if now != before[k] or after != live_after[k]:
                before[k], live_after[k], changed = now, after, True
    return {offset: plain - live_after[k] for k in range(len(graph.instructions)) for offset in _offsets(code, graph, k)}


def _variables(instruction: dis.Instruction) -> tuple[frozenset[int], frozenset[int]]:
    """(locals read, locals overwritten) by one instruction, as indices; superinstructions of 3.13 included."""
    name, argument = instruction.opname, instruction.arg or 0
    high, low = argument >> 4, argument & 15
    table = {
        "LOAD_FAST": ((argument,), ()),
        "LOAD_FAST_CHECK": ((argument,), ()),
        "LOAD_FAST_AND_CLEAR": ((argument,), (argument,)),
        "STORE_FAST": ((), (argument,)),
        "DELETE_FAST": ((argument,), (argument,)),
        "LOAD_FAST_LOAD_FAST": ((high, low), ()),
        "STORE_FAST_LOAD_FAST": (() if high == low else (low,), (high,)),
        "STORE_FAST_STORE_FAST": ((), (high, low)),
    }
    if name in table:
        uses, kills = table[name]
        return frozenset(uses), frozenset(kills)
    if "_FAST" in name or name in ("LOAD_CLOSURE", "MAKE_CELL"):
        return frozenset((argument, high, low)), frozenset()
    return frozenset(), frozenset()
