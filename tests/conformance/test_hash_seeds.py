"""Equal results give equal bytes, whatever ``PYTHONHASHSEED`` is: sets of strings come in another order, nothing else may."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RACES = ["stress/races/walk_vs_eager_umount.py", "stress/races/last_reference_vs_walk.py", "tests/unit/certificate/racing.py"]
MORE = ["stress/races/rmdir_vs_last_closes.py", "stress/races/stat_vs_unlink.py", "stress/races/calls_are_linearizable.py"]
SEEDS = (0, 1, 4_294_967_295)
TWENTY = range(20)


def written(seed: int, folder: Path, races: list[str]) -> dict[str, bytes]:
    """What ``weft check`` writes under a hash seed: the JSON without its times, and the certificates."""
    folder.mkdir()
    command = [
        sys.executable,
        "-m",
        "weft",
        "check",
        *races,
        "--json",
        str(folder / "out.json"),
        "--certify",
        str(folder / "certificates"),
    ]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    files = {path.name: path.read_bytes() for path in (folder / "certificates").iterdir()}
    json = (folder / "out.json").read_bytes().replace(str(folder).encode(), b"")
    return files | {"json": re.sub(rb'"seconds": [0-9.e-]+', b"", json)}


def compare(seeds, races, tmp_path):
    first = None
    for seed in seeds:
        now = written(seed, tmp_path / str(seed), races)
        assert now == (first := first or now), f"hash seed {seed} gives other bytes than {seeds[0]}"
    assert len(first) > len(races)


def test_three_hash_seeds_give_the_same_bytes(tmp_path):
    compare(SEEDS, RACES, tmp_path)


@pytest.mark.slow
def test_twenty_hash_seeds_give_the_same_bytes(tmp_path):
    compare(TWENTY, RACES + MORE, tmp_path)
