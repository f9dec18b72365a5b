"""Reports as people read them, word for word. A change here is a change that readers will see: make it on purpose."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from weft.check.collect import collect
from weft.check.run import Plan, check
from weft.cli.main import cli
from weft.report import prose, record

ROOT = Path(__file__).parents[2]
RACES = "tests/unit/cli/races"
GOLDEN = Path(__file__).parent / "texts"

TEXTS = {
    "deadlock": (["check", "-v", f"{RACES}/deadlock.py"], "100"),
    "failed_final": (["check", f"{RACES}/wrong.py::said_to_hold"], "100"),
    "exception": (["check", "-v", f"{RACES}/broken.py::raising"], "100"),
    "misuse": (["check", "-v", f"{RACES}/broken.py::stray_unlock"], "80"),
    "livelock": (["check", "-v", f"{RACES}/livelock.py"], "80"),
    "not_violated": (["check", f"{RACES}/wrong.py::said_to_break"], "100"),
    "other_violation": (["check", f"{RACES}/wrong.py::said_to_deadlock"], "100"),
    "all_violations": (["check", "-v", "--all-violations", f"{RACES}/two_kinds.py::expects_final"], "100"),
    "lock_order": (["check", "-v", "--all-violations", f"{RACES}/two_kinds.py::expects_deadlock"], "80"),
    "replay_two_columns": (["replay", f"{RACES}/lost_update.py::lost_update", "v1:f1.s2.f1"], "100"),
    "replay_three_columns": (["replay", f"{RACES}/columns.py", "v1:a1.r1.a3.b2.r2.b2"], "100"),
    "replay_one_column": (["replay", f"{RACES}/columns.py", "v1:a1.r1.a3.b2.r2.b2"], "70"),
    "replay_deadlock": (["replay", f"{RACES}/deadlock.py", "v1:p1.r1"], "100"),
    "sample": (["sample", f"{RACES}/lost_update.py", f"{RACES}/wrong.py", "--runs", "20", "--seed", "7"], "100"),
    "sample_all": (["sample", f"{RACES}/lost_update.py", "--strategy=all", "--seeds=9", "--runs=50", "--seed=1"], "120"),
    "list": (["list", f"{RACES}/lost_update.py", f"{RACES}/large.py"], "100"),
}
TEXTS |= {
    f"failing_{race.scenario.name}": (
        ["check", f"tests/golden/failing.py::{race.scenario.name}"],
        "80" if race.scenario.name == "data_race" else "100",
    )
    for race in collect([str(Path(__file__).parent / "failing.py")])
}
FLAGSHIP = "stress/races/walk_vs_eager_umount.py::walk_vs_eager_umount_original"


@pytest.mark.parametrize("name", TEXTS)
def test_the_text_is_what_it_was(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments, width = TEXTS[name]
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", width)
    text = CliRunner().invoke(cli, arguments, prog_name="weft").stdout
    text = re.sub(r"\b\d+\.\d\d(?= s\n|\n)", "0.00", text)
    golden = GOLDEN / f"{name}.txt"
    if not golden.exists():
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
        pytest.fail(f"{golden} was not there and has been written; read it, and run again")
    assert text == golden.read_text()


def flagship() -> str:
    [checked] = check(collect([FLAGSHIP]), Plan())
    race = record.race(checked)
    return "\n".join(line.plain for line in prose.violation(race, race.violations[0], width=100))


def test_the_flagship_can_be_read_in_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = flagship()
    assert "63 steps" in text
    assert text.count("\n") < 32
    assert max(map(len, text.split("\n"))) <= 110  # the command to paste is not wrapped; all else fits 100
    assert sum(len(line) > 100 for line in text.split("\n")) <= 1


def test_the_failure_that_the_readme_explains_is_the_one_that_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    lines = re.compile(r"(\.py):\d+")  # which change with every edit of the code above them
    assert lines.sub(r"\1", f"```text\n{flagship()}\n```") in lines.sub(r"\1", (ROOT / "README.md").read_text())


def test_every_kind_of_violation_has_its_text() -> None:
    texts = [path.read_text() for path in GOLDEN.glob("failing_*.txt")]
    slugs = {slug for text in texts for slug in re.findall(r"^VIOLATED ([a-z-]+)", text, flags=re.MULTILINE)}
    assert slugs >= {
        "assertion",
        "data-race",
        "deadlock",
        "exception",
        "final",
        "forbidden",
        "held-at-return",
        "invariant",
        "linearizability",
        "livelock",
        "lock-order",
        "misuse",
        "never",
    }


def test_nothing_but_what_is_made_to_be_pasted_is_wider_than_asked() -> None:
    for name, (_, width) in TEXTS.items():
        for line in (GOLDEN / f"{name}.txt").read_text().splitlines():
            assert len(line) <= int(width) or line.startswith(("replay   weft replay ", "schedule v1:")), f"{name}: {line}"


def test_steps_that_play_no_part_are_folded_and_verbose_shows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    race = "tests/golden/failing.py::long_with_bystanders"
    short, whole = (CliRunner().invoke(cli, ["check", race, *options]).stdout for options in ([], ["-v"]))
    assert "... 2 steps that play no part" in short
    assert "... 9 steps\n" in short
    assert "... " not in whole
    assert whole.count("AtomicInt64#1.add(1)") == 18
