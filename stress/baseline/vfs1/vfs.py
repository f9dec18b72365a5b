"""The calls: paths walked from the root one entry at a time, and mounts that replace entries.

Source: gVisor ``fs/mounts.go`` and ``fs/dirent.go`` as of 2019.
"""

from __future__ import annotations

import errno

from impl.errors import FsError
from impl.path import parse_path
from impl.stat import Stat
from impl.sync import Mutex, RWMutex, Shared, SharedDict
from stress.baseline.vfs1.dirent import CACHE_SIZE, Dirent, MountSource
from stress.baseline.vfs1.inode import Directory, RegularFile

ROOT_INO = 1
ROOT_PERMISSIONS = 0o1777


def _new_root(source: MountSource) -> Directory:
    return Directory(f"{source.name}:/", ROOT_INO, ROOT_PERMISSIONS)


class Vfs1(Shared):
    """The VFS with one mount namespace and one process, whose root and working directory are its root."""

    def __init__(self, name: str = "R", *, cache_size: int = CACHE_SIZE) -> None:
        """An empty filesystem mounted as the root.

        Args:
            name: Of that filesystem; stat shows it as the device.
            cache_size: How many entries each mount keeps although nobody uses them.
        """
        self.name = "vfs1"
        self.cache_size = cache_size
        # Guards mounts. The outermost lock.
        self.mounts_mu = Mutex()
        # Held for reading over each single step of a walk, and for writing while the shape of the tree changes otherwise than by
        # adding and removing names.
        self.rename_mu = RWMutex()
        # What each mounted root replaced, both with a reference. Guarded by mounts_mu.
        self.mounts: SharedDict[Dirent, Dirent] = SharedDict()
        source = MountSource(name, cache_size=cache_size)
        source.dirent_refs.add(1)
        self.root = Dirent("/", _new_root(source), source, None)

    # -- walking ---------------------------------------------------------------------------------------------

    def find(self, path: str) -> Dirent:
        """What a path names, with a reference for the caller.

        Errors, in the order checked:
            ENOENT: The path is empty, or a component does not exist.
            ENOTDIR: A component that must be a directory is not one.
        Linearizes at: the look into the last directory's children, or the answer of its filesystem; both under its locks.
        Source: gVisor ``FindLink``.
        """
        parsed = parse_path(path)
        found = self._walk(parsed.components)
        if parsed.must_be_dir and not isinstance(found.inode, Directory):
            found.dec_ref()
            raise FsError(errno.ENOTDIR)
        return found

    def _walk(self, components: tuple[str, ...]) -> Dirent:
        current = self.root
        current.inc_ref()
        for name in components:
            try:
                following = current.walk(self.rename_mu, self.root, name)
            except FsError:
                current.keep()
                current.dec_ref()
                raise
            current.dec_ref()
            current = following
        if components:
            current.keep()
        return current

    def _parent(self, path: str, exists: int) -> tuple[Dirent, Directory, str]:
        """The directory that holds a path's last component, with a reference; its inode; and that component.

        Errors, in the order checked:
            ENOENT, ENOTDIR: As for ``find``, before the last component.
            ENOTDIR: The parent is not a directory.
            exists: The last component is ".", ".." or "/".
        """
        components = parse_path(path).components
        parent = self._walk(components[:-1])
        directory = parent.inode
        is_name = bool(components) and components[-1] not in (".", "..")
        if is_name and isinstance(directory, Directory):
            return parent, directory, components[-1]
        parent.dec_ref()
        raise FsError(exists if isinstance(directory, Directory) else errno.ENOTDIR)

    def stat(self, path: str) -> Stat:
        """What is known about a file, all at one instant. Errors: as for ``find``."""
        found = self.find(path)
        try:
            known = found.inode.stat(found.source.name)
        finally:
            found.dec_ref()
        return known

    # -- names -----------------------------------------------------------------------------------------------

    def mkdir(self, path: str, *, mode: int = 0o777) -> None:
        """Make a directory.

        Errors, in the order checked:
            ENOENT, ENOTDIR: As for ``find``, before the last component.
            EEXIST: The last component exists, or is ".", ".." or "/".
        Linearizes at: the change of the filesystem, under the parent's locks.
        """
        self._create(path, mode & 0o1777, Directory)

    def create(self, path: str, *, mode: int = 0o666) -> None:
        """Make an empty file. Errors: as for ``mkdir``."""
        self._create(path, mode & 0o7777, RegularFile)

    def _create(self, path: str, mode: int, kind: type[Directory | RegularFile]) -> None:
        parent, directory, name = self._parent(path, errno.EEXIST)
        parent.lock_directory(self.rename_mu)
        try:
            there = directory.lookup(name)
            if there is not None:
                raise FsError(errno.EEXIST)
            ino = parent.source.new_ino()
            directory.add(name, kind(f"{parent.source.name}:{name}", ino, mode))
        finally:
            parent.unlock_directory(self.rename_mu)
            parent.dec_ref()

    def unlink(self, path: str) -> None:
        """Delete a file that is not a directory.

        Errors, in the order checked:
            ENOENT, ENOTDIR: As for ``find``.
            EISDIR: It is a directory, or the last component is ".", ".." or "/".
        Linearizes at: the change of the filesystem, under the parent's locks.
        Source: gVisor ``Dirent.Remove``.
        """
        parent, directory, name = self._parent(path, errno.EISDIR)
        try:
            parent.lock_directory(self.rename_mu)
            try:
                child = self._remove_locked(parent, directory, name)
            finally:
                parent.unlock_directory(self.rename_mu)
            child.source.cache.remove(child)
            child.dec_ref()
        finally:
            parent.dec_ref()

    def _remove_locked(self, parent: Dirent, directory: Directory, name: str) -> Dirent:
        """Take a file's name away; its entry, with a reference."""
        child = parent.walk_locked(self.root, name, may_unlock=False)
        if isinstance(child.inode, Directory):
            child.dec_ref()
            raise FsError(errno.EISDIR)
        directory.remove(name)
        parent.children.pop(name)
        child.inode.add_links(-1)
        return child

    # -- mounts ----------------------------------------------------------------------------------------------

    def mount(self, path: str, source: str) -> None:
        """Mount a new, empty filesystem on a directory, on top of what is mounted there.

        Errors, in the order checked:
            ENOENT, ENOTDIR: As for ``find``.
            ENOTDIR: It is not a directory.
            EBUSY: It is "/".
        Linearizes at: the change of the parent's children, with every walk excluded.
        Source: gVisor ``MountNamespace.Mount``, ``Dirent.mount``. Theirs loses one of two mounts that race for one entry; here
            the second walks again and mounts on top.
        """
        while True:
            point = self.find(path)
            if point.parent is None or not isinstance(point.inode, Directory):
                point.dec_ref()
                raise FsError(errno.EBUSY if point.parent is None else errno.ENOTDIR)
            if self._try_mount(point, point.parent, MountSource(source, cache_size=self.cache_size)):
                return
            point.dec_ref()

    def _try_mount(self, point: Dirent, parent: Dirent, source: MountSource) -> bool:
        """Put a new root in the place of ``point``, whose reference is taken over; not if something else is there now."""
        self._lock_mounts(parent)
        try:
            current = parent.children.get(point.component)
            is_there = current is point
            if is_there:
                mounted = parent.attach_locked(point.component, _new_root(source), source)
                self.mounts[mounted] = point
        finally:
            self._unlock_mounts(parent)
        return is_there

    def umount(self, path: str) -> None:
        """Take away what is mounted at a path, if nobody is inside.

        Errors, in the order checked:
            ENOENT, ENOTDIR: As for ``find``.
            EINVAL: Nothing is mounted there.
            EBUSY: Somebody holds a reference inside.
        Linearizes at: the change of the parent's children, or the test that finds references; both with every walk excluded.
        Source: gVisor ``MountNamespace.Unmount``, ``Dirent.unmount``.
        """
        mounted = self.find(path)
        try:
            if mounted.parent is None:
                raise FsError(errno.EINVAL)
            replaced = self._detach(mounted, mounted.parent)
        finally:
            mounted.dec_ref()
        mounted.dec_ref()
        replaced.dec_ref()

    def _detach(self, mounted: Dirent, parent: Dirent) -> Dirent:
        """Put back what ``mounted`` replaced, and return it; its reference and one on ``mounted`` are the caller's to drop."""
        self._lock_mounts(parent)
        try:
            replaced = self.mounts.get(mounted)
            if replaced is None:
                raise FsError(errno.EINVAL)
            mounted.source.cache.flush()
            refs = mounted.source.dirent_refs.load()
            if refs != 2:  # the mount's, and that of the walk that found it
                raise FsError(errno.EBUSY)
            parent.children[mounted.component] = replaced
            self.mounts.pop(mounted)
        finally:
            self._unlock_mounts(parent)
        return replaced

    def _lock_mounts(self, parent: Dirent) -> None:
        """Exclude every walk, so that no new reference can be had inside a mount. Source: gVisor ``withMountLocked``."""
        self.mounts_mu.lock()
        self.rename_mu.write_lock()
        parent.dir_mu.write_lock()
        parent.mu.lock()

    def _unlock_mounts(self, parent: Dirent) -> None:
        parent.mu.unlock()
        parent.dir_mu.write_unlock()
        self.rename_mu.write_unlock()
        self.mounts_mu.unlock()

    def end(self) -> None:
        """See that only the root is left, once all mounts are gone and nobody uses the VFS.

        Raises:
            InvariantError: A reference was leaked or dropped twice.
        """
        self.root.source.cache.flush()
        self.root.check_alone(1)
