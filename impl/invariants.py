"""The invariants named in the comments of ``impl``, checked.

Meant for quiet moments: no operation under way, or at least ``mount_mu`` free and nobody counting on
references. Each violation names the invariant, so that a tool can match it.

Reads many cells in many steps; never call it from a thread that is being explored, only from final checks and tests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from impl.dentry import Dentry
from impl.errors import InvariantError
from impl.mount import Mount
from impl.namespace import MountNamespace
from impl.sync import INT64_MAX, AtomicInt64
from impl.vfs_state import VfsState


class Counted(Protocol):
    """Anything with a reference count."""

    refs: AtomicInt64


def _require(condition: object, invariant: str, message: str) -> None:
    if not condition:
        raise InvariantError(invariant, message)


def check_invariants(
    vfs: VfsState,
    *,
    namespaces: Iterable[MountNamespace] = (),
    mounts: Iterable[Mount] = (),
    handles: Sequence[Mount] | None = None,
    deleting: bool = False,
) -> None:
    """Check every invariant of the mount layer that can be seen from here.

    Args:
        vfs: Whose mounts to check. ``mount_mu`` is free.
        namespaces: Those whose root mounts and counters are to be checked too.
        mounts: Further mounts to check, such as umounted ones; those in the table are known.
        handles: The mounts on which references are held from outside (open files, roots, walks), one element for each
            reference. With it reference counts are compared exactly, without it they are compared from below.
        deleting: A deletion may be under way, whose directory is dead before the mounts on it are detached.

    Raises:
        InvariantError: Naming the invariant that does not hold.
    """
    spaces = tuple(namespaces)
    connected = vfs.mounts.entries()
    known = tuple(dict.fromkeys((*connected, *(ns.root_mount for ns in spaces), *mounts)))
    _check_table(vfs, connected)
    _check_points(vfs, connected)
    _check_namespaces(connected, spaces)
    for mount in known:
        _check_mount(mount, connected)
        if not deleting:
            _check_point_alive(mount)
        _check_refs(mount, spaces, handles)
    for mount in connected:
        _check_tree(mount)


def _check_table(vfs: VfsState, connected: tuple[Mount, ...]) -> None:
    """table-size, table-entry, key-pair: every connected mount is found under its key, and nothing else is there."""
    _require(len(vfs.mounts) == len(connected), "table-size", f"size says {len(vfs.mounts)}, entries are {connected!r}")
    for mount in connected:
        parent, point = mount.parent.load(), mount.point.load()
        _require(parent and point, "key-pair", f"{mount!r} is in the table with key ({parent!r}, {point!r})")
        if parent is not None and point is not None:
            found = vfs.mounts.lookup(parent, point)
            _require(found is mount, "table-entry", f"({parent!r}, {point!r}) leads to {found!r}, expected {mount!r}")


def _check_points(vfs: VfsState, connected: tuple[Mount, ...]) -> None:
    """mounts-counted, vfs-mountpoints: by dentry, the counter and the set agree with the keys."""
    by_point: dict[Dentry, set[Mount]] = {}
    for mount in connected:
        point = mount.point.load()
        if point is not None:
            by_point.setdefault(point, set()).add(mount)
    noted = dict(vfs.mountpoints.items())
    for point in {**by_point, **noted}:
        expected = by_point.get(point, set())
        seen = noted.get(point, ())
        _require(set(seen) == expected and len(seen) == len(expected), "vfs-mountpoints", f"{point!r} has {seen!r}")
        count = point.mounts.load()
        _require(count == len(expected), "mounts-counted", f"{point!r}.mounts is {count}, expected {len(expected)}")


def _check_namespaces(connected: tuple[Mount, ...], namespaces: tuple[MountNamespace, ...]) -> None:
    """ns-mountpoints: each namespace counts its mounts by dentry."""
    for ns in namespaces:
        expected = Counter(mount.point.load() for mount in connected if mount.ns.read() is ns)
        seen = dict(ns.mountpoints.items())
        _require(seen == expected, "ns-mountpoints", f"{ns!r} counts {seen!r}, expected {dict(expected)!r}")


def _check_mount(mount: Mount, connected: tuple[Mount, ...]) -> None:
    """key-pair, children-parent, read-only-no-writers: what one mount says of itself."""
    parent, point = mount.parent.load(), mount.point.load()
    _require((parent is None) == (point is None), "key-pair", f"{mount!r} has key ({parent!r}, {point!r})")
    in_table = mount in connected
    _require((parent is not None) == in_table, "table-entry", f"{mount!r} has parent {parent!r}; in the table: {in_table}")
    if parent is not None:
        _require(mount in parent.children, "children-parent", f"{mount!r} is not a child of its parent {parent!r}")
    for child in mount.children.members():
        of = child.parent.load()
        _require(of is mount, "children-parent", f"{child!r} is a child of {mount!r}, its parent is {of!r}")
    writers = mount.writers.load()
    _require(writers >= 0 or writers & INT64_MAX == 0, "read-only-no-writers", f"{mount!r} is read-only with writers")


def _check_point_alive(mount: Mount) -> None:
    """dead-not-mounted: what is mounted is mounted on a directory that was not deleted."""
    point = mount.point.load()
    dead = point is not None and point.is_disowned() and not mount.umounted.read()
    _require(not dead, "dead-not-mounted", f"{mount!r} is mounted on {point!r}, which was deleted")


def _check_refs(mount: Mount, namespaces: tuple[MountNamespace, ...], handles: Sequence[Mount] | None) -> None:
    """mount-refs: the VFS's reference, the children's, and those from outside add up."""
    seen = mount.refs.load() & INT64_MAX
    connected = mount.parent.load() is not None or any(mount is ns.root_mount for ns in namespaces)
    owned = int(connected and not mount.umounted.read()) + len(mount.children)
    if handles is None:
        _require(seen >= owned, "mount-refs", f"{mount!r} has {seen} references, expected at least {owned}")
    else:
        expected = owned + sum(1 for held in handles if held is mount)
        _require(seen == expected, "mount-refs", f"{mount!r} has {seen} references, expected {expected}")


def _check_tree(mount: Mount) -> None:
    """tree: parents are acyclic, and those of a mount that is not umounted lead to its namespace's root."""
    seen = {mount: None}  # in order
    top = mount
    while (parent := top.parent.load()) is not None:
        if parent in seen:
            raise InvariantError("tree", f"the parents of {mount!r} form a cycle: {[*seen, parent]!r}")
        seen[parent] = None
        top = parent
    if not mount.umounted.read():
        ns = mount.ns.read()
        root = ns.root_mount if ns is not None else None
        _require(top is root, "tree", f"{mount!r} of {ns!r} hangs from {top!r}, expected {root!r}")


def check_released(*objects: Counted) -> None:
    """Check that nothing holds a reference on any of these and no such mount is connected (invariant ``released``).

    Raises:
        InvariantError: Naming the first object with references left.
    """
    for item in objects:
        count = item.refs.load() & INT64_MAX
        _require(count == 0, "released", f"{item!r} has {count} references left, expected none")
        if isinstance(item, Mount):
            parent = item.parent.load()
            _require(parent is None, "released", f"{item!r} has no references but is connected to {parent!r}")
