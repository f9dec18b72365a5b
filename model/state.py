"""The state: namespaces, mounts, dentries, inodes and handles, as nested immutable values.

Everything is a ``NamedTuple`` or a ``Map``, so states compare and hash by value and an old state stays usable after any
step. Ids are the smallest unused integer of their table and nothing unreachable is kept (``mounts.collect``), so states
reached by the same creations in the same order are equal whatever came and went in between.

What can be derived is not stored: nlink is counted from the dentries, a mount's writers from the handles. There is
no copy to go stale.
"""

# ruff: noqa: D101, D102, D103 - where there is no docstring, the name and the types say it all

from __future__ import annotations

from typing import Literal, NamedTuple, NewType, NoReturn, TypeVar

K = TypeVar("K")
V = TypeVar("V")

MountId = NewType("MountId", int)
DentryId = NewType("DentryId", int)
InodeId = NewType("InodeId", int)
HandleName = str | int
Kind = Literal["directory", "file", "symlink"]


class Refused(Exception):
    """An operation fails with ``errno_name``. Internal: ``step`` turns it into a result and keeps the old state."""

    def __init__(self, errno_name: str) -> None:
        super().__init__(errno_name)
        self.errno_name = errno_name


def refuse_if(condition: object, errno_name: str) -> None:
    if condition:
        raise Refused(errno_name)


class Map(dict[K, V]):
    """An immutable dict; it hashes by value, and only once."""

    _hash: int | None = None

    def put(self, key: K, value: V) -> Map[K, V]:
        return Map({**self, key: value})

    def without(self, *keys: object) -> Map[K, V]:
        return Map({k: v for k, v in self.items() if k not in keys})

    def __hash__(self) -> int:  # type: ignore[override]
        if self._hash is None:
            self._hash = hash(frozenset(self.items()))
        return self._hash

    def __reduce__(self) -> tuple[type[Map[K, V]], tuple[dict[K, V]]]:
        return Map, (dict(self),)

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("a Map does not change: use put or without")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse


class VirtualDentry(NamedTuple):
    """A place: a dentry as seen through a mount."""

    mount: MountId
    dentry: DentryId


class Inode(NamedTuple):
    kind: Kind
    content: bytes | str = b""  # a file's bytes, a symlink's target, b"" for a directory


class Dentry(NamedTuple):
    """A name. Invariant dead-are-empty: nothing has a dead dentry as live parent; a dead one keeps parent and name."""

    parent: DentryId | None  # None: the root of its filesystem
    name: str
    inode: InodeId
    dead: bool = False


class Mount(NamedTuple):
    """Invariant connected-pair: ``point`` is None exactly if the mount is a namespace's root or was disconnected."""

    filesystem: str  # the label given when the filesystem was made; a bind mount shares it
    root: DentryId
    point: VirtualDentry | None
    namespace: str | None  # None once that namespace has been released
    umounted: bool = False
    read_only: bool = False


class Namespace(NamedTuple):
    root: MountId
    references: int = 1


class Handle(NamedTuple):
    """What a caller holds and what pins a mount: a file description, or a bare walk result (``access`` empty)."""

    at: VirtualDentry
    access: str = ""  # letters "r" and "w"; a "w" is one writer on the mount
    offset: int = 0
    writes: int = 0  # outstanding begin_write on the mount through this handle


class State(NamedTuple):
    namespaces: Map[str, Namespace] = Map()
    mounts: Map[MountId, Mount] = Map()
    dentries: Map[DentryId, Dentry] = Map()
    inodes: Map[InodeId, Inode] = Map()
    entries: Map[tuple[DentryId, str], DentryId] = Map()  # directory contents: (parent, name) to a live child
    handles: Map[HandleName, Handle] = Map()


def unused(taken: Map[K, V]) -> int:
    """The smallest id that is not a key."""
    return next(n for n in range(len(taken) + 1) if n not in taken)
