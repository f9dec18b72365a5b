"""Who holds what, counted independently: every reference count of the VFS must be the number of its known holders.

Invariants checked here, beside those of ``impl.invariants`` and ``impl.memfs.invariants``: filesystem-refs, inode-refs,
namespace-refs, locks-free, destroyed-once, released.

Source: facts 1.2 (reference rules); O1, O2, O3, O6, O10.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, TypeVar

from impl.dentry import Dentry
from impl.errors import InvariantError
from impl.filesystem import Filesystem
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
    _compare(ledger, Filesystem, Counter(mount.fs for mount in mounts), "filesystem-refs")
    _compare(ledger, Inode, Counter(map(inode_of, _dentries(adapter, mounts))) + _linked(ledger), "inode-refs")
    for fs in living(ledger, Filesystem):
        if isinstance(fs.impl, MemfsTree):
            check_memfs(fs.impl)
    _check_destroyed_once(ledger)


def check_nothing_left(ledger: Ledger) -> None:
    """Everything was let go: every count is zero, and reached it exactly once."""
    check_released(*ledger.counted)  # type: ignore[arg-type]
    _check_destroyed_once(ledger)


def living(ledger: Ledger, kind: type[T]) -> list[T]:
    """What was made of one kind and has references."""
    return [item for item in ledger.counted if isinstance(item, kind) and _count(item) != 0]


def _count(item: Any) -> int:
    return item.refs.value & INT64_MAX  # type: ignore[no-any-return]


def _compare(ledger: Ledger, kind: type[Any], expected: Counter[Any], invariant: str) -> None:
    for item in ledger.counted:
        if isinstance(item, kind):
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
    inodes = [inode for inode in ledger.counted if isinstance(inode, Inode)]
    parents = [inode.deleted_from.value for inode in living(ledger, Directory) if inode.deleted_from.value]
    return Counter([*(inode for inode in inodes if inode.nlink.value), *parents])


def _check_destroyed_once(ledger: Ledger) -> None:
    for item in ledger.counted:
        deaths = ledger.zeroed[item.refs]  # type: ignore[attr-defined]
        _require(deaths == (_count(item) == 0), "destroyed-once", f"{item!r} was destroyed {deaths} times")


def _require(condition: object, invariant: str, message: str) -> None:
    if not condition:
        raise InvariantError(invariant, message)
