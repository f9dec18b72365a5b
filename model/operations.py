"""The alphabet: one frozen dataclass per call, carrying everything the call depends on.

``namespace`` is the caller: its mount namespace, whose root is its root. A relative path starts at the handle ``start``
(a cwd or dirfd), or at the root if None. Callers name the handles and namespaces they create. Misused names: ESRCH
unknown namespace, EBADF unknown handle (as ``start``: if the path is relative), EBADFD a new name that is in use.
"""
# fmt: off

from dataclasses import dataclass, field
from typing import Literal, dataclass_transform

HandleName = str | int


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Call:  # makes every class below it a frozen dataclass with keyword-only fields
    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)

class HandleOperation(Call): handle: HandleName = field(kw_only=False)
class Close(HandleOperation): ...  # drop a handle of either kind, with the writers it counts
class Readdir(HandleOperation): ...  # payload: ((name, kind), ...), sorted, all of it, without "." and ".."
class BeginWrite(HandleOperation): ...  # count a writer on the handle's mount
class EndWrite(HandleOperation): ...  # EINVAL if the handle has none outstanding
class Read(HandleOperation): size_bytes: int; offset: int | None = None  # payload: the bytes; None: at the position, which moves
class Write(HandleOperation): data: bytes; offset: int | None = None  # payload: how many bytes
class StatHandle(HandleOperation): nlink: int | None = None; size_bytes: int | None = None  # as Stat; not None: read earlier

class NamespaceOperation(Call): namespace: str = field(kw_only=False)
class CreateNamespace(NamespaceOperation): filesystem: str  # on a new, empty memfs with this label
class CloneNamespace(NamespaceOperation): source: str  # copies every mount attached in ``source``; handles stay where they are
class AcquireNamespace(NamespaceOperation): ...  # one more reference
class ReleaseNamespace(NamespaceOperation): ...  # the last one detaches everything from the root, lazily

class PathOperation(Call):
    namespace: str = field(kw_only=False); path: str = field(kw_only=False); start: HandleName | None = None

class Mkdir(PathOperation): ...
class Rmdir(PathOperation): ...
class Unlink(PathOperation): ...
class Symlink(PathOperation): target: str
class Readlink(PathOperation): ...  # payload: the target
class Stat(PathOperation): follow: bool = True  # payload: (kind, nlink, size in bytes, filesystem's label); a directory's size is 0
class GetDentry(PathOperation): handle: HandleName; follow: bool = True  # walk and keep the result (a cwd, O_PATH); payload: label
class Mount(PathOperation): filesystem: str; read_only: bool = False  # a new, empty memfs with this label
class Umount(PathOperation): lazy: bool = False
class Remount(PathOperation): read_only: bool

class Open(PathOperation):  # payload: the filesystem's label; ``exclusive`` without ``create`` is ignored
    handle: HandleName; access: Literal["r", "w", "rw"] = "r"; create: bool = False; exclusive: bool = False
    truncate: bool = False; directory: bool = False; nofollow: bool = False

class TwoPaths(PathOperation):  # from ``path`` to ``new``, each with its own start
    new: str; new_start: HandleName | None = None
class Rename(TwoPaths): ...
class Link(TwoPaths): ...  # a final symlink in ``path`` is not followed
class Bind(TwoPaths): ...  # not recursive

Operation = PathOperation | HandleOperation | NamespaceOperation
