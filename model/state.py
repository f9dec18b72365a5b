"""The state: namespaces, mounts, dentries, inodes and handles, as tuples of tuples; its elementary changes; walks in it.

A mount's, dentry's or inode's id is its position. What can be derived is not stored: entries and nlink are found among the
dentries, a mount's writers among the handles, and a mount is umounted if it does not hang from a namespace's root. References are
not counted but followed: a namespace holds what hangs from its root, a handle its mount, a connected mount its parent. So a mount
left below a deleted mount point goes with the last handle inside it. During a step tables only grow; ``tidy``, at its end,
forgets what nothing holds and numbers the rest, whatever the order it was made in.

A walk happens at one instant and changes nothing. A final slash demands a directory; it does not make a final symlink followed.

Source: facts 1.8 (gVisor ``resolving_path.go``), 2.2 (era E1: umountRecursiveLocked, forgetDeadMountpoint, decRef), 2.4, 2.6.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Literal, NamedTuple, NewType, TypeVar

from model.operations import HandleName

MountId = NewType("MountId", int)
DentryId = NewType("DentryId", int)
InodeId = NewType("InodeId", int)
Named = TypeVar("Named", "Namespace", "Handle")
SPECIAL = ("", ".", "..")  # what is no name


# fmt: off
class Refused(Exception): ...  # an operation fails; the errno's name is its text. ``step`` turns it into a result
class VirtualDentry(NamedTuple): mount: MountId; dentry: DentryId  # a place: a dentry as seen through a mount
class Inode(NamedTuple): kind: Literal["directory", "file", "symlink"]; content: bytes = b""  # a symlink's target is its content
class Namespace(NamedTuple): name: str; root: MountId; references: int = 1

class Dentry(NamedTuple):  # a name. Invariant dead-are-empty: no live dentry has a dead parent
    parent: DentryId  # itself for the root of its filesystem; stays when it dies
    name: str; inode: InodeId; dead: bool = False

class Mount(NamedTuple):
    filesystem: str; root: DentryId  # the label given when the filesystem was made; a bind mount shares it
    point: VirtualDentry | None = None  # None for a namespace's root and for what was disconnected
    namespace: str | None = None  # where it is or was mounted, and where its point is busy; None once that was released
    read_only: bool = False

class Handle(NamedTuple):  # what a caller holds and what pins a mount: a file description, or a walk result (``access`` empty)
    name: HandleName; at: VirtualDentry
    access: str = ""  # letters "r" and "w"; a "w" is one writer on the mount
    offset: int = 0; writes: int = 0  # where reads and writes go on; outstanding begin_writes on the mount through this handle
# fmt: on


def refuse(**errors: object) -> None:
    """Refuse with the first errno whose condition holds."""
    for errno_name, condition in errors.items():
        if condition:
            raise Refused(errno_name)


def named(rows: tuple[Named, ...], name: HandleName, errno_name: str) -> Named:
    """The row of this name; ``errno_name`` if there is none."""
    refuse(**{errno_name: name not in {row.name for row in rows}})
    return next(row for row in rows if row.name == name)


class State(NamedTuple):
    namespaces: tuple[Namespace, ...] = ()
    mounts: tuple[Mount, ...] = ()
    dentries: tuple[Dentry, ...] = ()
    inodes: tuple[Inode, ...] = ()
    handles: tuple[Handle, ...] = ()

    # fmt: off
    def inode(self, dentry: DentryId) -> Inode: return self.inodes[self.dentries[dentry].inode]
    def is_directory(self, dentry: DentryId) -> bool: return self.inode(dentry).kind == "directory"
    def root_of(self, mount: MountId) -> VirtualDentry: return VirtualDentry(mount, self.mounts[mount].root)
    # fmt: on

    def children(self, directory: DentryId) -> dict[str, DentryId]:
        return {d.name: DentryId(k) for k, d in enumerate(self.dentries) if d.parent == directory != k and not d.dead}

    def tree(self, root: DentryId) -> list[DentryId]:
        """``root`` and what has a name below it, by path."""
        return [root, *(each for _, child in sorted(self.children(root).items()) for each in self.tree(child))]

    def ancestry(self, dentry: DentryId) -> list[DentryId]:
        """From the root of its filesystem down to ``dentry``."""
        parent = self.dentries[dentry].parent
        return [dentry] if parent == dentry else [*self.ancestry(parent), dentry]

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

    def delete(self, dentry: DentryId, *, directory: bool, busy: bool) -> State:
        """Take the name out of its directory, and disconnect whatever other namespaces have mounted on it."""
        found = self.is_directory(dentry)
        refuse(ENOTDIR=directory and not found, EISDIR=found and not directory, ENOTEMPTY=self.children(dentry), EBUSY=busy)
        return self.change("dentries", dentry, dead=True).disconnect(self.mounted_on(dentry))

    def add_file(self, inode: Inode, *, parent: DentryId, name: str) -> State:
        """A new inode with its first dentry."""
        dentry = Dentry(parent, name, InodeId(len(self.inodes)))
        return self._replace(inodes=(*self.inodes, inode), dentries=(*self.dentries, dentry))

    def add_filesystem(self, label: str, **fields: Any) -> tuple[State, Mount]:
        """An empty memfs, with a mount of it for the table."""
        root = DentryId(len(self.dentries))
        return self.add_file(Inode("directory"), parent=root, name=""), Mount(label, root, **fields)

    def walk(self, namespace: str, path: str, start: HandleName | None) -> Walk:
        """The beginning of one. ESRCH no such namespace; ENOENT an empty path; EBADF a relative path from an unknown handle."""
        at = root = self.root_of(named(self.namespaces, namespace, "ESRCH").root)
        refuse(ENOENT=not path)
        if start is not None and path[0] != "/":
            at = named(self.handles, start, "EBADF").at
        return Walk(self, root, at).enter(path)

    def tidy(self) -> State:
        """Forget what nothing holds; number the rest from namespaces and handles by name, and trees from their roots."""

        def numbered(ids: Iterable[Any]) -> dict[Any, Any]:
            return {old: new for new, old in enumerate(dict.fromkeys(ids))}  # in the order met

        namespaces, handles = sorted(self.namespaces), sorted(self.handles, key=lambda handle: str(handle.name))
        hung, held = [self.subtree(each.root) for each in namespaces], [self.upward(each.at.mount) for each in handles]
        mounts = numbered(mount for group in (*hung, *held) for mount in group)
        places = [*(self.mounts[mount].root for mount in mounts), *(each.at.dentry for each in handles)]
        dentries = numbered(d for line in map(self.ancestry, places) for d in (*self.tree(line[0]), *line))
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


class Walk(NamedTuple):  # under way: ``at`` is reached, ``rest`` is still to do
    state: State
    root: VirtualDentry
    at: VirtualDentry
    rest: tuple[str, ...] = ()
    must_be_directory: bool = False
    symlinks: int = 0

    @property
    def name(self) -> str:  # what comes next, "" if nothing
        return self.rest[0] if self.rest else ""

    @property
    def child(self) -> DentryId | None:  # what has this name here, itself and not what is mounted on it
        return self.state.children(self.at.dentry).get(self.name)

    def existing(self) -> DentryId:
        refuse(ENOENT=self.child is None)
        return self.state.children(self.at.dentry)[self.name]

    def enter(self, path: str) -> Walk:
        """With ``path`` before the rest; its trailing slash counts if there is no rest."""
        slash = self.must_be_directory or (path[-1] == "/" and not self.rest)
        rest = (*filter(None, path.split("/")), *self.rest)
        return self._replace(at=self.root if path[0] == "/" else self.at, rest=rest, must_be_directory=slash)

    def advance(self, *, follow_final: bool) -> Walk:
        """Consume one component: ENOTDIR not in a directory; ENOENT no such name; ELOOP the 41st symlink."""
        refuse(ENOTDIR=not self.state.is_directory(self.at.dentry))
        after = self._replace(rest=self.rest[1:])
        if self.name in SPECIAL:
            return after._replace(at=self.at if self.name == "." else self.parent(self.at))
        found = self.state.follow(self.at._replace(dentry=self.existing()))
        kind, target = self.state.inode(found.dentry)
        if kind != "symlink" or not (after.rest or follow_final):
            return after._replace(at=found)
        refuse(ELOOP=self.symlinks == 40)
        return after._replace(symlinks=self.symlinks + 1).enter(target.decode())

    def parent(self, at: VirtualDentry) -> VirtualDentry:
        """For "..": from mount roots to their points, never above the root or a detached mount; then up; then follow."""
        point, mount_root = self.state.mounts[at.mount].point, self.state.root_of(at.mount)
        if at == mount_root != self.root and point:
            return self.parent(point)
        above = at if at in (self.root, mount_root) else at._replace(dentry=self.state.dentries[at.dentry].parent)
        return self.state.follow(above)

    def to_last(self, *, follow_final: bool = False) -> Walk:
        """Stop in the directory that the last component is to be looked up in; where a final symlink's target is, if followed."""
        symlink = self.child is not None and self.state.inode(self.child).kind == "symlink" and not self.must_be_directory
        if len(self.rest) > 1 or (symlink and follow_final):
            return self.advance(follow_final=True).to_last(follow_final=follow_final)
        refuse(ENOTDIR=not self.state.is_directory(self.at.dentry))
        return self

    def to_end(self, *, follow_final: bool = True) -> VirtualDentry:
        if self.rest:
            return self.advance(follow_final=follow_final).to_end(follow_final=follow_final)
        refuse(ENOTDIR=self.must_be_directory and not self.state.is_directory(self.at.dentry))
        return self.at
