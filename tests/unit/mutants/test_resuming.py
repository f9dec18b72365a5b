"""Answers about generated mutants, kept in a file: what is taken from it, and what is asked again."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.unit.mutants.conftest import ROOT
from tests.unit.mutants.test_operators import run as run_all
from weft.check.mutants import forking

RACES = "tests/unit/mutants/subject/races.py"
SOME = "take and not drop-check"


def run(mutants, *arguments):
    return run_all(mutants, *(() if "-m" in arguments else ("-m", SOME)), *arguments)


@pytest.fixture
def searches(monkeypatch):
    """How many processes have been started."""
    started = []
    start = forking._started
    monkeypatch.setattr(forking, "_started", lambda task, seconds: started.append(task) or start(task, seconds))
    return started


def test_what_is_known_is_not_searched_again(mutants, tmp_path, searches):
    fresh = run(mutants)
    before = len(searches)
    answers = ("--resume", str(tmp_path / "answers"))
    assert run(mutants, *answers).bytes == fresh.bytes
    assert len(searches) == 2 * before
    assert run(mutants, *answers).bytes == fresh.bytes
    assert len(searches) == 2 * before


def test_a_run_that_was_cut_off_goes_on_to_the_same_end(mutants, tmp_path, searches):
    answers = tmp_path / "answers"
    whole = run(mutants, "--resume", str(answers))
    lines, before = answers.read_text().splitlines(keepends=True), len(searches)
    answers.write_text("".join(lines[:12]) + lines[12][:20])
    assert run(mutants, "--resume", str(answers)).bytes == whole.bytes
    assert 0 < len(searches) - before < before
    assert sorted(json.loads(line)[0] for line in answers.read_text().splitlines()[1:] if line.endswith("]")) == sorted(
        json.loads(line)[0] for line in lines[1:]
    )


def test_ctrl_c_loses_no_answer(mutants, tmp_path, monkeypatch):
    answers = tmp_path / "answers"
    monkeypatch.setattr("weft.cli.progress_line.Progress.tasks", lambda *_: interrupted_after(4))
    cut = run(mutants, "--resume", str(answers))
    assert (cut.code, cut.record["counts"]["not run"] > 0) == (3, True)
    decided = {m["name"]: m for m in cut.record["mutants"] if m["status"] != "not run"}
    monkeypatch.undo()
    monkeypatch.chdir(ROOT)
    whole = {m["name"]: m for m in run(mutants, "--resume", str(answers)).record["mutants"]}
    assert {name: whole[name] for name in decided} == decided


def interrupted_after(tasks):
    def watch(_running, done):
        if done == tasks:
            raise KeyboardInterrupt

    return watch


@pytest.mark.parametrize("changed", ["taken_again.py", "beside.txt"])
def test_when_a_race_or_a_file_beside_it_changes_it_is_asked_again(mutants, tmp_path, searches, changed):
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(RACES, folder / "taken_again.py")  # no module that another test may find loaded
    (folder / "beside.txt").write_text("data")
    chosen = (
        "-m",
        "take and split",
        "-k",
        "two_takers",
        "--races",
        str(folder / "taken_again.py"),
        "--resume",
        str(tmp_path / "answers"),
    )
    run(mutants, *chosen)
    before = len(searches)
    run(mutants, *chosen)
    assert len(searches) == before
    with (folder / changed).open("a") as stream:
        stream.write("# changed\n")
    run(mutants, *chosen)
    assert len(searches) > before


def test_a_reduced_search_kills_what_a_full_one_does(mutants):
    def killed(result):
        return {m["name"] for m in result.record["mutants"] if m["status"] == "killed"}

    assert killed(run(mutants, "--reduce")) == killed(run(mutants))


def test_another_file_is_refused_and_left_alone(mutants, tmp_path):
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    result = run(mutants, "--resume", str(other))
    assert result.code == 2
    assert "does not hold answers" in result.out
    assert other.read_text() == "mine"


def test_planted_bugs_are_not_resumed(mutants, tmp_path):
    result = mutants("tests/unit/mutants/subject/planted.py", "--resume", str(tmp_path / "answers"))
    assert result.code == 2
    assert "--operators" in result.out
