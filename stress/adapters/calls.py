"""A model operation, carried out on ``impl``.

Callers are named by namespace: each has a context with the namespace's root, made with the namespace. Handles are file
descriptions by name; a bare walk result is one opened with ``O_PATH``. Names that are misused are refused here, before ``impl`` is
asked, as the model does it: ESRCH, EBADF, EBADFD. So is EINVAL for an ``EndWrite`` nobody began.
"""

from __future__ import annotations

from typing import Any

from impl.context import FsContext, PathOperation, new_fs_context
from impl.errors import FsError
from impl.file_description import FileDescription
from impl.flags import (
    MNT_DETACH,
    O_CREAT,
    O_DIRECTORY,
    O_EXCL,
    O_NOFOLLOW,
    O_PATH,
    O_RDONLY,
    O_RDWR,
    O_TRUNC,
    O_WRONLY,
)
from impl.memfs.filesystem import MemfsType
from impl.mount import Mount
from impl.stat import S_IFMT, Stat
from impl.vfs import VirtualFilesystem
from impl.virtual_dentry import VirtualDentry
from model import operations as op
from model.operations import HandleName
from stress.visible import KINDS

Result = tuple[str, Any] | str

ACCESS = {"r": O_RDONLY, "w": O_WRONLY, "rw": O_RDWR}


class Misused(Exception):
    """A name that the caller may not use so; the errno's name is its argument."""


class VfsAdapter:
    """A real VFS with processes and handles by name."""

    def __init__(self) -> None:
        self.vfs = VirtualFilesystem()
        self.vfs.register_filesystem_type(MemfsType())
        self.contexts: dict[str, FsContext] = {}
        self.handles: dict[HandleName, FileDescription] = {}
        self.writes: dict[HandleName, int] = {}  # writes begun through a handle and not ended

    def call(self, operation: op.Operation) -> Result:
        """The result of ``operation``, in the model's terms.

        Raises:
            RefcountError, InvariantError: ``impl`` found a defect of its own.
        """
        try:
            if isinstance(operation, op.HandleOperation):
                return "ok", self._on_handle(operation)
            if isinstance(operation, op.NamespaceOperation):
                self._on_namespace(operation)
                return "ok", None
            return "ok", self._on_path(operation)
        except FsError as refused:
            return refused.name
        except Misused as misused:
            return str(misused)

    def outside_references(self) -> list[Mount]:
        """The mounts on which somebody outside the mount layer holds a reference, one element for each."""
        held = [description.vd.mount for description in self.handles.values()]
        return held + [vd.mount for context in self.contexts.values() for vd in (context.root, context.cwd)]

    # -- paths -----------------------------------------------------------------------------------------------

    def _at(self, o: op.PathOperation, path: str, start: HandleName | None, *, follow: bool = True) -> PathOperation:
        """The operand of ``impl`` for one of the paths of ``o``."""
        if o.namespace not in self.contexts:
            raise Misused("ESRCH")
        place: VirtualDentry | None = None
        if start is not None and o.path and path and not path.startswith("/"):  # else ``impl`` says ENOENT
            if start not in self.handles:
                raise Misused("EBADF")
            place = self.handles[start].vd
        return self.contexts[o.namespace].at(path, follow=follow, start=place)

    def _on_path(self, o: op.PathOperation) -> Any:
        follow = o.follow if isinstance(o, op.Stat | op.GetDentry) else not isinstance(o, op.Link)
        at = self._at(o, o.path, o.start, follow=follow)
        if isinstance(o, op.TwoPaths):
            return self._on_two_paths(o, at, self._at(o, o.new, o.new_start))
        if isinstance(o, op.GetDentry | op.Open):
            return self._new_handle(o, at)
        return self._on_one_path(o, at)

    def _on_one_path(self, o: op.PathOperation, at: PathOperation) -> Any:
        match o:
            case op.Stat():
                return _seen(self.vfs.stat_at(at))
            case op.Readlink():
                return self.vfs.readlink_at(at)
            case op.Mkdir():
                return self.vfs.mkdir_at(at)
            case op.Symlink():
                return self.vfs.symlink_at(at, o.target)
            case op.Rmdir():
                return self.vfs.rmdir_at(at)
            case op.Unlink():
                return self.vfs.unlink_at(at)
            case op.Mount():
                return self.vfs.mount_at(at, "memfs", source=o.filesystem, read_only=o.read_only)
            case op.Umount():
                return self.vfs.umount_at(at, flags=MNT_DETACH if o.lazy else 0)
            case op.Remount():
                return self.vfs.remount_at(at, read_only=o.read_only)
        raise TypeError(f"not an operation: {o!r}")

    def _on_two_paths(self, o: op.TwoPaths, at: PathOperation, new: PathOperation) -> None:
        match o:
            case op.Rename():
                return self.vfs.rename_at(at, new)
            case op.Link():
                return self.vfs.link_at(at, new)
            case op.Bind():
                return self.vfs.bind_at(at, new)
        raise TypeError(f"not an operation: {o!r}")

    def _new_handle(self, o: op.GetDentry | op.Open, at: PathOperation) -> str:
        if o.path and o.handle in self.handles:
            raise Misused("EBADFD")
        description = self.vfs.open_at(at, flags=_flags(o))
        self.handles[o.handle] = description
        return description.vd.mount.fs.name

    # -- handles ---------------------------------------------------------------------------------------------

    def _on_handle(self, o: op.HandleOperation) -> Any:
        if o.handle not in self.handles:
            raise Misused("EBADF")
        description = self.handles[o.handle]
        match o:
            case op.Close():
                return self._close(o.handle)
            case op.StatHandle():
                return _seen(description.stat())
            case op.Readdir():
                return _listed(description)
            case op.Read():
                return description.read(o.size_bytes, offset=o.offset)
            case op.Write():
                return description.write(o.data, offset=o.offset)
            case op.BeginWrite():
                description.vd.mount.check_begin_write()
                self.writes[o.handle] = self.writes.get(o.handle, 0) + 1
                return None
            case op.EndWrite():
                return self._end_write(o.handle)
        raise TypeError(f"not an operation: {o!r}")

    def _end_write(self, handle: HandleName) -> None:
        if not self.writes.get(handle, 0):
            raise Misused("EINVAL")
        self.writes[handle] -= 1
        self.handles[handle].vd.mount.end_write()

    def _close(self, handle: HandleName) -> None:
        while self.writes.get(handle, 0):
            self._end_write(handle)
        self.writes.pop(handle, None)
        self.handles.pop(handle).dec_ref()

    # -- namespaces ------------------------------------------------------------------------------------------

    def _on_namespace(self, o: op.NamespaceOperation) -> None:
        new = isinstance(o, op.CreateNamespace | op.CloneNamespace)
        if new == (o.namespace in self.contexts):
            raise Misused("EBADFD" if new else "ESRCH")
        match o:
            case op.CreateNamespace():
                namespace = self.vfs.create_mount_namespace("memfs", source=o.filesystem, name=o.namespace)
            case op.CloneNamespace():
                if o.source not in self.contexts:
                    raise Misused("ESRCH")
                namespace = self.vfs.clone_mount_namespace(self.contexts[o.source].namespace, name=o.namespace)
            case op.AcquireNamespace():
                return self.contexts[o.namespace].namespace.inc_ref()
            case _:
                return self._release(o.namespace)
        self.contexts[o.namespace] = new_fs_context(namespace, name=o.namespace)
        return namespace.dec_ref()

    def _release(self, name: str) -> None:
        """Drop a reference on a namespace; the last is its context's, which goes with it."""
        context = self.contexts[name]
        if context.namespace.refs.load() > 1:
            context.namespace.dec_ref()
        else:
            del self.contexts[name]
            context.release()


def _flags(o: op.GetDentry | op.Open) -> int:
    if isinstance(o, op.GetDentry):
        return O_PATH | (0 if o.follow else O_NOFOLLOW)
    chosen = {O_CREAT: o.create, O_EXCL: o.exclusive, O_TRUNC: o.truncate, O_DIRECTORY: o.directory, O_NOFOLLOW: o.nofollow}
    return ACCESS[o.access] | sum(flag for flag, wanted in chosen.items() if wanted)


def _seen(stat: Stat) -> tuple[str, int, int, str]:
    return KINDS[stat.mode & S_IFMT], stat.nlink, stat.size, stat.dev


def _listed(description: FileDescription) -> tuple[tuple[str, str], ...]:
    """All entries, from the first, but "." and ".."; the position is at the beginning before and after."""
    entries = description.iter_dirents()
    description.seek(0)
    return tuple((entry.name, KINDS[entry.kind]) for entry in entries if entry.name not in {".", ".."})
