"""Running another checker for Python, in a process and an interpreter of its own; both stay out of weft's dependencies.

They are looked for in the virtual environment that ``WEFT_PEERS`` names, or in ``.venv-peers``:

    python3.12 -m venv .venv-peers && .venv-peers/bin/pip install frontrun interleave-test

(interleave-test needs Python 3.12.)
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

CHECKERS = ("frontrun", "interleave-test")
SEARCH = Path(__file__).with_name("search.py")
GRACE_SECONDS = 60.0


class Said(NamedTuple):
    """What a checker said of a program; processor seconds without the start of its interpreter."""

    violated: bool
    executions: int
    finished: bool
    seconds: float


def _folder() -> Path:
    return Path(os.environ.get("WEFT_PEERS", ".venv-peers")).absolute() / "bin"


@functools.cache
def version(checker: str) -> str:
    """Of a checker; empty where it is not installed."""
    if not (_folder() / "python").exists():
        return ""
    ask = f"from importlib.metadata import version; print(version({checker!r}))"
    done = subprocess.run([_folder() / "python", "-c", ask], check=False, capture_output=True, text=True)
    return done.stdout.strip()


def versions() -> dict[str, str]:
    """Of all checkers."""
    return {checker: version(checker) or "not installed" for checker in CHECKERS}


def search(checker: str, program: str, size: int, *, seconds: float) -> Said:
    """Let ``checker`` search a program of ``programs.py``."""
    launcher = [str(_folder() / "frontrun")] if checker == "frontrun" else []
    command = [*launcher, str(_folder() / "python"), str(SEARCH), checker, program, str(size), str(seconds)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=seconds + GRACE_SECONDS)
    if done.returncode:
        raise RuntimeError(f"{checker} failed on {program}({size}): {done.stderr.strip()[-300:]}")
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return Said(found["violated"], found["executions"], found["finished"], found["seconds"])
