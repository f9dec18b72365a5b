"""The state: namespaces, mounts, dentries, inodes and handles, as tuples of tuples, and its elementary changes.

A mount's, dentry's or inode's id is its position. What can be derived is not stored: entries and nlink are found among the
dentries, a mount's writers among the handles, and a mount is umounted if it does not hang from a namespace's root. References are
not counted but followed: a namespace holds what hangs from its root, a handle its mount, a connected mount its parent. So a mount
left below a deleted mount point goes with the last handle inside it. During a step tables only grow; ``tidy``, at its end,
forgets what nothing holds and numbers the rest, whatever the order it was made in.

Source: facts 2.2 (era E1: umountRecursiveLocked, forgetDeadMountpoint, decRef), 2.4, 2.6; Linux ``__detach_mounts``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Literal, NamedTuple, NewType, TypeVar, cast

MountId = NewType("MountId", int)
DentryId = NewType("DentryId", int)
InodeId = NewType("InodeId", int)
HandleName = str | int
Kind = Literal["directory", "file", "symlink"]


class Refused(Exception):
    """An operation fails; the errno's name is its text. Internal: ``step`` turns it into a result."""


def refuse(**errors: object) -> None:
    """Refuse with the first errno whose condition holds."""
    for errno_name, condition in errors.items():
        if condition:
            raise Refused(errno_name)


# fmt: off
class VirtualDentry(NamedTuple):  # a place: a dentry as seen through a mount
    mount: MountId
    dentry: DentryId

class Inode(NamedTuple):
    kind: Kind
    content: bytes = b""  # a file's bytes, a symlink's target, b"" for a directory

class Dentry(NamedTuple):  # a name. Invariant dead-are-empty: no live dentry has a dead parent
    parent: DentryId  # itself for the root of its filesystem; stays when it dies
    name: str
    inode: InodeId
    dead: bool = False

class Mount(NamedTuple):
    filesystem: str  # the label given when the filesystem was made; a bind mount shares it
    root: DentryId
    point: VirtualDentry | None = None  # None for a namespace's root and for what was disconnected
    namespace: str | None = None  # where it is or was mounted, and where its point is busy; None once that was released
    read_only: bool = False

class Namespace(NamedTuple):
    name: str
    root: MountId
    references: int = 1

class Handle(NamedTuple):  # what a caller holds and what pins a mount: a file description, or a walk result (``access`` empty)
    name: HandleName
    at: VirtualDentry
    access: str = ""  # letters "r" and "w"; a "w" is one writer on the mount
    offset: int = 0
    writes: int = 0  # outstanding begin_write on the mount through this handle
# fmt: on

Named = TypeVar("Named", Namespace, Handle)
Id = TypeVar("Id", bound=int)


def named(rows: tuple[Named, ...], name: HandleName, errno_name: str) -> Named:
    """The row of this name; ``errno_name`` if there is none."""
    refuse(**{errno_name: name not in {row.name for row in rows}})
    return next(row for row in rows if row.name == name)


def numbered(ids: Iterable[Id]) -> dict[Id, Id]:
    """Each with its new number, in the order met."""
    return {old: cast("Id", new) for new, old in enumerate(dict.fromkeys(ids))}


class State(NamedTuple):
    namespaces: tuple[Namespace, ...] = ()
    mounts: tuple[Mount, ...] = ()
    dentries: tuple[Dentry, ...] = ()
    inodes: tuple[Inode, ...] = ()
    handles: tuple[Handle, ...] = ()

    def inode(self, dentry: DentryId) -> Inode:
        return self.inodes[self.dentries[dentry].inode]

    def is_directory(self, dentry: DentryId) -> bool:
        return self.inode(dentry).kind == "directory"

    def children(self, directory: DentryId) -> dict[str, DentryId]:
        return {d.name: DentryId(k) for k, d in enumerate(self.dentries) if d.parent == directory != k and not d.dead}

    def tree(self, root: DentryId) -> list[DentryId]:
        """``root`` and what has a name below it, by path."""
        return [root, *(each for _, child in sorted(self.children(root).items()) for each in self.tree(child))]

    def ancestry(self, dentry: DentryId) -> list[DentryId]:
        """From the root of its filesystem down to ``dentry``."""
        parent = self.dentries[dentry].parent
        return [dentry] if parent == dentry else [*self.ancestry(parent), dentry]

    def root_of(self, mount: MountId) -> VirtualDentry:
        return VirtualDentry(mount, self.mounts[mount].root)

    def follow(self, at: VirtualDentry) -> VirtualDentry:
        """Climb to the top of the mounts stacked on ``at``. A mount stays connected in its detached parent."""
        above = [MountId(k) for k, mount in enumerate(self.mounts) if mount.point == at]
        return self.follow(self.root_of(above[0])) if above else at

    def mounted_on(self, *dentries: DentryId) -> list[MountId]:
        return [MountId(k) for k, mount in enumerate(self.mounts) if mount.point and mount.point.dentry in dentries]

    def is_mountpoint(self, namespace: str, *dentries: DentryId) -> bool:
        return namespace in {self.mounts[mount].namespace for mount in self.mounted_on(*dentries)}

    def upward(self, mount: MountId) -> list[MountId]:
        """``mount``, the mount it is on, and so on."""
        point = self.mounts[mount].point
        return [mount, *self.upward(point.mount)] if point else [mount]

    def namespace_of(self, mount: MountId) -> str | None:
        """Where it is mounted; None if it was umounted."""
        return {namespace.root: namespace.name for namespace in self.namespaces}.get(self.upward(mount)[-1])

    def subtree(self, mount: MountId) -> list[MountId]:
        """``mount`` and those connected below it, parents first, by the paths of their points."""
        points = [(each.point, MountId(k)) for k, each in enumerate(self.mounts)]
        below = [([self.dentries[d].name for d in self.ancestry(at.dentry)], k) for at, k in points if at and at.mount == mount]
        return [mount, *(each for _, child in sorted(below) for each in self.subtree(child))]

    def change(self, table: Literal["mounts", "dentries", "inodes"], position: int, **fields: Any) -> State:
        rows = getattr(self, table)
        return self._replace(**{table: (*rows[:position], rows[position]._replace(**fields), *rows[position + 1 :])})

    def drop(self, table: Literal["namespaces", "handles"], name: HandleName) -> State:
        return self._replace(**{table: tuple(row for row in getattr(self, table) if row.name != name)})

    def put(self, table: Literal["namespaces", "handles"], row: Namespace | Handle) -> State:
        """With ``row`` instead of the one of its name, if there is one."""
        return self._replace(**{table: (*getattr(self.drop(table, row.name), table), row)})

    def disconnect(self, mounts: Collection[MountId]) -> State:
        """Take ``mounts`` off their points. They are umounted by it, and so is what stays connected to them."""
        left = (mount._replace(point=None) if k in mounts else mount for k, mount in enumerate(self.mounts))
        return self._replace(mounts=tuple(left))

    def delete(self, dentry: DentryId) -> State:
        """Take the name out of its directory, and disconnect whatever other namespaces have mounted on it."""
        return self.change("dentries", dentry, dead=True).disconnect(self.mounted_on(dentry))

    def add_file(self, inode: Inode, *, parent: DentryId | None = None, name: str = "") -> tuple[State, DentryId]:
        """A new inode with its first dentry, by default the root of a new filesystem."""
        new = DentryId(len(self.dentries))
        dentry = Dentry(new if parent is None else parent, name, InodeId(len(self.inodes)))
        return self._replace(inodes=(*self.inodes, inode), dentries=(*self.dentries, dentry)), new

    def write(self, at: VirtualDentry, content: bytes) -> State:
        return self.change("inodes", self.dentries[at.dentry].inode, content=content)

    def copies(self, root: MountId, namespace: str) -> list[Mount]:
        """The tree under ``root`` once more, for the end of the table."""
        new = {old: MountId(len(self.mounts) + k) for k, old in enumerate(self.subtree(root))}
        points = {old: point and point._replace(mount=new[point.mount]) for old in new for point in [self.mounts[old].point]}
        return [self.mounts[old]._replace(point=points[old], namespace=namespace) for old in new]

    def tidy(self) -> State:
        """Forget what nothing holds; number the rest from namespaces and handles by name, and trees from their roots."""
        namespaces, handles = sorted(self.namespaces), sorted(self.handles, key=lambda handle: str(handle.name))
        hung, held = [self.subtree(each.root) for each in namespaces], [self.upward(each.at.mount) for each in handles]
        mounts = numbered(mount for group in (*hung, *held) for mount in group)
        places = [*(self.mounts[mount].root for mount in mounts), *(each.at.dentry for each in handles)]
        lines = [self.ancestry(dentry) for dentry in places]
        dentries = numbered(dentry for line in lines for dentry in (*self.tree(line[0]), *line))
        inodes = numbered(self.dentries[dentry].inode for dentry in dentries)

        def at(place: VirtualDentry) -> VirtualDentry:
            return VirtualDentry(mounts[place.mount], dentries[place.dentry])

        def kept(mount: Mount) -> Mount:
            namespace = mount.namespace if mount.namespace in {each.name for each in namespaces} else None
            return mount._replace(root=dentries[mount.root], point=mount.point and at(mount.point), namespace=namespace)

        return State(
            tuple(each._replace(root=mounts[each.root]) for each in namespaces),
            tuple(kept(self.mounts[mount]) for mount in mounts),
            tuple(d._replace(parent=dentries[d.parent], inode=inodes[d.inode]) for d in map(self.dentries.__getitem__, dentries)),
            tuple(self.inodes[inode] for inode in inodes),
            tuple(each._replace(at=at(each.at)) for each in handles),
        )
