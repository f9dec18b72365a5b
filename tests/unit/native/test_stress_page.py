"""The committed pages are what the committed figures say."""

from __future__ import annotations

from pathlib import Path

import msgspec

from stress.native.page import HOUR, PLANTED, SHAPES, Findings, page
from weft.report.contention import Contention
from weft.report.contention_page import rendered
from weft.report.stressed import Report

ROOT = Path(__file__).parents[3]


def test_the_page_of_native_stress_is_made_from_its_figures(monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    assert Path("reports/stress.md").read_text() == page(msgspec.json.decode(PLANTED.read_bytes(), type=Findings))


def test_the_contention_pages_are_made_from_theirs_and_are_small(monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    for file in SHAPES.values():
        text = file.with_suffix(".html").read_text()
        assert text == rendered(msgspec.json.decode(file.read_bytes(), type=Contention))
        assert len(text) < 300_000


def test_what_the_readme_and_the_pages_claim_is_in_the_figures() -> None:
    hour = msgspec.json.decode((ROOT / HOUR).read_bytes(), type=Report)
    assert sum(one.seconds for one in hour.stressed) >= 3600
    assert all(not one.violations and one.checked_at_end and one.calls for one in hour.stressed)
    races = msgspec.json.decode((ROOT / PLANTED).read_bytes(), type=Findings).races
    assert all(tries.rounds for tries in races)
