"""``weft profile`` as typed, with the real py-spy, with one that cannot, and with none."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import jsonschema
import msgspec
import pytest

from tests.unit.cli.conftest import ROOT, Weft
from weft.native.recording import find_pyspy
from weft.report.contention import Contention

LOAD = "tests/unit/native/programs.py::contended"
SHORT = ("--seconds", "1", "--seed", "1", "--threads", "3")


def made(folder: Path) -> Contention:
    return msgspec.json.decode((folder / "contention.json").read_bytes(), type=Contention)


def check_join(found: Contention) -> None:
    """The load has one lock, taken at one line, in two kinds of call."""
    assert {row.cell for row in found.waits} == {"the_lock"}
    (row,) = found.waits
    assert row.file == "tests/unit/native/programs.py"
    assert "the_lock.lock()" in (Path(ROOT) / row.file).read_text().splitlines()[row.line - 1]
    assert row.sampled_seconds > 0
    assert row.counted_waits > 0
    assert row.counted_seconds == pytest.approx(found.counted_seconds)
    assert row.calls
    assert row.blamed
    assert {share.name for share in (*row.calls, *row.blamed)} <= {"long", "short"}
    assert sum(pair.seconds for pair in found.pairs) == pytest.approx(found.counted_seconds)


@pytest.mark.skipif(find_pyspy(None) is None, reason="py-spy is not installed")
def test_pyspy_samples_are_joined_with_the_counts(weft: Weft, tmp_path: Path) -> None:
    done = weft("profile", LOAD, *SHORT, "--out", str(tmp_path))
    assert done.exit_code == 0, done.output
    found = made(tmp_path)
    if found.how == "in-process":
        pytest.skip(f"py-spy cannot here: {found.tried}")
    check_join(found)
    assert [thread.name for thread in found.threads] == ["thread-0", "thread-1", "thread-2"]
    assert "samples were taken by py-spy" in done.output
    jsonschema.validate(json.loads((tmp_path / "contention.json").read_text()), json.loads(weft("schema", "contention").output))
    assert found.how != "py-spy" or (tmp_path / "flame.svg").read_text().startswith("<?xml")


def test_where_pyspy_cannot_the_process_samples_itself_and_the_page_says_so(weft: Weft, tmp_path: Path) -> None:
    program = tmp_path / "spy"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('Error: EPERM: Operation not permitted')\n")
    program.chmod(0o755)
    out = tmp_path / "out"
    done = weft("profile", LOAD, *SHORT, "--out", str(out), "--py-spy", str(program))
    assert done.exit_code == 0, done.output
    found = made(out)
    assert found.how == "in-process"
    assert len(found.tried) == 2
    check_join(found)
    page = (out / "index.html").read_text()
    assert "by sys._current_frames(), not by py-spy" in page
    assert "EPERM" in page
    assert "flame.svg" not in page


def test_the_page_is_whole_and_of_no_machine(weft: Weft, tmp_path: Path) -> None:
    assert weft("profile", LOAD, *SHORT, "--out", str(tmp_path), "--in-process").exit_code == 0
    page = (tmp_path / "index.html").read_text()
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert ROOT not in page
    assert str(tmp_path) not in page
    assert "the_lock" in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tests/unit/native/programs.py"], "races and loads; name one: counted, "),
        (["tests/unit/native/programs.py::nobody"], "no race or load 'nobody'"),
        ([LOAD, "--py-spy", "no-such-program"], "--py-spy 'no-such-program': no such program"),
        ([LOAD, "--out", "README.md"], "--out"),
        ([LOAD, "--rate", "0"], "--rate"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(weft: Weft, arguments: list[str], said: str) -> None:
    done = weft("profile", *arguments)
    assert done.exit_code == 2
    assert said in done.output
    assert done.output.count("\n") == 1


def test_a_violation_ends_it_with_1(weft: Weft, tmp_path: Path) -> None:
    done = weft("profile", "tests/unit/native/programs.py::leaks_at_first", *SHORT, "--out", str(tmp_path), "--in-process")
    assert done.exit_code == 1
    assert "leaks_at_first met a violation, so it ended early" in done.output
