"""A whole VFS to race on: memfs filesystems, one or two namespaces, processes, and every operation by path.

Each operation answers with text: "ok", what it found, or the errno's name. So outcomes read like the calls themselves, and a
thread's result is an immutable value. Handles (open files, directories held) stay with the thread that made them until it closes
them.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

from impl import FsError, Mount, VirtualDentry, VirtualFilesystem, check_invariants, check_released
from impl.context import FsContext, new_fs_context
from impl.dentry import Dentry
from impl.file_description import FileDescription
from impl.flags import MNT_DETACH, O_CREAT, O_RDONLY, O_WRONLY
from impl.memfs.filesystem import MemfsType
from impl.memfs.inode import Directory, inode_of
from impl.mount_table import HashFunction
from impl.namespace import MountNamespace
from impl.sync import Field, Shared
from stress.checks import watch_vfs
from weft import Setting


def answer(function: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    """Call an operation of the VFS: "ok", or the errno's name."""
    try:
        function(*arguments, **options)
    except FsError as refused:
        return errno.errorcode[refused.errno]
    return "ok"


def one_slot_each(_parent: Mount, point: object) -> int:
    """A hash by the last letter of the mount point's name: different directories, different home slots."""
    return ord(getattr(point, "name", "?")[-1])


class Process(Shared):
    """One process: operations by path, each as one call."""

    def __init__(self, machine: Machine, context: FsContext) -> None:
        self.name = context.name
        self.machine = machine
        self.vfs = machine.vfs
        self.context = context

    def open(self, path: str, flags: int = O_RDONLY) -> FileDescription | str:
        """An open file, or the errno's name."""
        try:
            return self.vfs.open_at(self.context.at(path), flags=flags)
        except FsError as refused:
            return errno.errorcode[refused.errno]

    def hold(self, path: str) -> VirtualDentry | str:
        """A place with references on it, or the errno's name."""
        try:
            return self.vfs.get_dentry_at(self.context.at(path))
        except FsError as refused:
            return errno.errorcode[refused.errno]

    def exists(self, path: str) -> str:
        """ "ok", or why stat fails."""
        return answer(self.vfs.stat_at, self.context.at(path))

    def where(self, path: str) -> str:
        """The filesystem a path leads into, or the errno's name."""
        held = self.hold(path)
        if isinstance(held, str):
            return held
        name = held.mount.fs.name
        held.dec_ref()
        return name

    def mkdir(self, path: str) -> str:
        """mkdir(2)."""
        return answer(self.vfs.mkdir_at, self.context.at(path))

    def rmdir(self, path: str) -> str:
        """rmdir(2)."""
        return answer(self.vfs.rmdir_at, self.context.at(path))

    def unlink(self, path: str) -> str:
        """unlink(2)."""
        return answer(self.vfs.unlink_at, self.context.at(path))

    def rename(self, old: str, new: str) -> str:
        """rename(2)."""
        return answer(self.vfs.rename_at, self.context.at(old), self.context.at(new))

    def mount(self, path: str, source: str) -> str:
        """Mount a new memfs called ``source``."""
        return answer(self.vfs.mount_at, self.context.at(path), "memfs", source=source)

    def umount(self, path: str, *, lazy: bool = False) -> str:
        """umount(2), eagerly or with MNT_DETACH."""
        return answer(self.vfs.umount_at, self.context.at(path), flags=MNT_DETACH if lazy else 0)

    def remount(self, path: str, *, read_only: bool) -> str:
        """mount(2) with MS_REMOUNT."""
        return answer(self.vfs.remount_at, self.context.at(path), read_only=read_only)

    def create(self, path: str) -> str:
        """Make a file and close it."""
        made = self.open(path, O_CREAT | O_WRONLY)
        if isinstance(made, str):
            return made
        made.dec_ref()
        return "ok"

    def end(self) -> None:
        """Drop what the process holds."""
        self.context.release()


class Machine(Shared):
    """The VFS, its first namespace and the first process in it."""

    def __init__(self, hash_function: HashFunction = one_slot_each) -> None:
        self.name = "machine"
        self.vfs = VirtualFilesystem(hash_function=hash_function)
        self.vfs.register_filesystem_type(MemfsType())
        self.ns: MountNamespace = self.vfs.create_mount_namespace("memfs", source="R", name="ns")
        self.process = Process(self, new_fs_context(self.ns))
        # What was mounted when the race began, for the leak check at its end. Written by the set-up only.
        self.mounted_at_start: Field[tuple[Mount, ...]] = Field(())

    def clone(self, name: str) -> tuple[MountNamespace, Process]:
        """A second namespace, a copy of the first, and a process in it."""
        namespace = self.vfs.clone_mount_namespace(self.ns, name=name)
        return namespace, Process(self, new_fs_context(namespace, name=f"{name}.process"))

    def watch(self, s: Setting, *namespaces: MountNamespace) -> None:
        """Check the mount layer's invariants in every state of the race; ``mu`` of every dentry there is forbids dropping."""
        self.mounted_at_start.write(self.vfs.mounts.entries())
        watch_vfs(s, self.vfs, [self.ns, *namespaces], *(dentry.mu for dentry in self._dentries()))

    def _dentries(self) -> list[Dentry]:
        """Every dentry of every filesystem that is mounted in the first namespace."""
        roots = [self.ns.root_mount.root, *(mount.root for mount in self.vfs.mounts.entries())]
        found = list(dict.fromkeys(roots))
        for dentry in found:
            inode = inode_of(dentry)
            if isinstance(inode, Directory):
                found += [child for _, child in inode.children.items() if child not in found]
        return found

    def end(self, *namespaces: MountNamespace) -> None:
        """End the first process and its namespace, and see that nothing is mounted or referred to any more (O3).

        That includes what was mounted at the start or is now; what came and went in between shows in its parent's count.
        """
        mounts = (*self.mounted_at_start.read(), *self.vfs.mounts.entries(), self.ns.root_mount)
        check_invariants(self.vfs, namespaces=[self.ns, *namespaces])
        self.process.end()
        self.ns.dec_ref()
        for namespace in namespaces:
            namespace.dec_ref()
        check_invariants(self.vfs)
        check_released(*mounts, *(mount.fs for mount in mounts))
        left = self.vfs.mounts.entries()
        if left:
            raise AssertionError(f"still mounted: {left!r}")
