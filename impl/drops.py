"""References to drop once the locks are free.

Dropping the last reference to a dentry or a filesystem runs filesystem code, which may take filesystem locks;
those come before ``mount_mu``. So whoever holds ``mount_mu`` only notes what to drop, and does it after unlocking.

Source: the lists of gVisor's ``umountRecursiveLocked`` (128948d6a); later ``VirtualFilesystem.toDecRef``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from impl.dentry import Dentry
    from impl.mount import Mount
    from impl.virtual_dentry import VirtualDentry


class Drops:
    """What one thread owes. Local to the operation that made it."""

    def __init__(self) -> None:
        self.dentries: list[Dentry] = []
        self.places: list[VirtualDentry] = []
        self.mounts: list[Mount] = []

    def drop_dentry(self, dentry: Dentry) -> None:
        """Drop a dentry later. The caller holds a mount of its filesystem until then."""
        self.dentries.append(dentry)

    def drop_place(self, place: VirtualDentry) -> None:
        """Drop a mount and a dentry later."""
        self.places.append(place)

    def drop_mount(self, mount: Mount) -> None:
        """Drop a mount later."""
        self.mounts.append(mount)

    def run(self) -> None:
        """Drop everything: dentries, places, then mounts, each kind in the order noted. Needs all locks free."""
        while self.dentries:
            dentry = self.dentries.pop(0)
            dentry.dec_ref()
        while self.places:
            place = self.places.pop(0)
            place.dec_ref()
        while self.mounts:
            mount = self.mounts.pop(0)
            mount.dec_ref()
