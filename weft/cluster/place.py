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
        self._needed: set[Path] = set()

    def new(self) -> Path:
        """A file that is not there yet."""
        return self._folder / f"{self._stem}-{secrets.token_hex(4)}{_SUFFIX}"

    def old(self, name: str) -> Path:
        """The file that a checkpoint names."""
        self._needed.add(self._folder / name)
        return self._folder / name

    def needs(self, ledger: Path) -> None:
        """The checkpoint that is saved next needs ``ledger``."""
        self._needed.add(ledger)

    def tidy(self) -> None:
        """The search is over, or was stopped, maybe before it looked at its checkpoint: keep what that may need."""
        if self._temporary is not None:
            self._temporary.cleanup()
            return
        assert self._checkpoint is not None
        saved = self._checkpoint.file.exists()
        if saved and not self._needed:
            return
        for path in self._folder.glob(f"{self._stem}-*{_SUFFIX}"):
            if not saved or path not in self._needed:
                path.unlink(missing_ok=True)
