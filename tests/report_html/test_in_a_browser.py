"""The report in a real headless Chromium, opened from disk: it works, stays quiet, fetches nothing, and axe finds no fault."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

if importlib.util.find_spec("playwright") is None:
    pytest.skip("playwright is not installed: pip install -e '.[browser]'", allow_module_level=True)
if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
    pytest.skip("there is no Chromium here: apt-get install chromium", allow_module_level=True)

Open = Callable[..., Any]
WIDE, PHONE = 1280, 375


@pytest.fixture
def opened(browser: Any, report: Path) -> Iterator[Open]:
    """Open the report at a view; whatever it logs, throws or asks the network for fails the test."""
    contexts, complaints = [], []

    def open_at(view: str = "", *, width: int = WIDE, scheme: str = "light") -> Any:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        context.set_default_timeout(120_000)  # milliseconds: a loaded machine is no finding
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or complaints.append(asked.url))
        page.goto(report.as_uri() + view)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert complaints == []


def race(page: Any, name: str) -> Any:
    """Follow the link to a race; its section."""
    page.locator("table.races a", has_text=name).first.click()
    section = page.locator("section.race.shown")
    section.wait_for()
    return section


def memory(section: Any) -> dict[str, str]:
    """What the memory table shows, by cell; a changed value with what it was."""
    return {
        row.locator("th").inner_text(): row.locator("td").inner_text() for row in section.locator(".detail .memory tbody tr").all()
    }


def test_the_filter_narrows_the_table_by_text_and_by_verdict(opened: Open) -> None:
    page = opened()
    rows = page.locator("table.races tbody tr")
    assert rows.count() == rows.filter(visible=True).count() == 7

    page.get_by_label("Filter", exact=True).fill("final small.py")
    assert rows.filter(visible=True).locator("a").all_inner_texts() == ["lost_update", "late_loss"]
    assert page.locator("#filter-count").inner_text() == "2 of 7"

    page.get_by_label("Filter", exact=True).fill("")
    page.get_by_text("HOLDS 2").click()
    assert rows.filter(visible=True).locator("a").all_inner_texts() == ["two_increments", "wide"]
    page.get_by_text("to look at 1").click()
    assert rows.filter(visible=True).locator("a").all_inner_texts() == ["deadly"]

    page.get_by_label("Filter", exact=True).fill("nothing is called so")
    page.get_by_text("Show all").click()
    assert rows.filter(visible=True).count() == 7


def test_a_head_sorts_the_table_and_a_third_press_undoes_it(opened: Open) -> None:
    page = opened()
    names = page.locator("table.races tbody a")
    original = names.all_inner_texts()
    head = page.get_by_role("columnheader", name="States", exact=True)
    orders = []
    for _ in range(3):
        head.get_by_role("button").click()
        orders.append((head.get_attribute("aria-sort"), names.all_inner_texts()))
    assert [way for way, _ in orders] == ["descending", "ascending", None]
    assert orders[0][1][0] == orders[1][1][-1] == "wide"
    assert orders[1][1] != orders[0][1] != original == orders[2][1]


def test_selecting_a_step_shows_the_memory_and_the_line_there(opened: Open) -> None:
    section = race(opened(), "lost_update")
    steps = section.locator(".steps .step")
    assert steps.count() == 4

    steps.nth(0).click()
    assert memory(section) == {"AtomicInt64#0": "0"}
    assert section.locator(".source .at code").inner_text().strip() == "counter.store(counter.load() + 1)"
    assert section.locator(".lanes").get_attribute("aria-valuetext").startswith("step 1 of 4, first: AtomicInt64#0.load() → 0")

    centre = "it => { const box = it.getBoundingClientRect(); return box.left + box.width / 2; }"
    tick, mark = section.locator(".lanes .tick").nth(3), section.locator(".lanes .mark[data-step='4']")
    assert tick.inner_text() == "4"
    assert abs(tick.evaluate(centre) - mark.evaluate(centre)) < 1

    changing = section.locator(".lanes .mark.writes").first
    changing.click()
    assert memory(section) == {"AtomicInt64#0": "0 → 1"}


def test_steps_that_play_no_part_are_folded_away_until_asked_for(opened: Open) -> None:
    page = opened()
    section = race(page, "late_loss")
    shown = section.locator(".steps .step")
    folds = section.locator(".steps .fold button")
    few = shown.count()
    assert few < 16
    assert all("that play" in text for text in folds.all_inner_texts())
    assert section.locator(".mark.decisive").count() >= 3
    assert section.locator(".because").inner_text().startswith("Because")

    section.locator(".lanes").focus()
    page.keyboard.press("End")
    assert shown.count() > few  # going to a folded step unfolds its neighbours
    section.get_by_role("button", name="Unfold").click()
    assert shown.count() == 16
    assert folds.first.get_attribute("aria-expanded") == "true"
    section.get_by_role("button", name="Fold them again").click()
    folds.first.click()
    assert folds.first.get_attribute("aria-expanded") == "true"


def test_the_keyboard_alone_walks_through_the_steps(opened: Open) -> None:
    page = opened()
    section = race(page, "lost_update")
    lanes = section.get_by_role("slider", name="Step of the schedule")
    for _ in range(40):
        page.keyboard.press("Tab")
        if lanes.evaluate("it => it === document.activeElement"):
            break
    values = []
    for key in ("Home", "ArrowRight", "ArrowDown", "ArrowLeft", "End", "ArrowRight"):
        page.keyboard.press(key)
        values.append(int(lanes.get_attribute("aria-valuenow")))
    assert values == [1, 2, 3, 2, 4, 4]

    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.steps .step')"):
            break
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.dataset.step") == "3"


def test_the_schedule_can_be_copied(opened: Open) -> None:
    page = opened()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    section = race(page, "lost_update")
    line = section.locator(".paste div", has_text="Replay")
    command = line.locator("code").inner_text()
    assert command.startswith("weft replay tests/report_html/races/small.py::lost_update v1:f1.")
    line.get_by_role("button", name="Copy").click()
    line.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == command


def test_an_automaton_is_drawn_and_its_nodes_can_be_walked(opened: Open) -> None:
    page = opened()
    section = race(page, "two_increments")
    section.locator(".automata").scroll_into_view_if_needed()
    nodes = section.locator(".automata .node")
    nodes.first.wait_for()
    labels = nodes.locator("text").all_text_contents()
    assert len(labels) == 4
    assert all(label.startswith("small.py:") or label == "returns None" for label in labels)
    edges = section.locator(".automata .edge title").all_text_contents()
    assert "AtomicInt64#0.compare_and_swap(0, 1) → False" in edges

    nodes.first.click()
    note = section.locator(".automata .note")
    assert "AtomicInt64#0.load()" in note.inner_text()
    page.keyboard.press("ArrowDown")
    assert "AtomicInt64#0.compare_and_swap(" in note.inner_text()
    section.locator(".automata").get_by_role("button", name="second").click()
    assert section.locator(".automata svg[aria-label='Automaton of second']").count() == 1


def test_the_state_graph_shows_every_state_and_what_it_holds(opened: Open) -> None:
    section = race(opened(), "two_increments")
    section.locator(".states").scroll_into_view_if_needed()
    section.locator(".states .node").first.wait_for()
    assert section.locator(".states .node").count() == 11
    assert section.locator(".states .edge").count() == 14
    section.locator(".states .node.good").last.click()
    assert "finished" in section.locator(".states .note h3").inner_text()
    assert section.locator(".states .memory td").all_inner_texts() == ["2"]


def test_the_state_graph_shows_the_way_of_the_violation(opened: Open) -> None:
    section = race(opened(), "lost_update")
    section.locator(".states").scroll_into_view_if_needed()
    section.locator(".states .node").first.wait_for()
    way = section.locator(".states .edge.path")
    assert way.count() == section.locator(".lanes .mark").count() == 4
    ends = {way.nth(k).get_attribute("data-to") for k in range(4)} - {way.nth(k).get_attribute("data-from") for k in range(4)}
    [end] = ends
    assert "final:both_counted" in section.locator(f".states .node[data-id='{end}']").get_attribute("aria-label")


def test_too_large_a_state_graph_says_so(opened: Open) -> None:
    section = race(opened(), "wide")
    assert "Not drawn: it is up to 250 states" in section.inner_text()


def test_a_source_file_opens_with_what_was_executed(opened: Open) -> None:
    page = opened("#lines")
    page.get_by_role("button", name="small.py").click()
    executed = page.locator(".source.whole .ran code").all_inner_texts()
    assert any("counter.compare_and_swap(seen, seen + 1)" in line for line in executed)
    assert not any("def both_counted" in line for line in executed)
    page.get_by_role("button", name="small.py").click()
    assert page.locator(".source.whole").count() == 0


def test_values_of_the_code_under_test_stay_text(opened: Open) -> None:
    page = opened()
    section = race(page, "hostile")
    assert page.title() == "weft: hostile"
    assert page.locator("main img, main b b, main i > i").count() == 0
    assert "</script><script>document.title" in section.locator(".message").inner_text().replace("\u200b", "")
    assert "<i>one</i>" in section.locator(".lanes").inner_text()
    assert any("</script>" in value for value in memory(section).values())
    section.locator(".automata").scroll_into_view_if_needed()
    section.locator(".automata .node").first.wait_for()


def test_nothing_is_wider_than_a_phone(opened: Open) -> None:
    page = opened(width=PHONE)
    for view in page.locator("section.view").evaluate_all("all => all.map((one) => one.id)"):
        page.goto(page.url.split("#")[0] + "#" + view)
        page.locator(f"#{view}.shown").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE, view


@pytest.mark.parametrize(("scheme", "width"), [("light", WIDE), ("dark", PHONE)])
def test_axe_finds_no_fault(opened: Open, scheme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = opened(width=width, scheme=scheme)
    for view in page.locator("section.view").evaluate_all("all => all.map((one) => one.id)"):
        page.goto(page.url.split("#")[0] + "#" + view)
        page.locator(f"#{view}.shown").wait_for()
        for host in page.locator(f"#{view} :is(.automata, .states)").all():
            host.scroll_into_view_if_needed()
            host.locator(".node").first.wait_for()
        if view == "lines":
            page.get_by_role("button", name="small.py").click()
        found = axe.run(page).response["violations"]
        assert [(view, one["id"], one["nodes"][0]["html"]) for one in found] == []
