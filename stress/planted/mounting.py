"""Defects of mounting: on a place that somebody has mounted on meanwhile, and with the wrong references."""

from __future__ import annotations

from impl.connect import ConnectOperations
from weft import Edit, NotPlanted, Planted

S4 = Planted(
    slug="S4",
    source="the seed, vfs/mount.go NewMount; drops moved out of the lock by 492d7a981, ed528835f, 848ec339a",
    what="climbing the stack drops references with mount_mu held, which may take filesystem locks that come before it",
    function=ConnectOperations._lock_mountpoint_locked,
    change=Edit(
        """
        vd.dentry.mu.unlock()
        drops.drop_place(vd)
        vd = above
        """,
        """
        vd.dentry.mu.unlock()
        vd.dec_ref()
        vd = above
        """,
    ),
    oracle="O7",
    race="mount_vs_delete",
    check="forbidden:dropping_a_reference",
    covers=("M24",),
)

S4_INC = Planted(
    slug="S4-inc",
    source="the seed, vfs/mount.go NewMount; fixed by 128948d6a",
    what="climbing the stack adds a reference to the mount on top without asking whether it still has one",
    function=ConnectOperations._mounted_on_locked,
    change=Edit(
        """
        if mount is None or not mount.try_inc_mounted_ref():
            return None
        """,
        """
        if mount is None:
            return None
        mount.inc_ref()
        """,
    ),
    oracle="O1",
    gap="equivalent here: what is connected without a reference of the VFS is umounted, and so is what it is mounted on, which is "
    "tested first, under the same lock; with that test gone too it is G12",
)

G11 = Planted(
    slug="G11",
    source="gVisor 3e69f5d08 (2021-03-03) to e0b158558 (2023-04-12); operator M22",
    what="the mount goes onto the place that was resolved, although another mount covers it by now",
    function=ConnectOperations._lock_mountpoint_locked,
    change=Edit("above = self._mounted_on_locked(vd)", "above = None"),
    oracle="O2",
    race="mount_vs_mount",
    check="invariant:indexes_agree_while_mount_mu_is_free",
    covers=("M22",),
)

G11_STALE = Planted(
    slug="G11-stale",
    source="gVisor 3e69f5d08 (2021-03-03) to e0b158558 (2023-04-12)",
    what="the dentry is cached before the loop, so climbing looks up the old dentry with the new mount",
    function=ConnectOperations._lock_mountpoint_locked,
    change=Edit("vd = above", "vd = VirtualDentry(above.mount, vd.dentry)"),
    oracle="O2",
    race="mount_vs_mount",
    check="",
)

G12 = Planted(
    slug="G12",
    source="gVisor until d7d8a0a5a (2021-06-01)",
    what="nobody looks whether the mount that is mounted on was umounted",
    function=ConnectOperations._lock_mountpoint_locked,
    change=Edit("if vd.dentry.is_disowned() or vd.mount.umounted.read():", "if vd.dentry.is_disowned():"),
    oracle="O10",
    race="lazy_umount_vs_mount_inside",
    check="",
)

G06 = Planted(
    slug="G06",
    source="gVisor 50844fee2 to c8e796838 (2020-06-03)",
    what="connecting takes no reference of the VFS's own: the creator's doubles as it, and goes with the creator",
    function=ConnectOperations._connect_locked,
    change=Edit("mount.inc_ref()", "pass"),
    oracle="O1",
    race="mount_vs_mount",
    check="",
)

L11_DEAD = Planted(
    slug="L11-dead",
    source="Linux eed810076685 (2013): check unlinked ancestors before mount",
    what="nobody looks whether the directory that is mounted on was deleted",
    function=ConnectOperations._lock_mountpoint_locked,
    change=Edit("if vd.dentry.is_disowned() or vd.mount.umounted.read():", "if vd.mount.umounted.read():"),
    oracle="O6",
    race="mount_vs_rmdir",
    check="final:one_of_them_wins",
)

G15 = NotPlanted(
    slug="G15",
    source="gVisor until 510cc2f7f (2022-02-24)",
    kind="elsewhere",
    why="pivot_root holding mountMu over a filesystem's lock: era E1 has no pivot_root; the order of the locks is checked by S4",
)
