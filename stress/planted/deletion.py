"""Defects of deleting what may be a mount point."""

from __future__ import annotations

import errno

from impl.deletion import DeletionProtocol
from impl.dentry import Dentry
from impl.drops import Drops
from impl.errors import FsError
from impl.namespace import MountNamespace
from stress.planting import Planted


def _never_forget(_: DeletionProtocol, dentry: Dentry, drops: Drops) -> None:
    del dentry, drops


M19 = Planted(
    slug="M19",
    source="the seed, vfs/dentry.go CommitDeleteDentry (left to be done there, S7c); fixed by 128948d6a",
    what="deleting a directory leaves the mounts that other namespaces have on it connected to a dead dentry",
    owner=DeletionProtocol,
    attribute="_forget_if_mounted",
    replacement=_never_forget,
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
    owner=DeletionProtocol,
    attribute="prepare_delete_dentry",
    replacement=_look_and_let_go,
)
