"""Reading scripts: text files with one operation of the model a line, as ``stress.adapters.script`` prints them, and empty lines
between scripts.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from model import operations


def scripts_in(file: Path) -> list[list[Any]]:
    """The scripts of a file, each a list of operations."""
    blocks = file.read_text(encoding="utf-8").strip().split("\n\n")
    return [[operation_of(line) for line in block.splitlines() if not line.startswith("#")] for block in blocks]


def operation_of(line: str) -> Any:
    """The operation that a line such as ``Mkdir("init", "/a")`` names; its arguments are literals."""
    call = ast.parse(line, mode="eval").body
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
        raise ValueError(f"not an operation: {line!r}")
    arguments = [ast.literal_eval(argument) for argument in call.args]
    named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords if keyword.arg is not None}
    return getattr(operations, call.func.id)(*arguments, **named)
