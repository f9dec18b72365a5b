"""Operations on paths that change the mounts: mount, bind, umount, remount.

The path is resolved first, without ``mount_mu`` (filesystem locks come before it). What it led to may have changed when
``mount_mu`` is held, so everything that matters is tested again there.

Source: gVisor ``MountAt``, ``BindAt``, ``UmountAt``, ``RemountAt``; mount(2), umount2(2).
"""

from __future__ import annotations

import errno

from impl.context import PathOperation
from impl.drops import Drops
from impl.errors import FsError
from impl.filesystem_type import FilesystemTypes
from impl.flags import MNT_DETACH, MNT_FORCE
from impl.mount import Mount
from impl.namespace import MountNamespace
from impl.path_syscalls import PathSyscalls
from impl.virtual_dentry import VirtualDentry


class MountSyscalls(PathSyscalls, FilesystemTypes):
    """Mount operations by path. The caller may do everything (CAP_SYS_ADMIN)."""

    def mount_at(self, operation: PathOperation, fs_type_name: str, *, source: str = "none", read_only: bool = False) -> None:
        """Mount a new filesystem on a path, on top of what is mounted there.

        As with bind, a directory covers only a directory. The seed leaves that test open; without it ".." from the mount leads
        to a file, which has no parent.

        Decided: a mount point reached by a handle may be in another namespace, and the mount then joins that one (facts 1.5: it
        takes its namespace from the mount it is on). Linux says EINVAL, and so does bind, here too.

        Args:
            operation: The mount point.
            fs_type_name: A registered type.
            source: Handed to the type; names filesystem and mount.
            read_only: Begin read-only.

        Errors, in the order checked:
            ENODEV: The type is not registered.
            ENOENT: The path is empty, or a component does not exist.
            ENOTDIR: A component that must be a directory is not one.
            ELOOP: More than 40 symlinks.
            ENOTDIR: The mount point is not a directory.
            ENOENT: The mount point was deleted meanwhile, or its mount umounted.
        Linearizes at: the write section of connecting it.
        Source: gVisor ``MountAt``; mount(2).
        """
        fs, root = self._new_filesystem(fs_type_name, source)
        mount = Mount(source, self._vfs(), fs, root, read_only=read_only)
        try:
            vd = self.get_dentry_at(operation)
            if vd.dentry.is_directory() != root.is_directory():
                vd.dec_ref()
                raise FsError(errno.ENOTDIR)
            self.connect_mount_at(mount, vd)
        finally:
            mount.dec_ref()

    def bind_at(self, source: PathOperation, target: PathOperation, *, name: str | None = None) -> None:
        """Mount what ``source`` names on ``target`` too, without the mounts below it. Read-only if its mount is.

        Args:
            source: The new mount's root. A directory exactly if ``target`` is.
            target: The mount point.
            name: How traces show the mount.

        Errors, in the order checked:
            ENOENT: A path is empty, or a component, first of ``source``, then of ``target``, does not exist.
            ENOTDIR: The same components: one that must be a directory is not.
            ELOOP: More than 40 symlinks in one of them.
            ENOTDIR: One is a directory and the other is not.
            ENOENT: The mount point was deleted, or its mount umounted.
            EINVAL: One of them is not mounted in the caller's namespace.
        Linearizes at: the write section of connecting it.
        Source: gVisor ``BindAt``; mount(2) with ``MS_BIND``.
        """
        target.path()
        origin = self.get_dentry_at(source)
        try:
            place = self.get_dentry_at(target)
            if origin.dentry.is_directory() != place.dentry.is_directory():
                place.dec_ref()
                raise FsError(errno.ENOTDIR)
            self._bind(origin, place, target.namespace, name or f"bind({origin.dentry.name})")
        finally:
            origin.dec_ref()

    def _bind(self, origin: VirtualDentry, place: VirtualDentry, namespace: MountNamespace, name: str) -> None:
        """Mount ``origin`` on ``place``, whose references are taken over."""
        drops = Drops()
        self.mount_mu.lock()
        try:
            error = self._bind_locked(origin, place, namespace, name, drops)
        finally:
            self.mount_mu.unlock()
        drops.run()
        if error is not None:
            raise FsError(error)

    def _bind_locked(
        self, origin: VirtualDentry, place: VirtualDentry, namespace: MountNamespace, name: str, drops: Drops
    ) -> int | None:
        """Mount ``origin`` on top of ``place`` unless it must not be; the errno of the refusal. Needs ``mount_mu``."""
        top = self._lock_mountpoint_locked(place, drops)
        if top is None:
            return errno.ENOENT
        valid = self._is_mounted_in_locked(origin.mount, namespace) and top.mount.ns.read() is namespace
        if valid:
            mount = self._clone_locked(origin.mount, origin, name)
            self._connect_at_locked(mount, top)
            drops.drop_mount(mount)
        else:
            drops.drop_place(top)
        top.dentry.mu.unlock()
        return None if valid else errno.EINVAL

    def _clone_locked(self, mount: Mount, root: VirtualDentry, name: str) -> Mount:
        """A disconnected mount of what ``root`` names, as read-only as ``mount``, with one reference. Needs ``mount_mu``."""
        root.mount.fs.inc_ref()
        root.dentry.inc_ref()
        return Mount(name, self._vfs(), root.mount.fs, root.dentry, read_only=mount.is_read_only())

    def umount_at(self, operation: PathOperation, *, flags: int = 0) -> None:
        """Umount the mount whose root a path names.

        Args:
            operation: The path. ``follow=False`` is ``UMOUNT_NOFOLLOW``.
            flags: 0 for an eager umount, ``MNT_DETACH`` for a lazy one; ``MNT_FORCE`` means nothing here.

        Errors, in the order checked:
            EINVAL: Unknown ``flags``.
            ENOENT: The path is empty, or a component does not exist.
            ENOTDIR: A component that must be a directory is not one.
            ELOOP: More than 40 symlinks.
            EINVAL: It is not the root of a mount.
            EINVAL: The mount is not mounted in the caller's namespace (any more).
            EINVAL: It is the root of the caller's namespace.
            EBUSY: Eager, and something is mounted on it, or used in it.
        Linearizes at: the compare-and-swap of the references (eager), the write section (lazy).
        Source: gVisor ``UmountAt``; umount2(2).
        """
        if flags & ~(MNT_DETACH | MNT_FORCE):
            raise FsError(errno.EINVAL)
        vd = self._get_mount_root_at(operation)
        try:
            self.umount_mount(vd.mount, operation.namespace, lazy=bool(flags & MNT_DETACH))
        finally:
            vd.dec_ref()

    def _get_mount_root_at(self, operation: PathOperation) -> VirtualDentry:
        """The root of the mount that a path names, with references for the caller.

        A walk crosses into mounts as it steps onto a mount point; one that does not step ("/", or "." in a covered directory)
        has to climb here. Asked again at the end, whatever else is mounted elsewhere on that dentry.

        Errors, in the order checked:
            EINVAL: What the path names is not the root of a mount.
        Source: gVisor ``getMountpoint`` (75bfc5e0e) with the root test it lacks; Linux ``LOOKUP_MOUNTPOINT``.
        """
        vd = self.get_dentry_at(operation)
        top = self.get_mount_at(vd.mount, vd.dentry) if vd.dentry.is_mounted() else None
        if top is not None:
            vd.dec_ref()
            top.root.inc_ref()
            vd = VirtualDentry(top, top.root)
        if not vd.is_mount_root():
            vd.dec_ref()
            raise FsError(errno.EINVAL)
        return vd

    def remount_at(self, operation: PathOperation, *, read_only: bool) -> None:
        """Make the mount whose root a path names read-only or writable.

        Errors, in the order checked:
            ENOENT: The path is empty, or a component does not exist.
            ENOTDIR: A component that must be a directory is not one.
            ELOOP: More than 40 symlinks.
            EINVAL: It is not the root of a mount.
            EINVAL: The mount is not mounted in the caller's namespace (any more).
            EBUSY: ``read_only``, and something is being written or open for writing.
        Linearizes at: the change of the mount's writers.
        Source: gVisor ``RemountAt``; mount(2) with ``MS_REMOUNT``.
        """
        vd = self._get_mount_root_at(operation)
        try:
            self._remount(vd.mount, operation.namespace, read_only=read_only)
        finally:
            vd.dec_ref()

    def _remount(self, mount: Mount, namespace: MountNamespace, *, read_only: bool) -> None:
        """Make ``mount`` read-only or writable."""
        self.mount_mu.lock()
        try:
            if not self._is_mounted_in_locked(mount, namespace):
                raise FsError(errno.EINVAL)
            mount.set_read_only_locked(read_only=read_only)
        finally:
            self.mount_mu.unlock()
