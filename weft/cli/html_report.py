"""``weft check --report``: searches that keep what pictures need, and the page made from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from weft.check.run import Plan
from weft.report import document
from weft.report.html import page
from weft.report.html.portrait import Pictured, pictured, portrait


class HtmlReport:
    """The report of one run in one folder, which is made at once, so that it fails before the search and not after it."""

    def __init__(self, folder: str, *, reproducible: bool) -> None:
        self._folder = page.prepare(folder)
        self._reproducible = reproducible
        self._pictured: list[Pictured] = []

    def searched(self, plan: Plan, search: Callable[..., Any]) -> list[document.Race]:
        """The races' records; their portraits stay here until ``write``."""
        self._pictured = search(replace(plan, look=portrait), record=pictured)
        return [one.race for one in self._pictured]

    def write(self, made: document.Report) -> None:
        """Write the page and say where it is."""
        written = page.write(self._folder, made, self._pictured, reproducible=self._reproducible)
        click.echo(f"report: {written.as_posix()}")
