"""Operators that break concurrent code the way people do, applied wherever the syntax tree lets them.

==============  ==============================================================================================
swap-steps      two neighbouring statements change places
split-rmw       an atomic read-modify-write becomes a load and a store
drop-step       a call made for its effect is forgotten, or an entry is not set, or not deleted
repeat-step     a call made for its effect is made twice (a release, an acquisition, an insertion)
drop-check      an ``if`` that ends in return, raise, continue or break is forgotten: a guard, a recheck, a busy test
enter-late      the first statement of a locked section runs before the lock is taken
leave-early     the last statement of a locked section runs after the lock is released
weaken-compare  a comparison accepts more: ``<`` becomes ``<=``, ``==`` becomes ``>=``, and so on
drop-operand    one side of an ``and`` or ``or`` is forgotten
==============  ==============================================================================================

Choice a reader may question: no mutation library. Those for Python (cosmic-ray, mutmut) change arithmetic, constants and keywords,
and run test commands; none moves a statement out of a critical section. What LibCST would add is keeping the text, and the standard
library's ``ast`` has exact positions: a mutant is one or two pieces of the text replaced, and the rest stays as it is.

Source: Bradbury, Cordy, Dingel: Mutation Operators for Concurrent Java, 2006 (their shrink and shift of critical regions, removal
of synchronisation and of atomicity).
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef

OPERATORS = (
    "swap-steps",
    "split-rmw",
    "drop-step",
    "repeat-step",
    "drop-check",
    "enter-late",
    "leave-early",
    "weaken-compare",
    "drop-operand",
)

_READ_MODIFY_WRITE = {"add": 1, "or_": 1, "and_": 1, "exchange": 1, "compare_and_swap": 2}
_WEAKER: dict[type[ast.cmpop], str] = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: ">=", ast.NotEq: ">="}
_SYMBOLS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)

SPLIT = "__weft_split__"
"""The name under which split operations find ``split``."""


@dataclass(frozen=True, slots=True)
class Splice:
    """A piece of a file's text, by offsets, and what takes its place."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Change:
    """One mutant of a file.

    Attributes:
        function: The qualified name of the outermost function it is in.
        operator: One of ``OPERATORS``.
        splices: What changes, in the order of the text.
        lines: The lines of what is changed: whoever executes none of them cannot notice.
    """

    function: str
    operator: str
    splices: tuple[Splice, ...]
    lines: tuple[int, ...]


def changes(text: str) -> list[Change]:
    """Every mutant of a file, in the order of its functions and then of ``OPERATORS``."""
    finder = _Finder(text)
    return [change for name, function in _functions(ast.parse(text), "") for change in finder.changes(name, function)]


def applied(text: str, splices: tuple[Splice, ...]) -> str:
    """``text`` with the pieces replaced."""
    for splice in sorted(splices, key=lambda s: -s.start):
        text = text[: splice.start] + splice.new + text[splice.end :]
    return text


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield prefix + child.name, child
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.")


class _Finder:
    """Finds the changes of one file."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = [0]
        for line in text.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def changes(self, name: str, function: Function) -> Iterator[Change]:
        found = {operator: list[tuple[Splice, ...]]() for operator in OPERATORS}
        for block in _blocks(function):
            self._in_block(block, found)
        if name.endswith("__init__"):
            found["swap-steps"].clear()  # nobody else knows the object yet
        for node in ast.walk(function):
            self._in_expression(node, found)
        for operator, all_splices in found.items():
            for splices in sorted(all_splices, key=lambda each: each[0].start):
                yield Change(name, operator, splices, self._touched(splices))

    # -- statements --------------------------------------------------------------------------------------------

    def _in_block(self, block: list[ast.stmt], found: dict[str, list[tuple[Splice, ...]]]) -> None:
        for statement in block:
            if _is_step(statement):
                found["drop-step"].append((self._replace(statement, "pass"),))
                if isinstance(statement, ast.Expr):
                    found["repeat-step"].append((self._replace(statement, f"{self._of(statement)}; {self._of(statement)}"),))
            if isinstance(statement, ast.If) and not statement.orelse and isinstance(statement.body[-1], _LEAVES):
                found["drop-check"].append((self._replace(statement, "pass"),))
        for first, second in itertools.pairwise(block):
            if _may_swap(first, second):
                found["swap-steps"].append((self._replace(first, self._of(second)), self._replace(second, self._of(first))))
            if isinstance(second, ast.Try) and _is_section(first, second):
                self._moved_out(first, second, found)

    def _moved_out(self, lock: ast.stmt, section: ast.Try, found: dict[str, list[tuple[Splice, ...]]]) -> None:
        first, last = section.body[0], section.body[-1]
        if not isinstance(first, ast.Return | ast.Raise):
            outer = self._indent(lock)
            moved = self._shifted(first, by=outer - self._indent(first))
            found["enter-late"].append(
                (Splice(self._at(lock), self._at(lock), moved + "\n" + " " * outer), self._replace(first, "pass"))
            )
        if not isinstance(last, ast.Raise):
            moved = self._shifted(last, by=self._indent(section) - self._indent(last))
            end = self._end(section)
            found["leave-early"].append((self._replace(last, "pass"), Splice(end, end, "\n" + " " * self._indent(section) + moved)))

    # -- expressions -------------------------------------------------------------------------------------------

    def _in_expression(self, node: ast.AST, found: dict[str, list[tuple[Splice, ...]]]) -> None:
        if isinstance(node, ast.Call) and _is_read_modify_write(node):
            assert isinstance(node.func, ast.Attribute)
            arguments = ", ".join([self._of(node.func.value), repr(node.func.attr), *map(self._of, node.args)])
            found["split-rmw"].append((self._replace(node, f"{SPLIT}({arguments})"),))
        elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _WEAKER:
            between = Splice(self._end(node.left), self._at(node.comparators[0]), "")
            symbol, weaker = _SYMBOLS[type(node.ops[0])], _WEAKER[type(node.ops[0])]
            new = self._text[between.start : between.end].replace(symbol, weaker, 1)
            found["weaken-compare"].append((Splice(between.start, between.end, new),))
        elif isinstance(node, ast.BoolOp):
            joint = " and " if isinstance(node.op, ast.And) else " or "
            for dropped in node.values:
                kept = joint.join(self._of(value) for value in node.values if value is not dropped)
                found["drop-operand"].append((self._replace(node, f"({kept})" if len(node.values) > 2 else kept),))

    # -- text --------------------------------------------------------------------------------------------------

    def _offset(self, line: int, column: int) -> int:
        start = self._lines[line - 1]
        return start + len(self._text[start : self._lines[line]].encode()[:column].decode())

    def _at(self, node: ast.stmt | ast.expr) -> int:
        return self._offset(node.lineno, node.col_offset)

    def _end(self, node: ast.stmt | ast.expr) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._offset(node.end_lineno, node.end_col_offset)

    def _of(self, node: ast.stmt | ast.expr) -> str:
        return self._text[self._at(node) : self._end(node)]

    def _replace(self, node: ast.stmt | ast.expr, new: str) -> Splice:
        return Splice(self._at(node), self._end(node), new)

    def _indent(self, statement: ast.stmt) -> int:
        return statement.col_offset

    def _shifted(self, statement: ast.stmt, *, by: int) -> str:
        first, *rest = self._of(statement).split("\n")
        return "\n".join([first, *(line[-by:] if by < 0 else " " * by + line for line in rest)])

    def _touched(self, splices: tuple[Splice, ...]) -> tuple[int, ...]:
        lines: set[int] = set()
        for splice in splices:
            if splice.end > splice.start:
                first = self._text.count("\n", 0, splice.start) + 1
                lines.update(range(first, first + self._text.count("\n", splice.start, splice.end) + 1))
        return tuple(sorted(lines))


def _blocks(function: Function) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(function):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def _is_step(statement: ast.stmt) -> bool:
    """Whether a statement is there for its effect on something other than a local variable."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Call)
    if isinstance(statement, ast.Assign):
        return any(isinstance(target, ast.Subscript) for target in statement.targets)
    return isinstance(statement, ast.Delete)


def _may_swap(first: ast.stmt, second: ast.stmt) -> bool:
    """Whether two statements both do something, and the first does not make a variable that the second reads."""
    simple = ast.Expr | ast.Assign | ast.AnnAssign | ast.Delete | ast.AugAssign
    if not (isinstance(first, simple) and isinstance(second, simple) and _acts(first) and _acts(second)):
        return False
    return not _names(first, ast.Store) & (_names(second, ast.Load) | _names(second, ast.Store))


def _acts(statement: ast.stmt) -> bool:
    return any(isinstance(node, ast.Call | ast.Subscript) for node in ast.walk(statement))


def _names(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, context)}


def _is_section(first: ast.stmt, section: ast.Try) -> bool:
    """Whether ``first`` takes something that the ``finally`` of ``section`` gives back: ``x.lock()`` ... ``x.unlock()``."""
    taken, given = _receiver(first), _receiver(section.finalbody[-1]) if section.finalbody else None
    return taken is not None and taken == given


def _receiver(statement: ast.stmt) -> str | None:
    call = statement.value if isinstance(statement, ast.Expr) else None
    return ast.dump(call.func.value) if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else None


def _is_read_modify_write(call: ast.Call) -> bool:
    """Whether a call is an atomic cell's, as far as the text tells: it adds a number or a constant, not a set's element."""
    if not isinstance(call.func, ast.Attribute) or _READ_MODIFY_WRITE.get(call.func.attr) != len(call.args) or call.keywords:
        return False
    names = (node.id for node in ast.walk(call.args[0]) if isinstance(node, ast.Name))
    literal = not any(isinstance(node, ast.Attribute | ast.Call) for node in ast.walk(call.args[0]))
    return call.func.attr == "compare_and_swap" or (literal and all(name.isupper() for name in names))
