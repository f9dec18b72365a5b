"""Searches saved in the middle, and taken up again with the same final counts.

A checkpoint holds the questions that the automata were asked (``journal.py``), the visited set, the walkers' stacks and the endings
seen. To resume, the automata are built anew from the code by the same questions; if they do not come out equal, the code has
changed where the search had been, and the checkpoint is refused. So it is when a source file of the project has changed, since
checks may have answered otherwise.

A file is written beside the old one and renamed over it, so a crash while writing loses nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import time
from dataclasses import dataclass, field
from importlib.metadata import version as version_of
from pathlib import Path

import msgspec  # typed binary files, read without executing anything

from weft.errors import UsageError

EVERY_SECONDS = 120.0
FORMAT = "weft-checkpoint/2"


Table = tuple[int, int, bytes, bytes, bytes, bytes, bytes]
Space = tuple[int, int, int, int, int, int, int, list[Table]]
Walker = tuple[bytes, bytes, bytes, tuple[bytes, bytes, bytes, bytes], tuple[int, int, int], tuple[int, int, int], float]
"""As ``kernel/saving.h`` has them."""


class Saved(msgspec.Struct, kw_only=True):
    """One file.

    Attributes:
        identity: What must be equal when it is resumed, with the words for a difference.
        entries, marks: The journal.
        digest: Of the automata.
        space, walkers: The visited set and the stacks; or what another kind of loop goes on from, as bytes.
        passes, strict, known: Of a reduced search.
        finals: Final states judged.
        endings: (state, trail) of those that showed something new.
        seconds: Spent so far.
    """

    identity: dict[str, str]
    entries: list[list[int]]
    marks: list[tuple[int, int]]
    digest: str
    space: Space | bytes
    walkers: list[Walker]
    passes: int
    strict: bool
    known: int
    finals: int
    endings: list[tuple[list[int], list[int]]]
    seconds: float


@dataclass(slots=True)
class Checkpoint:
    """Where one search is saved.

    Attributes:
        file: The file; there is none before the first save, and none after the search has ended by itself.
        identity: See ``Saved``.
        resume: Whether to begin from the file, if it is there.
        every_seconds: How often to save.
    """

    file: Path
    identity: dict[str, str]
    resume: bool = False
    every_seconds: float = EVERY_SECONDS
    _saved_at: float = field(default_factory=time.monotonic)

    @property
    def due(self) -> bool:
        """Whether it is time to save again."""
        return time.monotonic() - self._saved_at >= self.every_seconds

    def save(self, saved: Saved) -> None:
        """Write the file."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        beside = self.file.with_suffix(".new")
        beside.write_bytes(msgspec.msgpack.encode(saved))
        os.replace(beside, self.file)
        self._saved_at = time.monotonic()

    def load(self) -> Saved | None:
        """What to resume from, if that is wanted and there.

        Raises:
            UsageError: The file is of another search, another version or changed code, or not a checkpoint.
        """
        if not self.resume or not self.file.exists():
            return None
        try:
            saved = msgspec.msgpack.decode(self.file.read_bytes(), type=Saved)
        except msgspec.DecodeError as error:
            raise UsageError(f"{self.file} is not a checkpoint of this version: {error}; delete it to begin anew") from None
        for what, now in self.identity.items():
            before = saved.identity.get(what, "nothing")
            if before != now:
                raise UsageError(f"{self.file} was saved with {what} {before}, now it is {now}; delete it to begin anew")
        return saved

    def refuse(self) -> UsageError:
        """The error for automata that came out different."""
        return UsageError(
            f"{self.file}: the code does other steps than when it was saved, so the search cannot go on; delete it to begin anew"
        )

    def discard(self) -> None:
        """The search has ended: there is nothing to resume."""
        self.file.unlink(missing_ok=True)


def checkpoint_of(folder: Path, race: str, options: dict[str, str], *, resume: bool) -> Checkpoint:
    """The checkpoint of one race, searched with ``options``."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", race).strip("-")
    file = folder / f"{name[-80:]}-{hashlib.sha256(race.encode()).hexdigest()[:8]}.checkpoint"
    version = f"{version_of('weft')} on CPython {sys.version_info[0]}.{sys.version_info[1]}, {sys.byteorder}-endian"
    return Checkpoint(
        file, {"format": FORMAT, "version": version, "race": race, **options, "source files hashing to": sources()}, resume
    )


def sources() -> str:
    """A hash of every source file under the current folder that is imported now, virtual environments apart."""
    here = Path.cwd()
    told = hashlib.sha256()
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    for file in sorted(file for file in files if file and file.endswith(".py")):
        path = Path(file)
        if path.is_relative_to(here) and not path.is_relative_to(Path(sys.prefix)) and path.exists():
            told.update(f"{path.relative_to(here)}\n".encode() + path.read_bytes())
    return told.hexdigest()[:16]
