"""Defects of the lock-free lookup, of climbing a stack, and of what changes the table under them."""

from __future__ import annotations

from impl.connect import ConnectOperations
from impl.deletion import DeletionProtocol
from impl.mount_table import MountTable
from impl.mount_walk import MountWalk
from impl.slots import SlotArray
from impl.umount import UmountOperations
from weft import Edit, Planted

L05 = Planted(
    slug="L05",
    source="Linux b37199e626b3 (2014); operator M8",
    what="an empty slot is believed before the sequence counter is checked, although an entry may have moved into a passed slot",
    function=MountTable._examine,
    change=Edit(
        """
        slot_hash = array.load_hash(index)
        if not self.seq.read_ok(epoch):
            return Probe.RESTART
        if mount is None:
            return None
        """,
        """
        if mount is None:
            return None
        slot_hash = array.load_hash(index)
        if not self.seq.read_ok(epoch):
            return Probe.RESTART
        """,
    ),
    oracle="O5",
    race="lookup_vs_remove",
    check="final:what_is_mounted_is_found",
    covers=("M8",),
)


def _leave_a_hole(self: SlotArray, index: int) -> None:
    self.clear(index)


M12 = Planted(
    slug="M12",
    source="operator M12, related to G24",
    what="removing an entry leaves a hole, at which lookups of what probed past it stop",
    function=SlotArray.remove_shifting_back,
    change=_leave_a_hole,
    oracle="O2",
    race="lookup_vs_remove",
    check="",
)

G24 = Planted(
    slug="G24",
    source="gVisor until 0a580e0fb (2023-01-24)",
    what="the key is cleared before the table entry is removed, which only the key can find",
    function=ConnectOperations._disconnect_locked,
    change=Edit(
        """
        self.mounts.remove_locked(mount)
        mount.parent.store(None)
        mount.point.store(None)
        """,
        """
        mount.parent.store(None)
        mount.point.store(None)
        self.mounts.remove_locked(mount)
        """,
    ),
    oracle="O2",
    race="lookup_vs_remove",
    check="exception:InvariantError",
)

M44_DESTROY = Planted(
    slug="M44-destroy",
    source="operator M44; Linux L08, L19",
    what="the last reference takes a mount out of the table without a write section, and lookups do not notice",
    function=ConnectOperations.disconnect_destroyed,
    change=Edit(
        """
        self.mounts.seq.begin_write()
        try:
            return self._disconnect_locked(mount)
        finally:
            self.mounts.seq.end_write()
        """,
        "return self._disconnect_locked(mount)",
    ),
    oracle="O5",
    race="lookup_vs_last_reference",
    check="final:what_is_mounted_is_found",
)

M44_CONNECT = Planted(
    slug="M44-connect",
    source="operator M44",
    what="connecting enters a mount into the table without a write section: the table grows under a lookup",
    function=ConnectOperations._connect_at_locked,
    change=Edit(
        """
        self.mounts.seq.begin_write()
        try:
            self._connect_locked(mount, vd, ns)
        finally:
            self.mounts.seq.end_write()
        """,
        "self._connect_locked(mount, vd, ns)",
    ),
    oracle="O5",
    race="lookup_vs_growth",
    check="",
)

M44 = Planted(
    slug="M44",
    source="operator M44; Linux L08, L19",
    what="umount changes the table outside a write section, so a lookup under way does not start again",
    function=UmountOperations._umount_locked,
    change=Edit(
        """
        self.mounts.seq.begin_write()
        try:
            claimed = lazy or self._claim_unused_locked(mount)
            if claimed:
                self._umount_recursive_locked(mount, disconnect_hierarchy=True, drops=drops)
        finally:
            self.mounts.seq.end_write()
        """,
        """
        claimed = lazy or self._claim_unused_locked(mount)
        if claimed:
            self._umount_recursive_locked(mount, disconnect_hierarchy=True, drops=drops)
        """,
    ),
    oracle="O5",
    race="lookup_vs_remove",
    check="final:what_is_mounted_is_found",
)

M5 = Planted(
    slug="M5",
    source="operator M5; G13, and the unconditional incRef of the seed's NewMount (S4)",
    what="a walk adds a reference to what the table told it without asking whether there is one to add to",
    function=MountWalk._get_one_mount_at,
    change=Edit(
        """
        if found is None or found.try_inc_mounted_ref():
            return found
        """,
        """
        if found is not None:
            found.inc_ref()
        return found
        """,
    ),
    oracle="O1",
    race="last_reference_vs_walk",
    check="exception:RefcountError",
)

M36 = Planted(
    slug="M36",
    source="Linux 463ffb2e9d39, L23; operator M36",
    what="climbing a stack drops the mount it stands on before the next one is its own",
    function=MountWalk.get_mount_at,
    change=Edit(
        """
        above = self._get_one_mount_at(top, top.root)
        if above is None:
            break
        # Only now that the next mount is ours: until then it is this reference that keeps top.root alive.
        top.dec_ref()
        top = above
        """,
        """
        top.dec_ref()
        above = self._get_one_mount_at(top, top.root)
        if above is None:
            top.inc_ref()
            break
        top = above
        """,
    ),
    oracle="O1",
    race="walk_up_a_stack_vs_lazy_umount",
    covers=("L23",),
)

M44_DELETE = Planted(
    slug="M44-delete",
    source="operator M44",
    what="a deletion detaches what other namespaces have mounted on the directory after the write section is over",
    function=DeletionProtocol._forget_dead_mountpoint,
    change=Edit(
        """
        try:
            pending = list(self.mountpoints.get(dentry, ()) or ())
            while pending:
                mount = pending.pop(0)
                self._umount_recursive_locked(mount, disconnect_hierarchy=False, drops=drops)
                if mount.parent.load() is not None:  # it was umounted before, and left connected
                    place = self._disconnect_locked(mount)
                    drops.drop_place(place)
        finally:
            self.mounts.seq.end_write()
        """,
        """
        self.mounts.seq.end_write()
        pending = list(self.mountpoints.get(dentry, ()) or ())
        while pending:
            mount = pending.pop(0)
            self._umount_recursive_locked(mount, disconnect_hierarchy=False, drops=drops)
            if mount.parent.load() is not None:  # it was umounted before, and left connected
                place = self._disconnect_locked(mount)
                drops.drop_place(place)
        """,
    ),
    oracle="O5",
    race="where_vs_rmdir_in_another_namespace",
    check="final:what_is_mounted_is_found",
)

M44_RELEASE = Planted(
    slug="M44-release",
    source="operator M44",
    what="the end of a namespace takes its mounts out of the table after the write section is over",
    function=UmountOperations.release_namespace,
    change=Edit(
        """
        try:
            self._umount_recursive_locked(namespace.root_mount, disconnect_hierarchy=True, drops=drops)
        finally:
            self.mounts.seq.end_write()
        """,
        """
        self.mounts.seq.end_write()
        self._umount_recursive_locked(namespace.root_mount, disconnect_hierarchy=True, drops=drops)
        """,
    ),
    oracle="O5",
    race="where_vs_end_of_another_namespace",
    check="final:what_is_mounted_is_found",
)
