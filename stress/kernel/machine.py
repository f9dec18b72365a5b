"""A machine that executes the model's operations on Linux tmpfs.

A mount namespace is a thread: namespace, root and cwd belong to a thread, descriptors to the process, exactly as in the
model, where handles outlive and cross namespaces. So a handle is a descriptor (O_PATH for a bare walk), one read from
another namespace included. The cwd is the root between operations and pins nothing else.

A filesystem's label travels as the number of inodes it was promised, which fstatfs(2) answers for any place in it.

Left out: BeginWrite and EndWrite, which no system call does (an open for writing counts a writer here too).
A directory's size is answered as 0, as the model does: tmpfs counts its entries in it.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from model import Operation, Result
from model import operations as op
from stress.kernel import syscalls

NO_DESCRIPTOR = 1_000_000
FIRST_LABEL = 1000
ACCESS = {"r": os.O_RDONLY, "w": os.O_WRONLY, "rw": os.O_RDWR}
TREE_LIMIT = 5000
READY = "ready"

Tree = tuple[tuple[str, str, str, bytes], ...]


class Executed(NamedTuple):
    """What the kernel answered to each operation, and what each namespace shows afterwards."""

    results: tuple[Result, ...]
    trees: dict[str, Tree]


class Namespace:
    """A thread in a mount namespace of its own, with a reference count as in the model."""

    def __init__(self) -> None:
        self.references = 1
        self._thread = ThreadPoolExecutor(1)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call in the thread. The first call makes the thread, which then starts in its caller's namespace."""
        return self._thread.submit(function, *arguments).result()

    def release(self, elsewhere: int) -> None:
        """Leave the namespace for ``elsewhere`` at once: when a thread's end takes effect is not known."""
        self.call(syscalls.enter_mount_namespace, elsewhere)
        self._thread.shutdown()


class Handle(NamedTuple):
    """A descriptor."""

    fd: int


class Machine:
    """Namespaces, handles and labels of one sequence. ``directory`` is where new roots are mounted for a moment."""

    def __init__(self, *, outside: int, directory: str) -> None:
        self.outside = outside
        self.directory = directory
        self.namespaces: dict[str, Namespace] = {}
        self.handles: dict[str | int, Handle] = {}
        self.labels: list[str] = []

    def execute(self, operation: Operation) -> Result:
        """("ok", payload) or the errno's name."""
        payload = None
        try:
            if isinstance(operation, op.PathOperation):
                self._check_names(operation)
                payload = self.namespaces[operation.namespace].call(self._by_path, operation)
            elif isinstance(operation, op.HandleOperation):
                payload = self._by_handle(operation)
            else:
                self._check_names(operation)
                self._namespace(operation)
        except OSError as refused:
            return errno.errorcode[refused.errno or 0]
        return ("ok", payload)

    def _check_names(self, o: op.PathOperation | op.NamespaceOperation) -> None:
        """The model's own rules of naming; no system call knows these names."""
        new = isinstance(o, op.CreateNamespace | op.CloneNamespace)
        named = {o.namespace, o.source} if isinstance(o, op.CloneNamespace) else {o.namespace}
        if (isinstance(o, op.GetDentry | op.Open) and o.handle in self.handles) or (new and o.namespace in self.namespaces):
            raise OSError(errno.EBADFD, "the name is in use")
        if not named - ({o.namespace} if new else set()) <= self.namespaces.keys():
            raise OSError(errno.ESRCH, "no such namespace")

    def visible_trees(self) -> dict[str, Tree]:
        """As ``stress.visible`` finds it, of every namespace."""
        return {name: namespace.call(self._tree) for name, namespace in self.namespaces.items()}

    # -- namespaces ------------------------------------------------------------------------------------------------

    def _namespace(self, o: op.NamespaceOperation) -> None:
        match o:
            case op.CreateNamespace():
                new = self.namespaces[o.namespace] = Namespace()
                new.call(self._new_root, o.filesystem)
            case op.CloneNamespace():
                new = Namespace()
                self.namespaces[o.source].call(new.call, syscalls.unshare_mount_namespace)
                self.namespaces[o.namespace] = new
            case op.AcquireNamespace():
                self.namespaces[o.namespace].references += 1
            case op.ReleaseNamespace():
                self.namespaces[o.namespace].references -= 1
                if not self.namespaces[o.namespace].references:
                    self.namespaces.pop(o.namespace).release(self.outside)

    def _new_root(self, label: str) -> None:
        syscalls.unshare_mount_namespace()
        new_root(self.directory, options=self._options(label))

    # -- paths -----------------------------------------------------------------------------------------------------

    def _by_path(self, o: op.PathOperation) -> Any:
        at = self._descriptor(o.start)
        match o:
            case op.Mkdir():
                return os.mkdir(o.path, dir_fd=at)
            case op.Rmdir():
                return os.rmdir(o.path, dir_fd=at)
            case op.Unlink():
                return os.unlink(o.path, dir_fd=at)
            case op.Readlink():
                return os.readlink(o.path, dir_fd=at)
            case op.Symlink():
                return os.symlink(o.target, o.path, dir_fd=at)
            case op.GetDentry():
                return self._hold(o, at, os.O_PATH | (0 if o.follow else os.O_NOFOLLOW))
            case op.Open():
                return self._hold(o, at, open_flags(o))
            case op.Stat():
                found = os.stat(o.path, dir_fd=at, follow_symlinks=o.follow)
                fd = os.open(o.path, os.O_PATH | (0 if o.follow else os.O_NOFOLLOW), dir_fd=at)
                try:
                    return (*describe(found), self._label(fd))
                finally:
                    os.close(fd)
            case op.Link():
                return os.link(o.path, o.new, src_dir_fd=at, dst_dir_fd=self._descriptor(o.new_start), follow_symlinks=False)
            case op.Rename():
                return os.rename(o.path, o.new, src_dir_fd=at, dst_dir_fd=self._descriptor(o.new_start))
        return self._mount_operation(o)

    def _mount_operation(self, o: op.PathOperation) -> None:
        match o:
            case op.Mount(read_only=True):
                fd = syscalls.new_tmpfs(self._options(o.filesystem), read_only=True)
                try:
                    syscalls.move_mount(fd, o.path, dir_fd=self._descriptor(o.start))
                finally:
                    os.close(fd)
            case op.Mount():
                with self._cwd(o.start, o.path):
                    options = ",".join(f"{key}={value}" for key, value in self._options(o.filesystem).items())
                    syscalls.mount(o.filesystem, o.path, filesystem="tmpfs", options=options)
            case op.Umount():
                with self._cwd(o.start, o.path):
                    syscalls.umount(o.path, flags=syscalls.MNT_DETACH if o.lazy else 0)
            case op.Remount():
                with self._cwd(o.start, o.path):
                    read_only = syscalls.MS_RDONLY if o.read_only else 0
                    syscalls.mount("", o.path, flags=syscalls.MS_REMOUNT | syscalls.MS_BIND | read_only)
            case op.Bind():
                if o.start != o.new_start:
                    raise TypeError(f"mount(2) has one cwd for both paths: {o!r}")
                with self._cwd(o.start, next((path for path in (o.path, o.new) if path[:1] != "/"), "/")):
                    syscalls.mount(o.path, o.new, flags=syscalls.MS_BIND)
            case _:
                raise TypeError(f"no system call does this: {o!r}")

    @contextmanager
    def _cwd(self, start: str | int | None, path: str) -> Iterator[None]:
        """The cwd for calls that take no directory's descriptor. It pins what the handle pins anyway."""
        if start is None or not path or path.startswith("/"):
            yield
            return
        os.fchdir(self._descriptor(start) or 0)
        try:
            yield
        finally:
            os.chdir("/")

    def _descriptor(self, start: str | int | None) -> int | None:
        """For dir_fd. An unknown handle is a descriptor that is not open."""
        return None if start is None else self.handles.get(start, Handle(NO_DESCRIPTOR)).fd

    def _hold(self, o: op.GetDentry | op.Open, at: int | None, flags: int) -> str:
        fd = os.open(o.path, flags, 0o755, dir_fd=at)
        self.handles[o.handle] = Handle(fd)
        return self._label(fd)

    # -- handles ---------------------------------------------------------------------------------------------------

    def _by_handle(self, o: op.HandleOperation) -> Any:
        fd = self._descriptor(o.handle) or 0
        match o:
            case op.Close():
                os.close(fd)
                del self.handles[o.handle]
                return None
            case op.StatHandle():
                return (*describe(os.fstat(fd)), self._label(fd))
            case op.Readdir():
                if stat.S_ISDIR(os.fstat(fd).st_mode):  # what is refused moves no position
                    os.lseek(fd, 0, os.SEEK_SET)
                return tuple(sorted(syscalls.entries(fd)))
            case op.Read():
                return os.read(fd, o.size_bytes) if o.offset is None else os.pread(fd, o.size_bytes, o.offset)
            case op.Write():
                return os.write(fd, o.data) if o.offset is None else os.pwrite(fd, o.data, o.offset)
        raise TypeError(f"no system call does this: {o!r}")

    # -- what is found ---------------------------------------------------------------------------------------------

    def _options(self, label: str) -> dict[str, str]:
        if label not in self.labels:
            self.labels.append(label)
        return {"mode": "755", "nr_inodes": str(FIRST_LABEL + self.labels.index(label))}

    def _label(self, fd: int) -> str:
        return self.labels[os.fstatvfs(fd).f_files - FIRST_LABEL]

    def _tree(self) -> Tree:
        todo, found = [""], list[tuple[str, str, str, bytes]]()
        while todo and len(found) < TREE_LIMIT:
            path = todo.pop()
            fd = os.open(path or "/", os.O_PATH | os.O_NOFOLLOW)
            kind, label = describe(os.fstat(fd))[0], self._label(fd)
            os.close(fd)
            content = b""
            if kind == "directory":
                todo += [f"{path}/{name}" for name in os.listdir(path or "/")]
            elif kind == "symlink":
                content = os.readlink(path).encode()
            else:
                with open(path, "rb") as file:
                    content = file.read()
            found.append((path or "/", label, kind, content))
        return tuple(sorted(found))


def open_flags(o: op.Open) -> int:
    flags = ACCESS[o.access]
    for wanted, flag in (
        (o.create, os.O_CREAT),
        (o.exclusive, os.O_EXCL),
        (o.truncate, os.O_TRUNC),
        (o.directory, os.O_DIRECTORY),
        (o.nofollow, os.O_NOFOLLOW),
    ):
        flags |= flag if wanted else 0
    return flags


def describe(found: os.stat_result) -> tuple[str, int, int]:
    """(kind, nlink, size in bytes)."""
    if stat.S_ISDIR(found.st_mode):
        return "directory", found.st_nlink, 0
    return "symlink" if stat.S_ISLNK(found.st_mode) else "file", found.st_nlink, found.st_size


def new_root(directory: str, *, options: dict[str, str]) -> None:
    """Make a new tmpfs the root of the calling thread's namespace, and let go of all that was there."""
    text = ",".join(f"{key}={value}" for key, value in options.items())
    syscalls.mount("root", directory, filesystem="tmpfs", options=text)
    os.chdir(directory)
    syscalls.pivot_root(".", ".")
    syscalls.umount(".", flags=syscalls.MNT_DETACH)
    os.chdir("/")
