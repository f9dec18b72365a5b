"""The state: namespaces, mounts, dentries, inodes and handles, as tuples of tuples, and its elementary changes.

A mount's, dentry's or inode's id is its position. What can be derived is not stored: entries and nlink are found among the
dentries, a mount's writers among the handles. References are not counted but followed: a namespace holds its attached mounts, a
handle its mount, a connected mount its parent. So a mount below a lazily detached one goes with the last handle inside it. During a
step tables only grow; ``tidy``, at its end, forgets what nothing holds and numbers the rest, whatever the order it was made in.

Source: facts 2.2 (era E1: umountRecursiveLocked, forgetDeadMountpoint, decRef), 2.4, 2.6; Linux ``__detach_mounts``.
"""

# ruff: noqa: D101, D102, D103 - where there is no docstring, the name and the types say it all

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal, NamedTuple, NewType, TypeVar

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


class VirtualDentry(NamedTuple):  # a place: a dentry as seen through a mount
    mount: MountId
    dentry: DentryId


class Inode(NamedTuple):
    kind: Kind
    content: bytes = b""  # a file's bytes, a symlink's target, b"" for a directory


class Dentry(NamedTuple):  # a name. Invariant dead-are-empty: no live dentry has a dead parent. Dead ones keep parent and name
    parent: DentryId | None  # None: the root of its filesystem
    name: str
    inode: InodeId
    dead: bool = False


class Mount(NamedTuple):  # invariant connected-pair: ``point`` is None exactly for a namespace's root and what was disconnected
    filesystem: str  # the label given when the filesystem was made; a bind mount shares it
    root: DentryId
    point: VirtualDentry | None = None
    namespace: str | None = None  # None once that namespace has been released
    umounted: bool = False
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


Row = TypeVar("Row")
Named = TypeVar("Named", Namespace, Handle)


def changed(rows: tuple[Row, ...], position: int, **fields: Any) -> tuple[Row, ...]:
    row: Any = rows[position]
    return (*rows[:position], row._replace(**fields), *rows[position + 1 :])


def without(rows: tuple[Named, ...], name: HandleName) -> tuple[Named, ...]:
    return tuple(row for row in rows if row.name != name)


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

    def inode(self, dentry: DentryId) -> Inode:
        return self.inodes[self.dentries[dentry].inode]

    def is_directory(self, dentry: DentryId) -> bool:
        return self.inode(dentry).kind == "directory"

    def children(self, directory: DentryId) -> dict[str, DentryId]:
        return {d.name: DentryId(k) for k, d in enumerate(self.dentries) if d.parent == directory and not d.dead}

    def ancestry(self, dentry: DentryId) -> list[DentryId]:
        """``dentry``, its parent, and so on up to the root of its filesystem."""
        parent = self.dentries[dentry].parent
        return [dentry] if parent is None else [dentry, *self.ancestry(parent)]

    def mounted_on(self, *dentries: DentryId) -> list[MountId]:
        return [MountId(k) for k, mount in enumerate(self.mounts) if mount.point and mount.point.dentry in dentries]

    def is_mountpoint(self, namespace: str, *dentries: DentryId) -> bool:
        return namespace in {self.mounts[mount].namespace for mount in self.mounted_on(*dentries)}

    def descendants(self, mount: MountId) -> list[MountId]:
        """The mounts connected below ``mount``, parents first."""
        below = [MountId(k) for k, each in enumerate(self.mounts) if each.point and each.point.mount == mount]
        return [each for child in below for each in (child, *self.descendants(child))]

    def detach(self, roots: Collection[MountId], *, disconnect_hierarchy: bool) -> State:
        """Umount ``roots`` and all below them; what is below stays connected unless ``disconnect_hierarchy``."""
        mounts = self.mounts
        for mount in [each for root in roots for each in (root, *self.descendants(root))]:
            point = None if mount in roots or disconnect_hierarchy else self.mounts[mount].point
            mounts = changed(mounts, mount, umounted=True, point=point)
        return self._replace(mounts=mounts)

    def delete(self, dentry: DentryId) -> State:
        """Take the name out of its directory, and detach whatever other namespaces have mounted on it."""
        dead = self._replace(dentries=changed(self.dentries, dentry, dead=True))
        return dead.detach(self.mounted_on(dentry), disconnect_hierarchy=False)

    def release(self, namespace: Namespace) -> State:
        """Detach everything; the name may be used again, and what is left of its mounts belongs to no namespace."""
        state = self.detach([namespace.root], disconnect_hierarchy=True)
        disowned = (mount._replace(namespace=None) if mount.namespace == namespace.name else mount for mount in state.mounts)
        return state._replace(mounts=tuple(disowned), namespaces=without(self.namespaces, namespace.name))

    def clone(self, root: MountId, name: str) -> State:
        """A namespace with a copy of the attached tree under ``root``."""
        originals = (root, *self.descendants(root))
        copies = {original: MountId(len(self.mounts) + k) for k, original in enumerate(originals)}
        mounts = list(self.mounts)
        for mount in (self.mounts[original] for original in originals):
            point = mount.point and mount.point._replace(mount=copies[mount.point.mount])
            mounts.append(mount._replace(point=point, namespace=name))
        return self._replace(mounts=tuple(mounts), namespaces=(*self.namespaces, Namespace(name, copies[root])))

    def tidy(self) -> State:
        """Forget what nothing holds. Number the rest as it is met: namespaces and handles by name, trees from their roots."""
        namespaces, handles = sorted(self.namespaces), sorted(self.handles, key=lambda handle: str(handle.name))
        mounts, dentries, inodes = dict[MountId, MountId](), dict[DentryId | None, DentryId](), dict[InodeId, InodeId]()

        def meet(dentry: DentryId) -> None:
            parent = self.dentries[dentry].parent
            if parent is not None and parent not in dentries:
                meet(parent)
            if dentry not in dentries:
                dentries[dentry] = DentryId(len(dentries))
                inodes.setdefault(self.dentries[dentry].inode, InodeId(len(inodes)))
                for _, child in sorted(self.children(dentry).items()):
                    meet(child)

        def meet_mount(mount: MountId) -> None:
            if mount not in mounts:
                mounts[mount] = MountId(len(mounts))
                meet(self.mounts[mount].root)
                if point := self.mounts[mount].point:
                    meet_mount(point.mount)
                attached = [(each.point, MountId(k)) for k, each in enumerate(self.mounts) if not each.umounted]
                for _, child in sorted((dentries[p.dentry], child) for p, child in attached if p and p.mount == mount):
                    meet_mount(child)

        def at(place: VirtualDentry) -> VirtualDentry:
            return VirtualDentry(mounts[place.mount], dentries[place.dentry])

        for root in (namespace.root for namespace in namespaces):
            meet_mount(root)
        for handle in handles:
            meet_mount(handle.at.mount)
            meet(handle.at.dentry)
        kept_mounts, kept_dentries = (self.mounts[m] for m in mounts), (self.dentries[d] for d in dentries if d is not None)
        return State(
            tuple(each._replace(root=mounts[each.root]) for each in namespaces),
            tuple(each._replace(root=dentries[each.root], point=each.point and at(each.point)) for each in kept_mounts),
            tuple(each._replace(parent=dentries.get(each.parent), inode=inodes[each.inode]) for each in kept_dentries),
            tuple(self.inodes[inode] for inode in inodes),
            tuple(each._replace(at=at(each.at)) for each in handles),
        )
