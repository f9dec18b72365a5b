"""Filesystems as the mount layer sees them: something counted that is released when no mount uses it.

Source: gVisor ``vfs/filesystem.go`` at the seed.
"""

from __future__ import annotations

from impl import refcount
from impl.sync import AtomicInt64, Shared


class FilesystemImpl(Shared):
    """What implements a filesystem. On its own: a filesystem without files, enough for the mount layer."""

    name: str

    def __init__(self, name: str = "nofs") -> None:
        self.name = name

    def release(self) -> None:
        """Let go of everything: the last reference to the filesystem is gone. Called exactly once."""


class Filesystem(Shared):
    """A filesystem, mounted any number of times (Linux's ``struct super_block``).

    Dentries do not pin their filesystem, so of a (mount, dentry) pair the dentry is dropped first.
    """

    def __init__(self, name: str, impl: FilesystemImpl | None = None) -> None:
        """A filesystem with one reference, the caller's."""
        self.name = name
        self.impl = impl if impl is not None else FilesystemImpl(f"{name}.impl")
        # One reference per mount of it, and the creator's until handed to a mount. Atomic.
        self.refs = AtomicInt64(1)

    def inc_ref(self) -> None:
        """Add a reference. The caller holds one."""
        refcount.inc_ref(self.refs, self)

    def dec_ref(self) -> None:
        """Drop a reference; the last one releases the filesystem."""
        if refcount.dec_ref(self.refs, self):
            self.impl.release()
