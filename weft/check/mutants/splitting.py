"""What a split read-modify-write does: the load and the store that the atomic operation keeps together."""

from __future__ import annotations

from typing import Any

from weft.cells.values import identity


def split(cell: Any, operation: str, *operands: Any) -> Any:
    """The operation ``operation`` of an atomic cell as a load and, unless nothing changes, a store; what it returns."""
    seen = cell.load()
    if operation == "compare_and_swap":
        if identity(seen) != identity(operands[0]):
            return False
        cell.store(operands[1])
        return True
    after = {"add": lambda: seen + operands[0], "or_": lambda: seen | operands[0], "and_": lambda: seen & operands[0]}
    new = cell._fit(operands[0] if operation == "exchange" else after[operation]())
    cell.store(new)
    return new if operation == "add" else seen
