"""Who calls: the namespace, root and working directory that paths are interpreted in.

There are no users and no permissions: every caller may do everything (CAP_SYS_ADMIN and CAP_DAC_OVERRIDE), so
EACCES never happens. Mode bits are stored and shown, and decide nothing.

Source: gVisor ``kernel.FSContext``, ``vfs.PathOperation`` at the seed.
"""

from __future__ import annotations

from dataclasses import dataclass

from impl.namespace import MountNamespace
from impl.path import Path, parse_path
from impl.sync import Shared
from impl.virtual_dentry import VirtualDentry


@dataclass(frozen=True)
class PathOperation:
    """A path and the context it is resolved in. All references are borrowed.

    Attributes:
        namespace: The caller's mount namespace.
        root: The caller's root directory: ".." does not lead out of it, absolute symlinks start there.
        start: Where the path starts; the same as ``root`` for an absolute path.
        text: The path name, not yet parsed.
        follow: Follow a symlink in the last component, where the operation leaves that choice.
    """

    namespace: MountNamespace
    root: VirtualDentry
    start: VirtualDentry
    text: str
    follow: bool = True

    def path(self) -> Path:
        """The parsed path name.

        Errors, in the order checked:
            ENOENT: It is empty.
        """
        return parse_path(self.text)


class FsContext(Shared):
    """A process as the VFS knows it. Holds a reference on its namespace, its root and its working directory."""

    def __init__(self, name: str, namespace: MountNamespace, root: VirtualDentry, cwd: VirtualDentry) -> None:
        """Takes over the caller's references on everything."""
        self.name = name
        self.namespace = namespace
        self.root = root
        self.cwd = cwd

    def at(self, text: str, *, follow: bool = True, start: VirtualDentry | None = None) -> PathOperation:
        """The operand of a path operation by this process.

        Args:
            text: The path name.
            follow: Follow a symlink in the last component (no AT_SYMLINK_NOFOLLOW).
            start: Where a relative path starts (a directory file descriptor) instead of the working directory.
        """
        if text.startswith("/"):
            start = self.root
        return PathOperation(self.namespace, self.root, start or self.cwd, text, follow)

    def release(self) -> None:
        """Drop the references: the process ends."""
        self.cwd.dec_ref()
        self.root.dec_ref()
        self.namespace.dec_ref()


def new_fs_context(namespace: MountNamespace, *, cwd: VirtualDentry | None = None, name: str = "process") -> FsContext:
    """A process in ``namespace``, whose root is the namespace's.

    Args:
        namespace: The caller holds a reference and keeps it.
        cwd: The working directory; the caller's references are taken over. By default the root.
        name: How traces show it.
    """
    namespace.inc_ref()
    root = namespace.root()
    if cwd is None:
        root.inc_ref()
        cwd = root
    return FsContext(name, namespace, root, cwd)
