"""``weft stress`` as typed: what it prints, how it ends, what it writes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import msgspec
import pytest

from tests.unit.cli.conftest import ROOT, Weft
from weft.report.stressed import Report

PROGRAMS = "tests/unit/native/programs.py"
SHORT = ("--rounds", "20", "--seed", "1")


def test_a_run_that_finds_nothing_does_not_say_that_something_holds(weft: Weft) -> None:
    done = weft("stress", f"{PROGRAMS}::no_lost_update", *SHORT)
    assert done.exit_code == 0
    assert "HOLDS" not in done.output
    assert "1 race or load: 20 rounds, 40 steps" in done.output
    assert "real threads can only find" in done.output
    assert f"CPython {sys.version.split()[0]}, " in done.output
    assert "seed 1" in done.output


def test_a_violation_that_is_expected_is_no_failure(weft: Weft) -> None:
    done = weft("stress", f"{PROGRAMS}::opposite_orders", *SHORT)
    assert done.exit_code == 0
    assert "VIOLATED deadlock: one waits at right.lock, held by two; two waits at left.lock, held by one" in done.output


def test_a_violation_that_is_not_expected_is(weft: Weft, tmp_path: Path) -> None:
    file = tmp_path / "wrong.py"
    text = (Path(ROOT) / PROGRAMS).read_text().replace('expect="VIOLATED"', "")
    file.write_text(text)
    done = weft("stress", f"{file}::forgotten_lock", *SHORT)
    assert done.exit_code == 1
    assert "WRONG" in done.output
    assert "in round 1, after" in done.output


def test_json_has_what_the_tables_show_and_fits_its_schema(weft: Weft, tmp_path: Path) -> None:
    file = tmp_path / "stress.json"
    assert weft("stress", f"{PROGRAMS}::keeps_nothing", f"{PROGRAMS}::stale_counter", *SHORT, "--json", str(file)).exit_code == 0
    made = json.loads(file.read_text())
    jsonschema.validate(made, json.loads(weft("schema", "stress").output))
    load, race = msgspec.json.decode(file.read_bytes(), type=Report).stressed
    assert (load.kind, load.judgement, load.checked_at_end) == ("load", "nothing found", True)
    assert sum(answer.times for answer in load.answers) == load.calls
    assert sum(cell.steps for cell in load.cells) == load.steps
    assert (race.kind, race.expect) == ("race", "VIOLATED")
    assert str(tmp_path) not in file.read_text()
    assert ROOT not in file.read_text()


def test_a_planted_bug_is_put_in_force(weft: Weft) -> None:
    race = "stress/races/lookup_vs_remove.py::lookup_vs_remove"
    done = weft("stress", race, "--plant", "stress/planted/lookup.py::M12", "--rounds", "200", "--seconds", "60", "--seed", "1")
    assert done.exit_code == 0
    assert "VIOLATED invariant:indexes_agree_while_mount_mu_is_free" in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no/such.py"], "no such file or folder: 'no/such.py'"),
        ([f"{PROGRAMS}::nobody"], f"no race or load 'nobody' in {PROGRAMS}; there: counted, "),
        (["tests/meta"], "no race and no load in tests/meta"),
        ([PROGRAMS, "-k", "nothing_like_it"], "none of 13 races and loads was chosen: -k fits 0"),
        ([PROGRAMS, "--plant", "H1"], "--plant 'H1': expected PATH::SLUG, such as stress/planted::H1"),
        ([PROGRAMS, "--plant", "stress/planted::nope"], "--plant: no planted bug 'nope' in stress/planted; there: "),
        ([PROGRAMS, "--json", "no/such/folder/file"], "--json 'no/such/folder/file': No such file or directory"),
        ([PROGRAMS, "--seconds", "0"], "Invalid value for '--seconds'"),
        ([PROGRAMS, "--rounds", "many"], "'many' is not a number above zero"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(weft: Weft, arguments: list[str], said: str) -> None:
    done = weft("stress", *arguments)
    assert done.exit_code == 2
    assert said in done.output
    assert done.output.count("\n") == 1


def test_ctrl_c_ends_it_with_the_last_checks_and_the_result_so_far(tmp_path: Path) -> None:
    file = tmp_path / "stress.json"
    command = [sys.executable, "-m", "weft", "stress", f"{PROGRAMS}::keeps_nothing", "--seconds", "600", "--json", str(file)]
    program = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); sys.argv = sys.argv[1:]\n"
    del command[1:3]
    command[1:1] = ["-c", program + "from weft.cli.main import main; main()", "weft"]
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ})
    until = time.monotonic() + 60
    while _threads(run.pid) < 3 and time.monotonic() < until:
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    out, _ = run.communicate(timeout=60)
    assert run.returncode == 3
    assert "stopped early: keeps_nothing by Ctrl-C" in out
    assert "checked at the end, nothing left over: keeps_nothing" in out
    (load,) = msgspec.json.decode(file.read_bytes(), type=Report).stressed
    assert (load.stopped_by, load.checked_at_end) == ("Ctrl-C", True)


def _threads(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/task"))
