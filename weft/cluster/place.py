"""Where the ledgers of one race are: beside its checkpoint, or in a temporary folder."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path

from weft.search.checkpoint import Checkpoint

_SUFFIX = ".ledger"


class Place:
    """Makes names for ledgers, and removes those that nobody needs any more."""

    def __init__(self, checkpoint: Checkpoint | None) -> None:
        self._checkpoint = checkpoint
        self._temporary = tempfile.TemporaryDirectory(prefix="weft-") if checkpoint is None else None
        self._folder = Path(self._temporary.name) if self._temporary else checkpoint.file.parent  # type: ignore[union-attr]
        self._stem = "search" if checkpoint is None else checkpoint.file.stem
        self._needed: Path | None = None

    def new(self) -> Path:
        """A file that is not there yet."""
        return self._folder / f"{self._stem}-{secrets.token_hex(4)}{_SUFFIX}"

    def old(self, name: str) -> Path:
        """The file that a checkpoint names."""
        self._needed = self._folder / name
        return self._needed

    def needs(self, ledger: Path) -> None:
        """The checkpoint that is saved next needs ``ledger``."""
        self._needed = ledger

    def tidy(self) -> None:
        """The search is over, or was stopped: keep what its checkpoint needs."""
        if self._temporary is not None:
            self._temporary.cleanup()
            return
        assert self._checkpoint is not None
        for path in self._folder.glob(f"{self._stem}-*{_SUFFIX}"):
            if path != self._needed or not self._checkpoint.file.exists():
                path.unlink(missing_ok=True)
