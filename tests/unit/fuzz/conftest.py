"""Hunts in the small, and the command line as a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.cli.conftest import weft  # noqa: F401 - a fixture
from weft.fuzz.alphabet import Alphabet
from weft.fuzz.drawing import Shape
from weft.fuzz.hunt import Budget, Hunted, Tally, hunt
from weft.fuzz.probe import Limits

ALPHABETS = "tests/unit/fuzz/alphabets"


class Unwatched:
    """Nobody looks."""

    def pulse(self, states: int, transitions: int, seconds: float, look_ahead: object = None) -> None: ...

    def hunting(self, tally: Tally, *, shrinking: str) -> None: ...


@pytest.fixture
def hunted(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Hunted]:
    """Hunt in a folder of its own, since the database is where one stands."""
    monkeypatch.chdir(tmp_path)

    def run(
        alphabet: Alphabet, *, watcher: Any = None, shape: Shape | None = None, limits: Limits | None = None, **budget: Any
    ) -> Hunted:
        return hunt(
            alphabet,
            key="key",
            file="file.py",
            shape=shape or Shape(),
            limits=limits or Limits(),
            budget=Budget(**{"programs": 60, "seed": 1, "reuse": False, **budget}),
            watcher=watcher or Unwatched(),
        )

    return run
