"""The alphabet: one frozen dataclass per call, carrying everything the call depends on.

``namespace`` is the caller: its mount namespace, whose root is its root. A relative path starts at the handle ``start``
(a cwd or dirfd), or at the root if None. Callers name the handles and namespaces they create. Misused names: ESRCH
unknown namespace, EBADFD a name already in use, EBADF unknown handle (as ``start``: if the path is relative).
"""

# ruff: noqa: D101 - a comment beside the class says what is not in its name

from dataclasses import KW_ONLY, dataclass
from typing import Literal

from model.state import HandleName

# fmt: off

@dataclass(frozen=True)
class PathOperation:
    namespace: str
    path: str
    _: KW_ONLY
    start: HandleName | None = None

class Mkdir(PathOperation): ...
class Rmdir(PathOperation): ...
class Unlink(PathOperation): ...
class Readlink(PathOperation): ...  # payload: the target

@dataclass(frozen=True, kw_only=True)
class GetDentry(PathOperation):  # walk and keep the result (a cwd, O_PATH); payload: the filesystem's label
    handle: HandleName
    follow: bool = True

@dataclass(frozen=True, kw_only=True)
class Open(PathOperation):  # payload: the filesystem's label; ``exclusive`` without ``create`` is ignored
    handle: HandleName
    access: Literal["r", "w", "rw"] = "r"
    create: bool = False
    exclusive: bool = False
    truncate: bool = False
    directory: bool = False
    nofollow: bool = False

@dataclass(frozen=True, kw_only=True)
class Stat(PathOperation):  # payload: (kind, nlink, size in bytes, filesystem's label); a directory's size is 0
    follow: bool = True

@dataclass(frozen=True, kw_only=True)
class Symlink(PathOperation):
    target: str

@dataclass(frozen=True, kw_only=True)
class Mount(PathOperation):  # a new, empty memfs
    filesystem: str  # its label
    read_only: bool = False

@dataclass(frozen=True, kw_only=True)
class Umount(PathOperation):
    lazy: bool = False

@dataclass(frozen=True, kw_only=True)
class Remount(PathOperation):
    read_only: bool

@dataclass(frozen=True, kw_only=True)
class TwoPaths(PathOperation):  # from ``path`` to ``new``, each with its own start
    new: str
    new_start: HandleName | None = None

class Rename(TwoPaths): ...
class Link(TwoPaths): ...  # a final symlink in ``path`` is not followed
class Bind(TwoPaths): ...  # not recursive

@dataclass(frozen=True)
class HandleOperation:
    handle: HandleName

class Close(HandleOperation): ...  # drop a handle of either kind, with the writers it counts
class Readdir(HandleOperation): ...  # payload: ((name, kind), ...), sorted, all of it, without "." and ".."
class BeginWrite(HandleOperation): ...  # count a writer on the handle's mount
class EndWrite(HandleOperation): ...  # EINVAL if the handle has none outstanding

@dataclass(frozen=True, kw_only=True)
class Read(HandleOperation):  # payload: the bytes; ``offset`` None: at the position, which moves on
    size_bytes: int
    offset: int | None = None

@dataclass(frozen=True, kw_only=True)
class Write(HandleOperation):  # payload: how many bytes; ``offset`` as in Read
    data: bytes
    offset: int | None = None

@dataclass(frozen=True, kw_only=True)
class StatHandle(HandleOperation):  # as Stat; what is not None was read earlier (see ``allowances``)
    nlink: int | None = None
    size_bytes: int | None = None

@dataclass(frozen=True)
class NamespaceOperation:
    namespace: str

@dataclass(frozen=True, kw_only=True)
class CreateNamespace(NamespaceOperation):
    filesystem: str  # the label of its root

@dataclass(frozen=True, kw_only=True)
class CloneNamespace(NamespaceOperation):  # copies every mount attached in ``source``; handles stay where they are
    source: str

class AcquireNamespace(NamespaceOperation): ...  # one more reference
class ReleaseNamespace(NamespaceOperation): ...  # the last one detaches everything from the root, lazily

Operation = PathOperation | HandleOperation | NamespaceOperation
