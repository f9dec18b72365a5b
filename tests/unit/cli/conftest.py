"""The command line as a function, and the folder of sample races."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from weft.cli.main import cli

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
RACES = "tests/unit/cli/races"

Weft = Callable[..., Result]


@pytest.fixture
def weft(monkeypatch: pytest.MonkeyPatch) -> Weft:
    """Run ``weft`` with arguments in the repository's root."""
    monkeypatch.chdir(ROOT)
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments, prog_name="weft", catch_exceptions=False)

    return run
