"""Path resolution in progress: what a filesystem needs to walk a path, and how it hands over to another.

Filesystems drive the walk: they look names up in their own trees and ask here what a name means in the context of the current
mount. Where the walk must leave the filesystem, the question ends in one of three signals; the filesystem unlocks and lets the
signal pass, ``handle`` switches mount and dentry, and the operation is called again, perhaps on another filesystem.

- ``MountRoot``: ".." at the root of a mount; go on from the mount point, with ".." still to be resolved.
- ``MountPoint``: the name just found is mounted over; go on from the root of the topmost mount there.
- ``AbsoluteSymlink``: go on from the caller's root, with the link's target before the rest of the path.

Local to one operation of one thread. Its questions are asked with filesystem locks held, so the table walks they start may drop
references there; those belong to mounts *between* two others, and destroying one takes only locks that come later.

Source: gVisor ``vfs/resolving_path.go`` at the seed (``Resolve*``) and at 9b5e305e0 (``CheckRoot``, ``CheckMount``).
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from impl.context import PathOperation
from impl.dentry import Dentry
from impl.errors import FsError
from impl.mount import Mount
from impl.path import Path, parse_path
from impl.virtual_dentry import VirtualDentry

if TYPE_CHECKING:
    from impl.vfs import VirtualFilesystem

MAX_SYMLINK_TRAVERSALS: Final = 40
"""How many symlinks one path may go through (Linux's ``MAXSYMLINKS``)."""


class ResolveSignal(Exception):
    """Not an error: the walk must go on elsewhere."""


class MountRootSignal(ResolveSignal):
    """Go on at ``place``, whose references the signal carries, without consuming the component."""

    def __init__(self, place: VirtualDentry) -> None:
        super().__init__(place)
        self.place = place


class MountPointSignal(ResolveSignal):
    """Consume the component and go on at the root of ``mount``, whose reference the signal carries."""

    def __init__(self, mount: Mount) -> None:
        super().__init__(mount)
        self.mount = mount


class AbsoluteSymlinkSignal(ResolveSignal):
    """Consume the component and go on at the caller's root with ``target`` before the rest."""

    def __init__(self, target: Path) -> None:
        super().__init__(target)
        self.target = target


class ResolvingPath:
    """A path, how far it is resolved, and the references held meanwhile.

    Attributes:
        vfs, root, namespace: Of the caller; borrowed.
        mount, start: Where the walk goes on: ``start`` is a dentry of ``mount.fs``.
        remaining: Components not yet resolved.
        must_be_dir: The path names a directory (trailing slash, or the operation says so).
    """

    def __init__(self, vfs: VirtualFilesystem, operation: PathOperation) -> None:
        """The beginning of a walk.

        Errors, in the order checked:
            ENOENT: The path is empty.
        """
        self.vfs = vfs
        self.root = operation.root
        self.namespace = operation.namespace
        self.follow_final_symlink = operation.follow
        self._operation = operation
        self._owns_mount = False
        self._owns_start = False
        self._begin()

    def _begin(self) -> None:
        """Stand at the start of the original path, owning nothing."""
        path = self._operation.path()
        self.mount = self._operation.start.mount
        self.start = self._operation.start.dentry
        self.remaining = path.components
        self.must_be_dir = path.must_be_dir
        self._symlinks = 0

    # -- the path ----------------------------------------------------------------------------------------------

    def done(self) -> bool:
        """Whether nothing remains: ``start`` is what the path names."""
        return not self.remaining

    def final(self) -> bool:
        """Whether at most one component remains."""
        return len(self.remaining) <= 1

    def component(self) -> str:
        """The next component. There must be one."""
        return self.remaining[0]

    def advance(self) -> None:
        """Consume the next component."""
        self.remaining = self.remaining[1:]

    def should_follow_symlink(self) -> bool:
        """Whether a symlink in the next component is to be followed."""
        return self.follow_final_symlink or not self.final()

    # -- questions of the filesystem ---------------------------------------------------------------------------

    def check_root(self, dentry: Dentry) -> bool:
        """Asked before going up from ``dentry``: whether it is its own parent for this walk.

        Raises:
            MountRootSignal: It is the root of a mount that is mounted somewhere.
        """
        if dentry is self.root.dentry and self.mount is self.root.mount:
            return True
        if dentry is not self.mount.root:
            return False
        place = self.vfs.get_mountpoint_at(self.mount, self.root)
        if place is None:
            return True
        raise MountRootSignal(place)

    def check_mount(self, dentry: Dentry) -> None:
        """Asked before stepping onto ``dentry``.

        Raises:
            MountPointSignal: Something is mounted on it here.
        """
        if not dentry.is_mounted():
            return
        mount = self.vfs.get_mount_at(self.mount, dentry)
        if mount is not None:
            raise MountPointSignal(mount)

    def handle_symlink(self, target: str) -> None:
        """Replace the next component by the target of the symlink it names.

        Errors, in the order checked:
            ELOOP: This is one symlink too many.
            ENOENT: ``target`` is empty.
        Raises:
            AbsoluteSymlinkSignal: ``target`` is absolute.
        """
        if self._symlinks >= MAX_SYMLINK_TRAVERSALS:
            raise FsError(errno.ELOOP)
        path = parse_path(target)
        self._symlinks += 1
        if path.absolute:
            raise AbsoluteSymlinkSignal(path)
        self._replace_component(path)

    def _replace_component(self, path: Path) -> None:
        """Put ``path`` in place of the next component. A trailing slash counts if that was the last one."""
        if self.final() and path.must_be_dir:
            self.must_be_dir = True
        self.remaining = (*path.components, *self.remaining[1:])

    # -- the driver --------------------------------------------------------------------------------------------

    def handle(self, signal: ResolveSignal) -> None:
        """Switch to where ``signal`` says, taking over the references it carries. Needs all locks free."""
        self._drop_references()
        if isinstance(signal, MountRootSignal):
            self.mount, self.start = signal.place.mount, signal.place.dentry
            self._owns_mount = self._owns_start = True
        elif isinstance(signal, MountPointSignal):
            self.mount, self.start = signal.mount, signal.mount.root
            self._owns_mount = True
            self.advance()
        elif isinstance(signal, AbsoluteSymlinkSignal):
            self.mount, self.start = self.root.mount, self.root.dentry
            self._replace_component(signal.target)

    def restart(self) -> None:
        """Begin anew from the original path. Needs all locks free."""
        self._drop_references()
        self._begin()

    def take_mount_ref(self) -> Mount:
        """The current mount with a reference for the caller: the walk's own if it has one."""
        if not self._owns_mount:
            self.mount.inc_ref()
        self._owns_mount = False
        return self.mount

    def release(self) -> None:
        """End the walk: drop what it still holds. Needs all locks free."""
        self._drop_references()

    def _drop_references(self) -> None:
        """Drop the walk's references, the dentry's first."""
        if self._owns_start:
            self._owns_start = False
            self.start.dec_ref()
        if self._owns_mount:
            self._owns_mount = False
            self.mount.dec_ref()
