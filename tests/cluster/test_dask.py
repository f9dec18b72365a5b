"""``weft check --cluster`` with real workers, each a process of its own."""

from __future__ import annotations

import json
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed", reason="dask.distributed is not installed: pip install 'weft[cluster]'")

from stress.bench.cluster_machines import Machines
from weft.check.run import Plan
from weft.cluster.errand import Errand, end_children, run
from weft.errors import UsageError
from weft.search import compiled_loop

pytestmark = pytest.mark.skipif(
    not compiled_loop.AVAILABLE, reason="the compiled loop was not built: no C compiler at installation"
)

RACES = """
from stress.bench.miniature import race
from weft import AtomicInt64, Results, Setting, require, scenario

wwu = race("wwu")
wu = race("wu")

@scenario(expect="VIOLATED", violates="final:both_counted", why="add is split into load and store")
def lost_update(s: Setting) -> None:
    counter = AtomicInt64(0)
    def add_one() -> None:
        counter.store(counter.load() + 1)
    s.thread(add_one, name="first")
    s.thread(add_one, name="second")
    @s.final
    def both_counted(results: Results) -> None:
        require(counter.load() == 2, f"counter is {counter.load()}")
"""

COMPARED = ("name", "judgement", "verdict", "states", "transitions", "finals", "nodes", "interleavings", "outcomes", "violations")


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with Machines(tmp_path_factory.mktemp("machines")) as started:
        started.join()
        started.join()
        started.wait_for_workers(2)
        yield started


@pytest.fixture
def races(tmp_path: Path) -> Path:
    file = tmp_path / "races.py"
    file.write_text(RACES)
    return file


def check(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "weft", "check", *map(str, arguments)], capture_output=True, text=True, check=False
    )


def answers(file: Path) -> list[dict[str, Any]]:
    return [{key: race[key] for key in COMPARED} for race in json.loads(file.read_text())["races"]]


def test_many_races_the_large_ones_split_give_what_one_process_gives(machines: Machines, races: Path, tmp_path: Path) -> None:
    """The largest of the three is split; the others are answered by one worker each."""
    alone = check(races, "--json", tmp_path / "alone.json")
    shared = check(races, "--json", tmp_path / "shared.json", "--cluster", machines.address, "--split-from", 3_000)
    assert (alone.returncode, shared.returncode) == (0, 0), shared.stderr
    assert answers(tmp_path / "shared.json") == answers(tmp_path / "alone.json")
    assert shared.stderr.count("2 worker threads") == 1, shared.stderr


def test_a_worker_is_killed_and_one_joins_in_mid_search(machines: Machines, races: Path, tmp_path: Path) -> None:
    check(f"{races}::wwu", "--json", tmp_path / "alone.json")
    command = ["-m", "weft", "check", f"{races}::wwu", "--json", str(tmp_path / "shared.json")]
    coordinator = subprocess.Popen([sys.executable, *command, "--cluster", machines.address, "--split-from", "100"])
    time.sleep(0.5)
    machines.kill(random.Random(1))
    machines.join()
    assert coordinator.wait() == 0
    assert answers(tmp_path / "shared.json") == answers(tmp_path / "alone.json")


@pytest.mark.slow
def test_a_search_stopped_by_a_limit_goes_on_from_its_checkpoint(machines: Machines, races: Path, tmp_path: Path) -> None:
    check(f"{races}::wwu", "--json", tmp_path / "alone.json")
    options = [f"{races}::wwu", "--cluster", machines.address, "--split-from", 100, "--json", tmp_path / "shared.json"]
    stopped = check(*options, "--checkpoint", tmp_path / "saved", "--max-states", 1_000)
    assert stopped.returncode == 3, stopped.stderr
    assert list((tmp_path / "saved").glob("*.ledger"))
    assert check(*options, "--resume", tmp_path / "saved").returncode == 0
    assert answers(tmp_path / "shared.json") == answers(tmp_path / "alone.json")
    assert not list((tmp_path / "saved").iterdir())


def test_nobody_listens(races: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = check(races, "--cluster", f"tcp://127.0.0.1:{taken.getsockname()[1]}")
    assert found.returncode == 2
    assert "no dask scheduler answers there" in found.stderr
    assert len(found.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_worker_with_other_sources_is_refused_in_one_line(races: Path, tmp_path: Path) -> None:
    """The worker imports a copy of weft in which one comment is another one."""
    shutil.copytree("weft", tmp_path / "elsewhere" / "weft")
    with open(tmp_path / "elsewhere" / "weft" / "errors.py", "a") as file:
        file.write("# another comment\n")
    with Machines(tmp_path / "machines", environment={"PYTHONPATH": str(tmp_path / "elsewhere"), "PYTHONSAFEPATH": "1"}) as other:
        other.join()
        other.wait_for_workers(1)
        found = check(races, "--cluster", other.address)
    assert found.returncode == 2
    assert "weft sources hashing to" in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_files_that_differ_on_a_worker_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "races.py").write_text(RACES)
    errand = Errand("run", str(tmp_path), {"races.py": "0" * 12}, "races.py::wwu", Plan(), repr)
    with pytest.raises(UsageError, match=r"races\.py differs from the coordinator's"):
        run(errand)
    end_children("run")


@pytest.mark.parametrize("option", [["-j", "2"], ["--symmetry"], ["--engine", "naive"], ["--reduce", "--sleep"]])
def test_what_does_not_go_together_is_refused(races: Path, option: list[str]) -> None:
    found = check(races, "--cluster", "local:2", *option)
    assert found.returncode == 2
    assert "--cluster" in found.stderr


def test_nothing_of_it_is_imported_without_the_option(races: Path) -> None:
    code = (
        "import sys; from weft.cli.main import cli\n"
        f"try: cli.main(['check', {f'{races}::lost_update'!r}])\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name.startswith(('distributed', 'dask', 'weft.cluster'))])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"


@pytest.mark.slow
def test_local_workers_end_with_the_search(races: Path, tmp_path: Path) -> None:
    found = check(f"{races}::wwu", "--cluster", "local:2", "--split-from", 100, "--json", tmp_path / "found.json")
    assert found.returncode == 0, found.stderr
    assert "2 worker threads" in found.stderr
    assert answers(tmp_path / "found.json")[0]["states"] == 6_071
