"""A mutable caller around the pure ``step``, so that a test reads as a script of calls."""

from typing import Any

import pytest

from model import Operation, Result, State, initial, step
from model import operations as op


class Caller:
    def __init__(self) -> None:
        self.state: State = initial()

    def __call__(self, operation: Operation) -> Result:
        before = self.state
        self.state, result = step(before, operation)
        if isinstance(result, str):
            assert self.state == before, "an operation that fails changes nothing"
        return result

    def ok(self, *operations: Operation) -> Any:
        """Every operation succeeds; the last payload."""
        payload = None
        for operation in operations:
            result = self(operation)
            assert not isinstance(result, str), f"{operation}: {result}"
            payload = result[1]
        return payload

    def file(self, path: str, data: bytes = b"", namespace: str = "init") -> None:
        self.ok(
            op.Open(namespace, path, handle="making", access="w", create=True),
            op.Write("making", data=data),
            op.Close("making"),
        )

    def dirs(self, *paths: str) -> None:
        self.ok(*(op.Mkdir("init", path) for path in paths))

    def where(self, path: str, *, start: str | None = None, namespace: str = "init") -> str:
        """The label of the filesystem a path leads to, or the errno."""
        result = self(op.Stat(namespace, path, start=start))
        return result if isinstance(result, str) else result[1][3]


@pytest.fixture
def vfs() -> Caller:
    return Caller()
