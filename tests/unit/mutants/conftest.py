"""``weft mutants`` on a small subject, read back as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from weft.cli.main import cli

ROOT = Path(__file__).parents[3]
SUBJECT = "tests/unit/mutants/subject"


@pytest.fixture
def mutants(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., SimpleNamespace]:
    """Run ``weft mutants`` with arguments; its exit code, output and JSON."""
    monkeypatch.chdir(ROOT)

    def run(*arguments: str) -> SimpleNamespace:
        out = tmp_path / "out.json"
        command = ["mutants", *arguments, "--races", f"{SUBJECT}/races.py", "--json", str(out), "--page", str(tmp_path / "out.md")]
        result = CliRunner().invoke(cli, command, prog_name="weft", catch_exceptions=False)
        content = out.read_bytes() if out.exists() else b""
        record = json.loads(content) if content else None
        page = (tmp_path / "out.md").read_text() if content else ""
        return SimpleNamespace(code=result.exit_code, out=result.output, record=record, page=page, bytes=content)

    return run
