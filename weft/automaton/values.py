"""Numbers for values: the search compares integers, never Python objects."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from weft.automaton.tables import ABSENT
from weft.cells.values import SharedIdentity, identity
from weft.errors import SharedStateError


class ValueTable:
    """Every value that a cell or a result ever has, numbered from 1 in the order of discovery."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._values: list[Any] = [None]
        assert len(self._values) - 1 == ABSENT

    def number(self, value: Any) -> int:
        """The number of ``value``; equal values (type included) have equal numbers.

        Raises:
            SharedStateError: The value is mutable, or a shared object whose ``__init__`` has not finished.
        """
        key = identity(value)
        known = self._numbers.get(key)
        if known is None:
            if isinstance(value, SharedIdentity) and not getattr(value, "_sealed", True):
                raise SharedStateError(
                    f"{type(value).__qualname__} hands itself to other threads inside its own __init__; finish it first"
                )
            known = self._numbers[key] = len(self._values)
            self._values.append(value)
        return known

    def __getitem__(self, number: int) -> Any:
        return self._values[number]

    def __len__(self) -> int:
        return len(self._values) - 1
