"""A whole VFS to test on: one process in one namespace on memfs, operations by path, and everything accounted for."""

from __future__ import annotations

from contextlib import contextmanager

from impl import FsError, VirtualFilesystem, check_invariants
from impl.context import new_fs_context
from impl.flags import MNT_DETACH, O_CREAT, O_RDONLY, O_WRONLY
from impl.memfs.filesystem import MemfsType
from impl.memfs.invariants import check_memfs, check_memfs_released

MADE = []
"""The filesystems made for the current machine. Outside it, as shared objects may not hold lists."""


class RecordedType(MemfsType):
    """memfs, noting what it makes."""

    def get_filesystem(self, source):
        made = super().get_filesystem(source)
        MADE.append(made[0])
        return made


class Machine:
    """One process. Operations take paths and raise ``FsError``."""

    def __init__(self, **options) -> None:
        MADE.clear()
        self.vfs = VirtualFilesystem(**options)
        self.vfs.register_filesystem_type(RecordedType())
        self.ns = self.vfs.create_mount_namespace("memfs", source="R", name="ns")
        self.process = new_fs_context(self.ns)
        self.namespaces = [self.ns]
        self.handles = []

    def at(self, path, **options):
        return self.process.at(path, **options)

    # -- files -----------------------------------------------------------------------------------------------

    def mkdir(self, *paths):
        for path in paths:
            self.vfs.mkdir_at(self.at(path))

    def create(self, path, data=b""):
        fd = self.vfs.open_at(self.at(path), flags=O_CREAT | O_WRONLY)
        fd.write(data)
        fd.dec_ref()

    def read(self, path):
        fd = self.vfs.open_at(self.at(path))
        try:
            return fd.read(1 << 20)
        finally:
            fd.dec_ref()

    def open(self, path, flags=O_RDONLY):
        """An open file that is closed when the test ends."""
        fd = self.vfs.open_at(self.at(path), flags=flags)
        self.handles.append(fd)
        return fd

    def handle(self, path):
        """A place that is let go when the test ends."""
        vd = self.vfs.get_dentry_at(self.at(path))
        self.handles.append(vd)
        return vd

    def close(self, handle):
        self.handles.remove(handle)
        handle.dec_ref()

    def stat(self, path, **options):
        return self.vfs.stat_at(self.at(path, **options))

    def ls(self, path="/"):
        fd = self.vfs.open_at(self.at(path))
        try:
            return [entry.name for entry in fd.iter_dirents()][2:]
        finally:
            fd.dec_ref()

    def symlink(self, path, target):
        self.vfs.symlink_at(self.at(path), target)

    def link(self, old, new, **options):
        self.vfs.link_at(self.at(old, **options), self.at(new))

    def rename(self, old, new):
        self.vfs.rename_at(self.at(old), self.at(new))

    def unlink(self, path):
        self.vfs.unlink_at(self.at(path))

    def rmdir(self, path):
        self.vfs.rmdir_at(self.at(path))

    # -- mounts ----------------------------------------------------------------------------------------------

    def mount(self, path, source="M", **options):
        self.vfs.mount_at(self.at(path), "memfs", source=source, **options)

    def bind(self, source, target, **options):
        self.vfs.bind_at(self.at(source), self.at(target), **options)

    def umount(self, path, *, lazy=False):
        self.vfs.umount_at(self.at(path), flags=MNT_DETACH if lazy else 0)

    def remount(self, path="/", *, read_only=True):
        self.vfs.remount_at(self.at(path), read_only=read_only)

    def clone_namespace(self):
        """A process in a copy of the namespace."""
        ns = self.vfs.clone_mount_namespace(self.ns, name=f"ns{len(self.namespaces)}")
        self.namespaces.append(ns)
        process = new_fs_context(ns)
        ns.dec_ref()
        return process

    @contextmanager
    def as_process(self, process):
        """Act as another process."""
        before, self.process = self.process, process
        try:
            yield
        finally:
            self.process = before

    # -- checks ----------------------------------------------------------------------------------------------

    def check(self):
        """Every invariant that holds while things are open."""
        check_invariants(self.vfs, namespaces=self.namespaces)
        for fs in MADE:
            if fs.refs.load() > 0:
                check_memfs(fs.impl)

    def shut_down(self):
        """End the process and check that nothing is left."""
        self.check()
        for handle in self.handles:
            handle.dec_ref()
        self.process.release()
        self.ns.dec_ref()
        check_invariants(self.vfs, namespaces=self.namespaces, handles=())
        assert len(self.vfs.mounts) == 0
        for fs in MADE:
            assert fs.refs.load() == 0, fs
            check_memfs_released(fs.impl)


def errno_of(call, *args, **options):
    """The errno ``call`` fails with, or 0."""
    try:
        call(*args, **options)
    except FsError as error:
        return error.errno
    return 0
