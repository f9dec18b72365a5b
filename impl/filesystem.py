"""Filesystems: what a filesystem must implement, and the counted object that mounts refer to.

Every operation on a path gets a ``ResolvingPath`` that stands at a dentry of this filesystem, and resolves the whole path before it
checks anything else, since only then is it known which filesystem decides. While resolving it lets the three resolve
signals pass, after unlocking what it locked.

Source: gVisor ``vfs/filesystem.go`` at the seed; ``GetParentDentryAt`` from f45df7505.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from impl import refcount
from impl.sync import AtomicInt64, Shared

if TYPE_CHECKING:
    from impl.dentry import Dentry
    from impl.file_description import FileDescription
    from impl.resolving_path import ResolvingPath
    from impl.stat import Stat
    from impl.virtual_dentry import VirtualDentry


class FilesystemImpl(Shared):
    """What implements a filesystem. This base has no files, which is enough for the mount layer alone.

    The errors of each method are those of the ``VirtualFilesystem`` method of the same name.
    """

    name: str

    def __init__(self, name: str = "nofs") -> None:
        self.name = name

    def release(self) -> None:
        """Let go of everything: the last reference to the filesystem is gone. Called exactly once, without locks of ours."""

    def get_dentry_at(self, rp: ResolvingPath) -> Dentry:
        """What the path names, with a reference."""
        raise NotImplementedError

    def get_parent_dentry_at(self, rp: ResolvingPath) -> Dentry:
        """The directory that holds the last component, with a reference; for "/", the root itself."""
        raise NotImplementedError

    def open_at(self, rp: ResolvingPath, flags: int, mode: int) -> FileDescription:
        """An open file, created if ``flags`` say so. ``flags`` have been checked."""
        raise NotImplementedError

    def stat_at(self, rp: ResolvingPath) -> Stat:
        """What is known about the file, all at one instant."""
        raise NotImplementedError

    def readlink_at(self, rp: ResolvingPath) -> str:
        """The target of a symlink."""
        raise NotImplementedError

    def mkdir_at(self, rp: ResolvingPath, mode: int) -> None:
        """Make a directory."""
        raise NotImplementedError

    def symlink_at(self, rp: ResolvingPath, target: str) -> None:
        """Make a symlink to ``target``, which is not empty."""
        raise NotImplementedError

    def link_at(self, rp: ResolvingPath, old: VirtualDentry) -> None:
        """Make a further name for ``old``."""
        raise NotImplementedError

    def rmdir_at(self, rp: ResolvingPath) -> None:
        """Delete an empty directory."""
        raise NotImplementedError

    def unlink_at(self, rp: ResolvingPath) -> None:
        """Delete a name of something other than a directory."""
        raise NotImplementedError

    def rename_at(self, rp: ResolvingPath, old_parent: VirtualDentry, old_name: str, *, old_must_be_dir: bool) -> None:
        """Give the file ``old_name`` of ``old_parent`` the name the path says. ``old_name`` may be ".", ".." or "/"."""
        raise NotImplementedError


class Filesystem(Shared):
    """A filesystem, mounted any number of times (Linux's ``struct super_block``).

    Dentries do not pin their filesystem, so of a (mount, dentry) pair the dentry is dropped first.
    """

    def __init__(self, name: str, impl: FilesystemImpl | None = None) -> None:
        """A filesystem with one reference, the caller's."""
        self.name = name
        self.impl = impl if impl is not None else FilesystemImpl(f"{name}.impl")
        # One reference per mount of it, and the creator's until handed to a mount. Atomic. Invariant filesystem-refs: as
        # many as there are mounts of it with references; zero is final.
        self.refs = AtomicInt64(1)

    def inc_ref(self) -> None:
        """Add a reference. The caller holds one."""
        refcount.inc_ref(self.refs, self)

    def dec_ref(self) -> None:
        """Drop a reference; the last one releases the filesystem."""
        if refcount.dec_ref(self.refs, self):
            self.impl.release()
