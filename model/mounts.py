"""The mount tree: connect, detach, what makes a mount busy, and what is forgotten when nothing holds it.

References are not counted but found: an attached mount is held by its namespace, any mount by the handles in it and by
the mounts connected to it. Hence a descendant of a lazily detached mount goes when the last handle inside it goes.

Source: facts 2.2 (era E1: umountRecursiveLocked, forgetDeadMountpoint, decRef), 2.4, 2.6.
"""

# ruff: noqa: D103 - where there is no docstring, the name and the types say it all

from collections.abc import Collection

from model.state import DentryId, Map, Mount, MountId, State, VirtualDentry, refuse_if, unused
from model.tree import ancestry, kill


def connect(state: State, mount: Mount) -> tuple[State, MountId]:
    mount_id = MountId(unused(state.mounts))
    return state._replace(mounts=state.mounts.put(mount_id, mount)), mount_id


def descendants(state: State, mount: MountId) -> list[MountId]:
    """The mounts connected below ``mount``, parents first."""
    below = sorted(m for m, record in state.mounts.items() if record.point and record.point.mount == mount)
    return [m for child in below for m in (child, *descendants(state, child))]


def detach(state: State, roots: Collection[MountId], *, disconnect_hierarchy: bool) -> State:
    """Umount ``roots`` and all below them; what is below stays connected unless ``disconnect_hierarchy``."""
    mounts = state.mounts
    for each in (mount for root in roots for mount in (root, *descendants(state, root))):
        if not state.mounts[each].umounted:
            point = None if each in roots or disconnect_hierarchy else state.mounts[each].point
            mounts = mounts.put(each, state.mounts[each]._replace(umounted=True, point=point))
    return collect(state._replace(mounts=mounts))


def check_deletable(state: State, namespace: str, dentry: DentryId) -> None:
    """EBUSY: the dentry is a mount point in the caller's namespace."""
    on_it = [mount for mount in state.mounts.values() if mount.point and mount.point.dentry == dentry]
    refuse_if(any(mount.namespace == namespace for mount in on_it), "EBUSY")


def delete(state: State, dentry: DentryId) -> State:
    """Drop the name and detach whatever other namespaces have mounted on it."""
    on_it = [m for m, mount in state.mounts.items() if mount.point and mount.point.dentry == dentry]
    return detach(kill(state, dentry), on_it, disconnect_hierarchy=False)


def check_mountable(state: State, at: VirtualDentry) -> VirtualDentry:
    """ENOENT: nothing is mounted on a dead dentry or in a detached mount."""
    refuse_if(state.dentries[at.dentry].dead or state.mounts[at.mount].umounted, "ENOENT")
    return at


def is_attached_in(state: State, mount: MountId, namespace: str) -> bool:
    return state.mounts[mount].namespace == namespace and not state.mounts[mount].umounted


def has_writers(state: State, mount: MountId) -> bool:
    return any(h.at.mount == mount and (h.writes or "w" in h.access) for h in state.handles.values())


def is_busy(state: State, mount: MountId) -> bool:
    return bool(descendants(state, mount)) or any(h.at.mount == mount for h in state.handles.values())


def disown(state: State, namespace: str) -> State:
    """A released namespace's name may be used again; what is left of its mounts belongs to no namespace."""
    left = {m: mount._replace(namespace=None) for m, mount in state.mounts.items() if mount.namespace == namespace}
    return state._replace(mounts=Map({**state.mounts, **left}))


def clone(state: State, source: MountId, namespace: str) -> tuple[State, MountId]:
    """Copy the attached tree under ``source``; answers the copy of ``source``."""
    copies: dict[MountId, MountId] = {}
    for each in (source, *descendants(state, source)):
        mount = state.mounts[each]
        point = mount.point and VirtualDentry(copies[mount.point.mount], mount.point.dentry)
        state, copies[each] = connect(state, mount._replace(point=point, namespace=namespace))
    return state, copies[source]


def collect(state: State) -> State:
    """Forget the mounts, filesystems, dentries and inodes that nothing holds."""
    kept: set[MountId] = set()
    attached = [mount_id for mount_id, mount in state.mounts.items() if not mount.umounted]
    for holder in (*attached, *(handle.at.mount for handle in state.handles.values())):
        held: MountId | None = holder
        while held is not None and held not in kept:
            kept.add(held)
            held = point.mount if (point := state.mounts[held].point) else None
    mounts = state.mounts.without(*(state.mounts.keys() - kept))
    pins = {mount.root for mount in mounts.values()} | {handle.at.dentry for handle in state.handles.values()}
    lines = {dentry for pin in pins for dentry in ancestry(state, pin)}
    gone = [d for d, r in state.dentries.items() if d not in lines and (r.dead or ancestry(state, d)[-1] not in lines)]
    dentries = state.dentries.without(*gone)
    inodes = state.inodes.without(*(state.inodes.keys() - {dentry.inode for dentry in dentries.values()}))
    entries = state.entries.without(*(entry for entry, child in state.entries.items() if child not in dentries))
    return state._replace(mounts=mounts, dentries=dentries, inodes=inodes, entries=entries)
