"""Stands where a teacher expects a space of the kernel, and keeps what it is told, to be told again on other machines."""

from __future__ import annotations

from typing import Any

from weft.cluster.orders import COMPONENTS, Call

_LATEST = ("set_futures", COMPONENTS)
"""Calls that replace what an earlier one said."""


class Recorder:
    """The calls so far, in order."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._checks: set[tuple[Any, ...]] = set()

    def __len__(self) -> int:
        return len(self._calls)

    def since(self, told: int) -> list[Call]:
        """What to tell somebody who has been told the first ``told`` calls."""
        calls = self._calls[told:]
        latest = {name: k for k, (name, _) in enumerate(calls)}
        return [call for k, call in enumerate(calls) if call[0] not in _LATEST or latest[call[0]] == k]

    def add_node(self, *arguments: Any) -> None:
        """As the kernel's."""
        self._calls.append(("add_node", arguments))

    def add_value(self, *arguments: Any) -> None:
        """As the kernel's."""
        self._calls.append(("add_value", arguments))

    def add_check(self, number: int, bad: bool, path: list[tuple[int, int]]) -> None:  # noqa: FBT001 - the kernel's
        """As the kernel's; what was said before is not said again."""
        said = (number, bad, tuple(path))
        if said not in self._checks:
            self._checks.add(said)
            self._calls.append(("add_check", (number, bad, path)))

    def add_move(self, *arguments: Any) -> None:
        """As the kernel's."""
        self._calls.append(("add_move", arguments))

    def set_futures(self, *arguments: Any) -> None:
        """As the kernel's."""
        self._calls.append(("set_futures", arguments))

    def set_components(self, numbers: bytes) -> None:
        """As the kernel's."""
        self._calls.append((COMPONENTS, (numbers,)))
