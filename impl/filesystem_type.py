"""Filesystem types: what can be mounted by name.

Source: gVisor ``vfs/filesystem_type.go`` at the seed; ``fs/filesystems.c`` of Linux.
"""

from __future__ import annotations

import errno

from impl.dentry import Dentry
from impl.errors import FsError
from impl.filesystem import Filesystem
from impl.sync import Shared
from impl.vfs_state import VfsState


class FilesystemType(Shared):
    """Makes filesystems of one kind."""

    name: str

    def get_filesystem(self, source: str) -> tuple[Filesystem, Dentry]:
        """A filesystem and its root, with a reference on each for the caller.

        Args:
            source: What to mount; what it means is the type's business. Used as the filesystem's name.
        """
        raise NotImplementedError


class FilesystemTypes(VfsState):
    """The registry."""

    def register_filesystem_type(self, fs_type: FilesystemType) -> None:
        """Make ``fs_type`` available under its name.

        Errors, in the order checked:
            EBUSY: The name is taken.
        Linearizes at: the write lock's critical section.
        Source: gVisor ``RegisterFilesystemType``; Linux ``register_filesystem``.
        """
        self.fs_types_mu.write_lock()
        try:
            if fs_type.name in self.fs_types:
                raise FsError(errno.EBUSY)
            self.fs_types[fs_type.name] = fs_type
        finally:
            self.fs_types_mu.write_unlock()

    def _get_filesystem_type(self, name: str) -> FilesystemType | None:
        """The type called ``name``, or ``None``."""
        self.fs_types_mu.read_lock()
        try:
            found = self.fs_types.get(name)
        finally:
            self.fs_types_mu.read_unlock()
        return found

    def _new_filesystem(self, fs_type_name: str, source: str) -> tuple[Filesystem, Dentry]:
        """A filesystem of a registered type.

        Errors, in the order checked:
            ENODEV: There is no type of that name.
        """
        fs_type = self._get_filesystem_type(fs_type_name)
        if fs_type is None:
            raise FsError(errno.ENODEV)
        return fs_type.get_filesystem(source)
