"""Reports of small races, made once by the command, and a browser where there is one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from weft.cli.main import cli

ROOT = Path(__file__).parents[2]
RACES = "tests/report_html/races"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def in_the_root(*arguments: str) -> str:
    """The output of ``weft`` in the repository's root."""
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        result = CliRunner().invoke(cli, arguments, prog_name="weft", catch_exceptions=False)
    finally:
        os.chdir(before)
    return result.output


@pytest.fixture
def run() -> Callable[..., str]:
    """Run ``weft`` with arguments in the repository's root."""
    return in_the_root


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of all sample races, as a first run leaves it."""
    folder = tmp_path_factory.mktemp("report")
    assert f"report: {folder.as_posix()}/index.html" in in_the_root("check", RACES, "--report", str(folder))
    return folder / "index.html"


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()
