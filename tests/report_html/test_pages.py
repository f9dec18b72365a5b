"""The page as a file: it holds all it needs, cannot be taken over, says nothing of the machine, and is the same every time."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from weft.report.html.payload import embedded

ROOT = Path(__file__).parents[2]
RACES = "tests/report_html/races"

Run = Callable[..., str]


def made_elsewhere(folder: Path, *, hash_seed: str, jobs: str) -> bytes:
    """The reproducible page as another process writes it."""
    command = [sys.executable, "-m", "weft", "check", RACES, "-j", jobs, "--report", str(folder), "--reproducible"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, timeout=600)
    return (folder / "index.html").read_bytes()


def test_a_reproducible_report_is_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    pages = [made_elsewhere(tmp_path / seed, hash_seed=seed, jobs=jobs) for seed, jobs in (("1", "1"), ("2", "2"), ("2", "1"))]
    assert pages[0] == pages[1] == pages[2]
    assert os.listdir(tmp_path / "1") == ["index.html"]
    text = pages[0].decode()
    assert "Seconds" not in text
    assert "Last run" not in text
    for private in (socket.gethostname(), str(ROOT), str(tmp_path), str(Path.home())):
        assert private not in text, private


def test_the_page_refers_to_nothing_outside_itself(report: Path) -> None:
    text = report.read_text()
    without_scripts = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert set(re.findall(r'(?:src|href|action)="([^"#]*)', without_scripts)) <= {"", "data:,"}
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", without_scripts)
    assert 'http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;' in text


def test_only_our_own_script_and_style_may_run(report: Path) -> None:
    text = report.read_text()
    for tag in ("script", "style"):
        [content] = re.findall(f"<{tag}>(.*?)</{tag}>", text, flags=re.DOTALL)
        allowed = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert re.search(f"{tag}-src &#39;sha256-{re.escape(allowed).replace('/', '/')}&#39;", text.replace("&#43;", "+")), tag


def test_values_cannot_end_the_script_that_carries_them(report: Path) -> None:
    assert embedded(["</script>", "<!--", "&", "\u2028"]) == r'["\u003c/script\u003e","\u003c!--","\u0026","\u2028"]'
    text = report.read_text()
    assert "<script>document.title" not in text
    assert "<img" not in text
    [data] = re.findall(r'<script type="application/json" id="data-race-hostile">(.*?)</script>', text, flags=re.DOTALL)
    assert any("</script><script>" in value for value in json.loads(data)["texts"])


def test_a_report_tells_what_changed_since_the_last_one(tmp_path: Path, run: Run) -> None:
    race = tmp_path / "race.py"
    source = (ROOT / RACES / "small.py").read_text()
    race.write_text(source)
    where = ("check", str(race), "--report", str(tmp_path / "out"))
    run(*where)
    page = tmp_path / "out" / "index.html"
    assert "Since the last run" not in page.read_text()

    run(*where)
    assert "Since the last run: 6 unchanged." in page.read_text()

    kept = tmp_path / "out" / "last_run.json"
    last = json.loads(kept.read_text())
    names = {name.split("::")[1]: name for name in last["races"]}
    last["races"][names["two_increments"]] |= {"verdict": "VIOLATED", "slugs": ["final:sum"]}
    last["races"][names["wide"]] |= {"states": 700}
    del last["races"][names["deadly"]]
    kept.write_text(json.dumps(last))
    run(*where)
    text = page.read_text()
    assert "Since the last run: 1 verdict changed, 1 with other counts, 1 new, 3 unchanged." in text
    assert "was VIOLATED (final:sum)" in text
    assert "states 700 → 729" in text
    assert "not in the last run" in text


def test_a_run_over_a_part_keeps_what_is_known_of_the_rest(tmp_path: Path, run: Run) -> None:
    for chosen in ("two_increments", "wide"):
        run("check", RACES, "-k", chosen, "--report", str(tmp_path))
    kept = json.loads((tmp_path / "last_run.json").read_text())
    assert [name.split("::")[1] for name in kept["races"]] == ["two_increments", "wide"]


@pytest.mark.parametrize("content", ["", "{", '{"races": {}, "format": "weft-last-run/99"}', '{"races": {"a": {}}}'])
def test_a_file_that_is_not_ours_is_no_last_run(tmp_path: Path, run: Run, content: str) -> None:
    (tmp_path / "last_run.json").write_text(content)
    run("check", f"{RACES}/small.py::wide", "--report", str(tmp_path))
    assert "Since the last run" not in (tmp_path / "index.html").read_text()


def test_a_folder_that_cannot_be_written_is_told_before_the_search(tmp_path: Path, run: Run) -> None:
    (tmp_path / "file").write_text("")
    output = run("check", RACES, "--report", str(tmp_path / "file" / "below"))
    assert "--report" in output
    assert "name a folder that can be written" in output
    assert "races:" not in output


def test_a_reproducible_nothing_is_refused(run: Run) -> None:
    assert "add --report DIR" in run("check", RACES, "--reproducible")


def test_without_automata_the_traces_are_shown_all_the_same(tmp_path: Path, run: Run) -> None:
    run("check", f"{RACES}/small.py::lost_update", "--engine", "naive", "--report", str(tmp_path))
    text = (tmp_path / "index.html").read_text()
    assert "counter is 1, expected 2" in text.replace("<wbr>", "")
    assert 'class="timeline"' in text
    assert 'class="automata"' not in text
    assert "No lines were recorded" in text


def test_a_race_that_cannot_run_is_shown_with_its_reason(tmp_path: Path, run: Run) -> None:
    run("check", "tests/unit/cli/races/faulty.py", "--report", str(tmp_path))
    text = (tmp_path / "index.html").read_text()
    assert re.search(r"<h1>\d+ races,\s+<span class=\"bad\">\d+ errors", text)
    assert "calls time.time() at tests/unit/cli/races/faulty.py:11" in text.replace("<wbr>", "")
    assert 'class="reason"' in text
