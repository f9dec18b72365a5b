"""A sequence of operations as Python that can be pasted into a file and run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, fields

from model.operations import Operation

HEADER = "from model.operations import *\nfrom stress.adapters import compare\n\ncompare(\n    ["
FOOTER = "    ]\n)"


def as_call(operation: Operation) -> str:
    """One operation as it would be written by hand: what has its default is left out."""
    arguments = []
    for field in fields(operation):
        value = getattr(operation, field.name)
        if field.default is MISSING or value != field.default:
            arguments.append(f"{field.name}={value!r}" if field.kw_only else repr(value))
    return f"{type(operation).__name__}({', '.join(arguments)})"


def as_script(operations: Sequence[Operation], *, result: str = "") -> str:
    """The whole script; ``result`` becomes a comment beside the last call."""
    lines = [f"        {as_call(operation)}," for operation in operations]
    if result and lines:
        lines[-1] += f"  # {result}"
    return "\n".join([HEADER, *lines, FOOTER])


def print_as_script(operations: Sequence[Operation]) -> None:
    """Print the script that repeats ``operations`` on both sides."""
    print(as_script(operations))
