"""Running a command under py-spy, and what to do where py-spy cannot.

1. As usual: py-spy launches the command, so it may look into it where only ancestors may, and stops it for each sample.
2. Where stopping is forbidden (containers that deny ptrace): ``--nonblocking``, which reads while the process runs, so that now
   and then a stack is torn.
3. Where that fails too, or py-spy does not know the interpreter, or is not installed: the process looks at itself.

py-spy does not pass on its child's exit code, and ends with 0 or 1 for reasons of its own; what counts is whether its file is
there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

How = Literal["py-spy", "py-spy --nonblocking", "in-process"]

_FORBIDDEN = re.compile(r"EPERM|permission denied|os error (?:1|13)\b|operation not permitted", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Recorded:
    """How samples were taken.

    Attributes:
        how: By whom.
        tried: What did not work before, each with what it said.
    """

    how: How
    tried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorder:
    """How to record.

    Attributes:
        pyspy: The program; ``None`` if there is none, or it is not wanted.
        rate: Samples a second.
    """

    pyspy: str | None
    rate: int = 100
    wanted: bool = True

    def record(self, command: Sequence[str], file: Path, *, form: Literal["speedscope", "flamegraph"]) -> Recorded:
        """Run ``command`` and have ``file``; where py-spy cannot at all there is none, and the answer is ``in-process``."""
        tried: list[str] = []
        hows: tuple[How, ...] = ("py-spy", "py-spy --nonblocking")
        for how in hows if self.pyspy else ():
            said = self._attempt(command, file, form, nonblocking=how != "py-spy")
            if not said:
                return Recorded(how, tuple(tried))
            tried.append(f"{how}: {said}")
            if not _FORBIDDEN.search(said):
                break
        if not self.pyspy and self.wanted:
            tried.append("py-spy is not installed (pip install 'weft[profile]')")
        return Recorded("in-process", tuple(tried))

    def _attempt(self, command: Sequence[str], file: Path, form: str, *, nonblocking: bool) -> str:
        """One attempt; why it failed, or nothing."""
        file.unlink(missing_ok=True)
        options = ["--nonblocking"] if nonblocking else []
        asked = [str(self.pyspy), "record", "--format", form, "--rate", str(self.rate), "--idle", "--output", str(file), *options]
        done = subprocess.run([*asked, "--", *command], capture_output=True, text=True, check=False)
        if done.returncode == 0 and file.exists() and file.stat().st_size:
            return ""
        return told(done.stderr) or f"exit code {done.returncode}, and no samples"


def told(stderr: str) -> str:
    """What py-spy says, without its progress, its backtraces and the machine's paths, on one line."""
    lines = [line.strip() for line in stderr.splitlines()]
    kept = [line for line in lines if line and not re.match(r"py-spy>|\d+: |at /|Stack backtrace|\[|Reason:$", line)]
    return re.sub(r"(?:/[^\s/:'\"]+)+/", "", " / ".join(kept))[:300]


def find_pyspy(asked: str | None) -> str | None:
    """The program that was asked for, or the one beside this interpreter, or on the path."""
    beside = os.path.join(os.path.dirname(sys.executable), "py-spy")
    return shutil.which(asked) if asked else shutil.which(beside) or shutil.which("py-spy")
