"""What the README tells people to paste into their CI is what the command line takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from weft.cli.main import cli

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SECTION = README[README.index("## In CI") : README.index("## The seed's functions")]
COMMANDS = [
    " ".join(command.split())
    for command in re.findall(r"^(?:weft check|\s+entry: weft check|\s+weft check) (.*(?:\n\s+--.*)*)", SECTION, flags=re.MULTILINE)
]


def test_it_has_a_baseline_a_workflow_and_a_hook() -> None:
    assert len(COMMANDS) == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_one(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    check = cli.commands["check"]
    context = check.make_context("check", shlex.split(command))  # click.UsageError says what it does not take
    assert isinstance(context, click.Context)
    assert all(Path(path.partition("::")[0]).exists() for path in context.params["paths"])
