"""Defects of deleting what may be a mount point."""

from __future__ import annotations

import errno

from impl.deletion import DeletionProtocol
from impl.dentry import Dentry
from impl.drops import Drops
from impl.errors import FsError
from impl.namespace import MountNamespace
from weft import Edit, NotPlanted, Planted

M19 = Planted(
    slug="M19",
    source="the seed, vfs/dentry.go CommitDeleteDentry (left to be done there, S7c); fixed by 128948d6a",
    what="deleting a directory leaves the mounts that other namespaces have on it connected to a dead dentry",
    function=DeletionProtocol._forget_if_mounted,
    change=Edit("self._forget_dead_mountpoint(dentry, drops)", "pass"),
    oracle="O6",
    race="mount_vs_rmdir_in_two_namespaces",
    check="final:nothing_is_mounted_on_a_dead_directory",
    covers=("S7c", "L12"),
)


def _look_and_let_go(self: DeletionProtocol, namespace: MountNamespace | None, dentry: Dentry) -> None:
    self.mount_mu.lock()
    busy = self._is_mountpoint_locked(namespace, dentry)
    self.mount_mu.unlock()
    if busy:
        raise FsError(errno.EBUSY)
    dentry.mu.lock()


M18 = Planted(
    slug="M18",
    source="Linux 848ac114e847 (2013), L11; operator M18",
    what="the dentry's mu is taken only after mount_mu is free again, so a mount can complete between look and deletion",
    function=DeletionProtocol.prepare_delete_dentry,
    change=_look_and_let_go,
    oracle="O6",
    race="mount_vs_rmdir",
    check="final:one_of_them_wins",
    covers=("L11",),
)

S8 = Planted(
    slug="S8",
    source="the seed, vfs/dentry.go Prepare*",
    what="a caller without a namespace is not thought of",
    function=DeletionProtocol._is_mountpoint_locked,
    change=Edit(
        "return namespace is not None and namespace.has_mountpoint_locked(dentry)",
        "return namespace.has_mountpoint_locked(dentry)",
    ),
    oracle="none: it raises",
    race="deletion_without_namespace",
    check="exception:AttributeError",
)


def _forget_and_drop(self: DeletionProtocol, dentry: Dentry, drops: Drops) -> None:
    if dentry.is_mounted():
        self._forget_dead_mountpoint(dentry, drops)
        drops.run()


G27 = Planted(
    slug="G27",
    source="gVisor until 084a50225, bb5ada8ca (2023-06), c74f5866c (2023-10-03)",
    what="what was mounted on a deleted directory is dropped while the deleting filesystem still holds its lock",
    function=DeletionProtocol._forget_if_mounted,
    change=_forget_and_drop,
    oracle="O8",
    race="deletion_of_what_its_own_filesystem_is_mounted_on",
    check="",
    covers=("M24",),
)


def _run_without_clearing(self: Drops) -> None:
    for dentry in self.dentries:
        dentry.dec_ref()
    for place in self.places:
        place.dec_ref()
    for mount in self.mounts:
        mount.dec_ref()


G31 = Planted(
    slug="G31",
    source="gVisor until c80ab228d (2023-08-25)",
    what="dropping delayed references does not clear the list of them, and commit and caller both drop",
    function=Drops.run,
    change=_run_without_clearing,
    oracle="O1",
    race="mount_vs_rmdir_in_two_namespaces",
    check="",
    also=(G27,),
)

S7 = NotPlanted(
    slug="S7",
    source="the seed, vfs/dentry.go: mountMu.RLock held from Prepare to Commit; fixed by 128948d6a",
    kind="elsewhere",
    why="a read lock taken twice around a waiting writer needs a readers-writer mount_mu and a filesystem stacked on another; "
    "neither is in era E1, and its other half, mounts that outlive their directory, is M19",
)
