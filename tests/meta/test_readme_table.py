"""The README's table of the seed's functions names things that exist."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from impl import Mount, MountNamespace, VirtualFilesystem
from impl.mount_walk import MountWalk

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text()
TABLE = TEXT[TEXT.index("| seed | here | corrected |") : TEXT.index("## Glossary")]
CLASSES = {cls.__name__: cls for cls in (Mount, MountNamespace, MountWalk, VirtualFilesystem)}
SEED = [  # every function of the seed's mount.go
    "NewMountNamespace", "NewMount", "getMountAt", "getMountpointAt", "tryIncMountedRef", "incRef", "decRef", "CheckBeginWrite",
    "EndWrite", "setReadOnlyLocked", "Filesystem", "MountNamespace.IncRef", "DecRef", "Root",
]  # fmt: skip


@pytest.mark.parametrize("row", [row for row in TABLE.splitlines()[2:] if row.startswith("|")])
def test_what_a_row_says_is_here_is_here(row: str) -> None:
    cls = None
    for name in re.findall(r"`([\w.]+)`", row.split("|")[2]):
        if name.endswith(".py"):
            assert (ROOT / "impl" / name).exists()
            continue
        owner, _, attribute = name.rpartition(".")
        cls = CLASSES[owner] if owner else cls
        assert hasattr(cls, attribute) or f"self.{attribute}" in inspect.getsource(cls), name


def test_every_function_of_the_seed_has_a_row() -> None:
    column = [
        name for row in TABLE.splitlines()[2:] if row.startswith("|") for name in re.findall(r"`([\w.]+)`", row.split("|")[1])
    ]
    assert set(SEED) <= set(column)
