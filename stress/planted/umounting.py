"""Defects of umounting: references, indexes, what is one step and what is not."""

from __future__ import annotations

from impl.connect import ConnectOperations
from impl.mount_syscalls import MountSyscalls
from impl.namespace import MountNamespace
from impl.umount import UmountOperations
from weft import Edit, Planted

M15_TWICE = Planted(
    slug="M15-twice",
    source="operator M15; G31",
    what="an umount drops the VFS's reference twice",
    function=UmountOperations._umount_recursive_locked,
    change=Edit(
        "drops.drop_mount(current)",
        """
        drops.drop_mount(current)
        drops.drop_mount(current)
        """,
    ),
    oracle="O1",
    race="lazy_umount_vs_mount_inside",
)

_FORGOTTEN = "operator M16; S3"

M16_DENTRY = Planted(
    slug="M16-dentry",
    source=_FORGOTTEN,
    what="disconnecting forgets the counter of the mount point",
    function=ConnectOperations._disconnect_locked,
    change=Edit("point.mounts.add(-1)", "pass"),
    oracle="O2",
    race="walk_vs_eager_umount",
    check="final:nothing_is_left",
)

M16_NAMESPACE = Planted(
    slug="M16-namespace",
    source=_FORGOTTEN,
    what="disconnecting forgets the namespace's counter",
    function=ConnectOperations._disconnect_locked,
    change=Edit("ns.uncount_mountpoint_locked(point)", "pass"),
    oracle="O2",
    race="walk_vs_eager_umount",
    check="invariant:indexes_agree_while_mount_mu_is_free",
)

M16_VFS = Planted(
    slug="M16-vfs",
    source=_FORGOTTEN,
    what="disconnecting forgets the set of all mounts on the dentry",
    function=ConnectOperations._disconnect_locked,
    change=Edit("self._remove_mountpoint_locked(point, mount)", "pass"),
    oracle="O2",
    race="walk_vs_eager_umount",
    check="invariant:indexes_agree_while_mount_mu_is_free",
)

M16_CHILDREN = Planted(
    slug="M16-children",
    source=_FORGOTTEN,
    what="disconnecting forgets the parent's children",
    function=ConnectOperations._disconnect_locked,
    change=Edit("parent.children.discard(mount)", "pass"),
    oracle="O2",
    race="walk_vs_eager_umount",
    check="invariant:indexes_agree_while_mount_mu_is_free",
)

S6 = Planted(
    slug="S6",
    source="the seed, vfs/mount.go MountNamespace.mountpoints; fixed by 128948d6a",
    what="a dentry that is the point of several mounts stops being one with the first umount: a set where a count is needed",
    function=MountNamespace.uncount_mountpoint_locked,
    change=Edit("if count == 1:", "if count:"),
    oracle="O2",
    race="side_by_side",
    check="final:model_and_impl_agree",
)

G10 = Planted(
    slug="G10",
    source="gVisor until 97a36d169 (2021-02-10)",
    what="the root mount of a namespace can be umounted",
    function=UmountOperations._umount_locked,
    change=Edit(
        """
        if mount is namespace.root_mount:
            return errno.EINVAL
        """,
        "pass",
    ),
    oracle="O1",
    race="side_by_side",
    check="final:model_and_impl_agree",
)

G16 = Planted(
    slug="G16",
    source="gVisor 0b983ff83 (2022-10-25) to ead2fa081 (2022-11-09)",
    what="the write section of an umount ends and begins again between its victims, and readers see the tree half umounted",
    function=UmountOperations._umount_recursive_locked,
    change=Edit(
        "children = current.children.members()",
        """
        self.mounts.seq.end_write()
        self.mounts.seq.begin_write()
        children = current.children.members()
        """,
    ),
    oracle="O5",
    race="lazy_umount_is_one_step",
    check="final:the_tree_goes_as_a_whole",
    covers=("M27",),
)

G16_LOOKUP = Planted(
    slug="G16-lookup",
    source="gVisor before 0b983ff83 (2022-10-25)",
    what="an umount looks something up in its own write section, and waits for itself for ever",
    function=UmountOperations._should_disconnect_locked,
    change=Edit(
        """
        parent = mount.parent.load()
        if parent is None:
            return False
        """,
        """
        parent = mount.parent.load()
        point = mount.point.load()
        if parent is None or point is None or self.mounts.lookup(parent, point) is None:
            return False
        """,
    ),
    oracle="O8",
    race="walk_vs_eager_umount",
    covers=("M27",),
)

M24_SECTION = Planted(
    slug="M24-section",
    source="operator M24; G20, G23, G30",
    what="an umount drops references inside its write section",
    function=UmountOperations._umount_locked,
    change=Edit(
        "self._umount_recursive_locked(mount, disconnect_hierarchy=True, drops=drops)",
        """
        self._umount_recursive_locked(mount, disconnect_hierarchy=True, drops=drops)
        drops.run()
        """,
    ),
    oracle="O7",
    race="walk_vs_eager_umount",
    check="forbidden:dropping_a_reference",
)

H4 = Planted(
    slug="H4",
    source="gVisor since 75bfc5e0e, getMountpoint",
    what="what is a mount point elsewhere passes for the root of a mount, and the mount it is in is umounted",
    function=MountSyscalls._get_mount_root_at,
    change=Edit("if not vd.is_mount_root():", "if not (vd.dentry.is_mounted() or vd.is_mount_root()):"),
    oracle="O5",
    race="side_by_side",
    check="final:model_and_impl_agree",
)
