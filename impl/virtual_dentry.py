"""Virtual dentries: where a path leads, which is a dentry *as seen through* a mount.

A plain immutable pair. It holds no references by itself: whoever passes one around says whether references
go with it.

Source: gVisor ``vfs/vfs.go`` ``VirtualDentry`` at the seed; Linux's ``struct path``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from impl.dentry import Dentry
    from impl.mount import Mount


@dataclass(frozen=True)
class VirtualDentry:
    """A mount and a dentry of that mount's filesystem. Invariant: ``dentry`` belongs to ``mount.fs``."""

    mount: Mount
    dentry: Dentry

    def inc_ref(self) -> None:
        """Add a reference to both: the mount first, since it keeps the filesystem alive."""
        self.mount.inc_ref()
        self.dentry.inc_ref()

    def dec_ref(self) -> None:
        """Drop a reference to both: the dentry first, since only the mount keeps its filesystem alive."""
        self.dentry.dec_ref()
        self.mount.dec_ref()

    def is_mount_root(self) -> bool:
        """Whether this is the root of its mount."""
        return self.dentry is self.mount.root
