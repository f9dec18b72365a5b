"""Putting another body into a function of the code under test, from outside, for a while.

The function object stays what it is, so whoever imported it by name gets the change too: only its ``__code__`` is replaced. The
new code is compiled from the changed text of the whole file, under the name ``FILE (edited abcd)``, so that traces show the
changed lines and nobody looks for them in the file. The four digits tell the texts of one file apart: a trace is written down after
other changes of that file have been tried.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import linecache
import re
import sys
import textwrap
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any

from weft.check.paths import shown
from weft.errors import UsageError


def found(module: str, qualname: str) -> FunctionType:
    """The function ``qualname`` of ``module``.

    Raises:
        UsageError: There is none.
    """
    value: Any = importlib.import_module(module) if module not in sys.modules else sys.modules[module]
    for name in qualname.split("."):
        value = vars(value).get(name) if hasattr(value, "__dict__") else None
    if isinstance(value, property):
        value = value.fget
    if not isinstance(value, FunctionType):
        raise UsageError(f"{module} has no function {qualname}")
    return value


def code_in(text: str, *, like: FunctionType) -> CodeType:
    """The code of ``like`` as ``text``, the changed text of its file, has it.

    Raises:
        UsageError: ``text`` is not valid Python, has no such function, or the function captures other variables.
    """
    file, name = like.__code__.co_filename, like.__qualname__
    changed_file = f"{file} (edited {zlib.crc32(text.encode()) & 0xFFFF:04x})"
    linecache.cache[changed_file] = (len(text), None, text.splitlines(keepends=True), changed_file)
    try:
        whole = compile(text, changed_file, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise UsageError(f"{shown(file)}: changing {name} gives no valid Python: {error.msg}, line {error.lineno}") from None
    code = next((code for code in _codes(whole) if code.co_qualname == name), None)
    if code is None:
        raise UsageError(f"{shown(file)}: changing {name} leaves no function of that name")
    if code.co_freevars != like.__code__.co_freevars:
        raise UsageError(f"{shown(file)}: changing {name} makes it capture {code.co_freevars}; it captures other variables")
    return code


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


@contextmanager
def swapped(function: FunctionType, code: CodeType) -> Iterator[None]:
    """``function`` runs ``code`` inside a ``with`` block."""
    before = function.__code__
    function.__code__ = code
    try:
        yield
    finally:
        function.__code__ = before


@functools.cache
def edited(function: FunctionType, old: str, new: str) -> CodeType:
    """The code of ``function`` with ``new`` in place of ``old``, which must occur in its text exactly once.

    Both are written without the indentation that the function has in its file.

    Raises:
        UsageError: ``old`` does not occur, or more than once: the function is no longer what the edit was made for.
    """
    lines, first = inspect.getsourcelines(function)
    original = "".join(lines)
    plain = textwrap.dedent(original)
    indent = original[: len(original) - len(original.lstrip())]
    changed = _replaced(plain, textwrap.dedent(old).strip("\n"), textwrap.dedent(new).strip("\n"))
    if changed is None:
        name = f"{shown(function.__code__.co_filename)}: {function.__qualname__}"
        raise UsageError(f"{name} does not have exactly one {old!r}; adapt the edit to what the function is now")
    with open(function.__code__.co_filename, encoding="utf-8") as stream:
        text = stream.readlines()
    text[first - 1 : first - 1 + len(lines)] = [textwrap.indent(changed, indent)]
    return code_in("".join(text), like=function)


def _replaced(text: str, old: str, new: str) -> str | None:
    """``text`` with ``new`` for ``old``: whole lines, indented as they are there, or a part of one. ``None`` if not just once."""
    lines = re.compile(
        "\n".join(rf"(?P<indent>^ *){re.escape(line)}$" if not k else _line(line) for k, line in enumerate(old.split("\n"))), re.M
    )
    matches = list(lines.finditer(text))
    if len(matches) == 1:
        return text[: matches[0].start()] + textwrap.indent(new, matches[0]["indent"]) + text[matches[0].end() :]
    return text.replace(old, new) if not matches and text.count(old) == 1 else None


def _line(line: str) -> str:
    return rf"(?P=indent){re.escape(line)}$" if line.strip() else "$"
