"""A small mount tree to race on: one namespace, directories a and b, and a mount M on a.

Everything the races share in building and in tidying up. The scene holds one reference of its own on each directory, as an open
directory would, so that races may use them freely.
"""

from __future__ import annotations

import errno

from impl import (
    CountedDentryImpl,
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
from impl.mount_table import HashFunction, hash_of_names
from impl.sync import Shared
from weft import require


class Scene(Shared):
    """The mount tree, with what races do on it."""

    def __init__(self, hash_function: HashFunction = hash_of_names) -> None:
        self.name = "scene"
        self.vfs = VirtualFilesystem(hash_function=hash_function)
        self.root_fs = Filesystem("R")
        self.root_dentry = new_counted_dentry("R:/")
        self.ns: MountNamespace = self.vfs.new_mount_namespace(self.root_fs, self.root_dentry)
        self.root: Mount = self.ns.root_mount
        self.a = new_counted_dentry("R:/a")
        self.b = new_counted_dentry("R:/b")

    def place(self, dentry: Dentry, mount: Mount | None = None) -> VirtualDentry:
        """(mount or the root mount, ``dentry``) with a reference on both."""
        vd = VirtualDentry(mount or self.root, dentry)
        vd.inc_ref()
        return vd

    def mount(self, name: str, dentry: Dentry, mount: Mount | None = None) -> Mount:
        """Mount a new filesystem on ``dentry``; the mount is borrowed."""
        return self.vfs.new_mount(self.place(dentry, mount), Filesystem(f"{name}.fs"), new_counted_dentry(f"{name}:/"), name=name)

    def walk(self, dentry: Dentry) -> Mount | None:
        """Walk into whatever is mounted on ``dentry`` of the root mount; a reference comes with it."""
        return self.vfs.get_mount_at(self.root, dentry)

    def umount(self, dentry: Dentry, *, lazy: bool = False) -> str:
        """Walk to what is mounted on ``dentry`` and umount it: "ok" or the errno's name."""
        mount = self.walk(dentry)
        if mount is None:
            return "EINVAL"
        answer = "ok"
        try:
            self.vfs.umount_mount(mount, self.ns, lazy=lazy)
        except FsError as refused:
            answer = errno.errorcode[refused.errno]
        mount.dec_ref()
        return answer

    def check(self, handles: list[Mount], *mounts: Mount) -> None:
        """Every invariant of the mount layer, with reference counts compared exactly."""
        check_invariants(self.vfs, namespaces=[self.ns], mounts=mounts, handles=handles)

    def release(self, handles: list[Mount], *mounts: Mount) -> None:
        """Check, let go of everything, and see that nothing is left."""
        self.check(handles, *mounts)
        for held in handles:
            held.dec_ref()
        self.ns.dec_ref()
        self.a.dec_ref()
        self.b.dec_ref()
        dentries = (self.a, self.b, self.root_dentry, *(m.root for m in mounts))
        counts = [d.impl for d in dentries if isinstance(d.impl, CountedDentryImpl)]
        check_released(self.root, self.root_fs, *mounts, *(m.fs for m in mounts), *counts)
        for dentry in dentries:
            require(not dentry.is_mounted(), f"{dentry.name} still counts mounts, and none is left")


def no_collisions(_parent: Mount, point: Dentry) -> int:
    """A hash that puts the scene's directories into slots of their own: fewer steps a probe, the same races."""
    return {"R:/a": 0, "R:/b": 2}.get(point.name, 1)


def all_collide(_parent: Mount, _point: Dentry) -> int:
    """A hash that puts every key into one home slot."""
    return 0
