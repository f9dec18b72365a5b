"""The deletion protocol as filesystems use it that are not memfs: with a lock of their own, and for callers without a namespace.

memfs drops dentries without its lock. A filesystem that needs its lock for that, as gVisor's do, must not be made to drop anything
while it holds it (gVisor's defects of 2023).
"""

from __future__ import annotations

import errno

from impl.dentry import Dentry
from impl.drops import Drops
from impl.errors import FsError
from impl.namespace import MountNamespace
from impl.sync import Mutex
from stress.checks import watch
from stress.races.mount_vs_mount import LockingDentryImpl
from stress.scene import Scene, no_collisions
from weft import Results, Setting, require, scenario


def _delete(scene: Scene, dentry: Dentry, fs_mu: Mutex, namespace: MountNamespace | None) -> str:
    """What a filesystem does to delete a directory."""
    drops = Drops()
    fs_mu.lock()
    try:
        scene.vfs.prepare_delete_dentry(namespace, dentry)
    except FsError as refused:
        fs_mu.unlock()
        return errno.errorcode[refused.errno]
    scene.vfs.commit_delete_dentry(dentry, drops)
    fs_mu.unlock()
    drops.run()
    return "ok"


def _build(s: Setting, *, mounted: bool) -> None:
    scene = Scene(no_collisions)
    fs_mu = Mutex()
    d = Dentry("R:/d", LockingDentryImpl("R:/d.impl", fs_mu))
    watch(s, scene, d)
    if mounted:
        scene.root_fs.inc_ref()
        scene.vfs.new_mount(scene.place(d), scene.root_fs, Dentry("R:/e", LockingDentryImpl("R:/e.impl", fs_mu)), name="bind")

    s.thread(lambda: _delete(scene, d, fs_mu, None), name="deleter")
    s.thread(lambda: scene.vfs.get_mount_at(scene.root, scene.b), name="walker")

    @s.final
    def it_is_deleted(results: Results) -> None:
        require(results["deleter"] == "ok", f"the deletion answered {results['deleter']}")
        require(d.is_disowned(), "the directory lives")
        require(not scene.vfs.mounts.entries(), "something is still mounted")

    @s.final
    def nothing_is_left(_: Results) -> None:
        scene.release([])


@scenario(why="what is umounted is dropped by the filesystem, after it has unlocked")
def deletion_of_what_its_own_filesystem_is_mounted_on(s: Setting) -> None:
    """Delete a directory on which a bind of the same filesystem is mounted."""
    _build(s, mounted=True)


@scenario(why="for a caller without a namespace nothing is a mount point")
def deletion_without_namespace(s: Setting) -> None:
    """Delete a directory for nobody in particular."""
    _build(s, mounted=False)
