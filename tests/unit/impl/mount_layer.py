"""A small mount layer to test on: one namespace, and short ways to mount, walk and open things."""

from __future__ import annotations

from impl import (
    Dentry,
    Filesystem,
    FsError,
    Mount,
    MountNamespace,
    VirtualDentry,
    VirtualFilesystem,
    check_invariants,
    check_released,
    new_counted_dentry,
)


def errno_of(call, *args, **options):
    """The errno ``call`` fails with, or 0."""
    try:
        call(*args, **options)
    except FsError as error:
        return error.errno
    return 0


class MountLayer:
    """A VFS with a namespace, and a record of everything made, so that leaks show."""

    def __init__(self, **options) -> None:
        self.vfs = VirtualFilesystem(**options)
        self.filesystems: list[Filesystem] = []
        self.dentries: list[Dentry] = []
        self.mounts: list[Mount] = []
        self.ns = self.new_namespace("ns")
        self.root = self.ns.root_mount
        self.a = self.new_dentry("R:/a")
        self.b = self.new_dentry("R:/b")

    def new_dentry(self, name: str) -> Dentry:
        dentry = new_counted_dentry(name)
        self.dentries.append(dentry)
        return dentry

    def new_filesystem(self, name: str) -> tuple[Filesystem, Dentry]:
        fs = Filesystem(name)
        root = new_counted_dentry(f"{name}:/")
        self.filesystems.append(fs)
        return fs, root

    def new_namespace(self, name: str) -> MountNamespace:
        fs, root = self.new_filesystem("R" if name == "ns" else f"R{name}")
        ns = self.vfs.new_mount_namespace(fs, root, name=name)
        self.mounts.append(ns.root_mount)
        return ns

    def mount(self, on: Mount, point: Dentry, name: str) -> Mount:
        """Mount a new filesystem called like the mount."""
        vd = VirtualDentry(on, point)
        vd.inc_ref()
        fs, root = self.new_filesystem(f"F{name}")
        mount = self.vfs.new_mount(vd, fs, root, name=name)
        self.mounts.append(mount)
        return mount

    def bind(self, source: Mount, on: Mount, point: Dentry, name: str) -> Mount:
        """Mount the filesystem of ``source`` a second time."""
        vd = VirtualDentry(on, point)
        vd.inc_ref()
        source.fs.inc_ref()
        source.root.inc_ref()
        mount = self.vfs.new_mount(vd, source.fs, source.root, name=name)
        self.mounts.append(mount)
        return mount

    def umount(self, on: Mount, point: Dentry, *, lazy: bool = False) -> int:
        """Umount the top of what is mounted there; the errno."""
        mount = self.vfs.get_mount_at(on, point)
        assert mount is not None
        result = errno_of(self.vfs.umount_mount, mount, self.ns, lazy=lazy)
        mount.dec_ref()
        return result

    def check(self, *handles: Mount) -> None:
        check_invariants(self.vfs, namespaces=[self.ns], mounts=self.mounts, handles=handles)

    def release_everything(self) -> None:
        """Drop what this object holds and check that nothing is left."""
        self.ns.dec_ref()
        for dentry in self.dentries:
            dentry.dec_ref()
        check_invariants(self.vfs, namespaces=[self.ns], mounts=self.mounts, handles=())
        check_released(self.ns, *self.mounts, *self.filesystems, *(dentry.impl for dentry in self.dentries))
        check_released(*(mount.root.impl for mount in self.mounts))
