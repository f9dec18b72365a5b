"""Who holds what, counted independently: every reference count of the VFS must be the number of its known holders.

Invariants checked here, beside those of ``impl.invariants`` and ``impl.memfs.invariants``: filesystem-refs, inode-refs, writers,
locks-free, destroyed-once (in ``ledger``), released. Those of namespaces are compared with the model's.

Source: facts 1.2 (reference rules); O1, O2, O3, O6, O10.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, TypeVar

from impl.dentry import Dentry
from impl.errors import InvariantError
from impl.filesystem import Filesystem
from impl.flags import is_writable
from impl.invariants import check_invariants, check_released
from impl.memfs.inode import Directory, Inode, inode_of
from impl.memfs.invariants import check_memfs
from impl.memfs.tree import MemfsTree
from impl.mount import Mount
from impl.sync import INT64_MAX
from stress.adapters.calls import VfsAdapter
from stress.adapters.ledger import Ledger

T = TypeVar("T")


def check_holdings(adapter: VfsAdapter, ledger: Ledger) -> None:
    """Every invariant that holds between two calls.

    Raises:
        InvariantError: Naming the one that does not.
    """
    _require(not ledger.held, "locks-free", f"after the call {ledger.held!r} are still taken")
    mounts = living(ledger, Mount)
    namespaces = [context.namespace for context in adapter.contexts.values()]
    check_invariants(adapter.vfs, namespaces=namespaces, mounts=mounts, handles=adapter.outside_references())
    _check_writers(adapter, mounts)
    _compare(ledger, Filesystem, Counter(mount.fs for mount in mounts), "filesystem-refs")
    _compare(ledger, Inode, Counter(map(inode_of, _dentries(adapter, mounts))) + _linked(ledger), "inode-refs")
    for fs in living(ledger, Filesystem):
        if isinstance(fs.impl, MemfsTree):
            check_memfs(fs.impl)


def _check_writers(adapter: VfsAdapter, mounts: list[Mount]) -> None:
    """Between two calls those write who have a file open for writing, or said so through a handle."""
    writing = Counter(each.vd.mount for each in adapter.handles.values() if is_writable(each.flags))
    for handle, begun in adapter.writes.items():
        writing[adapter.handles[handle].vd.mount] += begun
    for mount in mounts:
        seen = mount.writers.value & INT64_MAX
        _require(seen == writing[mount], "writers", f"{mount!r} has {seen} writers, {writing[mount]} are known")


def check_nothing_left(ledger: Ledger) -> None:
    """Everything was let go: every count is zero, having reached it once (which the ledger sees to)."""
    _require(not ledger.living, "released", f"{list(ledger.living.values())!r} are left")
    check_released(*ledger.counted)  # type: ignore[arg-type]


def living(ledger: Ledger, kind: type[T]) -> list[T]:
    """What was made of one kind and has references."""
    return [item for item in ledger.living.values() if isinstance(item, kind)]


def _count(item: Any) -> int:
    return item.refs.value & INT64_MAX  # type: ignore[no-any-return]


def _compare(ledger: Ledger, kind: type[Any], expected: Counter[Any], invariant: str) -> None:
    items = dict.fromkeys([*living(ledger, kind), *expected])  # what is held and dead counts too
    for item in items:
        seen, wanted = _count(item), expected[item]
        _require(seen == wanted, invariant, f"{item!r} has {seen} references, {wanted} holders are known")


def _dentries(adapter: VfsAdapter, mounts: list[Mount]) -> Iterator[Dentry]:
    """Every dentry that somebody holds, once for each holder."""
    for mount in mounts:
        yield mount.root
        if (point := mount.point.value) is not None:
            yield point
    for description in adapter.handles.values():
        yield description.vd.dentry
    for context in adapter.contexts.values():
        yield from (context.root.dentry, context.cwd.dentry)


def _linked(ledger: Ledger) -> Counter[Inode]:
    """The references of the trees: one for each inode that has a name, and those of deleted directories on their parents."""
    linked = [inode for inode in living(ledger, Inode) if inode.nlink.value]
    parents = [inode.deleted_from.value for inode in living(ledger, Directory) if inode.deleted_from.value]
    return Counter([*linked, *parents])


def _require(condition: object, invariant: str, message: str) -> None:
    if not condition:
        raise InvariantError(invariant, message)
