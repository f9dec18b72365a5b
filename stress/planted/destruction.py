"""Defects of dropping the last reference: of a mount and of a namespace."""

from __future__ import annotations

from impl.connect import ConnectOperations
from impl.drops import Drops
from impl.mount import Mount
from impl.namespace import MountNamespace
from impl.umount import UmountOperations
from weft import Edit, Planted


def _destroy_without_detaching(self: Mount) -> None:
    parent = self.parent.load()
    point = self.point.load()
    if parent is not None and point is not None:
        point.dec_ref()
        parent.dec_ref()
    self.root.dec_ref()
    self.fs.dec_ref()


S3 = Planted(
    slug="S3",
    source="the seed, vfs/mount.go Mount.decRef; fixed by 128948d6a",
    what="the last reference frees a mount that is still in the table, with its key read outside any lock",
    function=Mount._destroy,
    change=_destroy_without_detaching,
    oracle="O8, O2",
    race="last_reference_vs_walk",
    check="",
)

M28 = Planted(
    slug="M28",
    source="gVisor until a8bc2e146 (G37c); operator M28",
    what="whether a dying mount is still connected is not asked again under mount_mu",
    function=ConnectOperations.disconnect_destroyed,
    change=Edit(
        """
        self.mount_mu.lock()
        try:
            if mount.parent.load() is None:
                return None
            self.mounts.seq.begin_write()
        """,
        """
        self.mount_mu.lock()
        try:
            self.mounts.seq.begin_write()
        """,
    ),
    oracle="O1",
    race="last_reference_vs_deletion",
    check="exception:InvariantError",
)

S2 = Planted(
    slug="S2",
    source="the seed, vfs/mount.go MountNamespace.DecRef; fixed by 128948d6a",
    what="dropping a reference adds 0 instead of -1, so a namespace is never released",
    function=MountNamespace.dec_ref,
    change=Edit("if refcount.dec_ref(self.refs, self):", "if self.refs.add(0) == 0:"),
    oracle="O3",
    race="namespace_release",
    check="final:the_tree_is_released",
    covers=("M39",),
)

M39_TWICE = Planted(
    slug="M39-split",
    source="operator M39",
    what="whether a reference is the last one is asked before it is dropped: two that leave at once are both not the last",
    function=MountNamespace.dec_ref,
    change=Edit(
        "if refcount.dec_ref(self.refs, self):",
        """
        last = self.refs.load() == 1
        refcount.dec_ref(self.refs, self)
        if last:
        """,
    ),
    oracle="O3",
    race="namespace_release",
    check="final:the_tree_is_released",
)

M39_DETACH = Planted(
    slug="M39-detach",
    source="operator M39",
    what="releasing a namespace umounts its root and leaves the mounts on it connected",
    function=UmountOperations.release_namespace,
    change=Edit(
        "self._umount_recursive_locked(namespace.root_mount, disconnect_hierarchy=True, drops=drops)",
        "drops.drop_mount(namespace.root_mount)",
    ),
    oracle="O2, O3",
    race="namespace_release",
)


def _keep_it(_: Drops, mount: Mount) -> None:
    del mount


M15 = Planted(
    slug="M15",
    source="gVisor c8e796838 (G06) turned round; operator M15",
    what="umount does not drop the reference that the VFS had on the mount",
    function=Drops.drop_mount,
    change=_keep_it,
    oracle="O3",
    race="walk_vs_eager_umount",
    check="final:nothing_is_left",
)
