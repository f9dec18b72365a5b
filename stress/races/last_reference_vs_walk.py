"""Dropping the last reference of a mount that is still connected, against a walk that finds it.

When a mount point is deleted, the mounts below the one on it are umounted but stay connected, for the sake of those inside; the
last reference then disconnects them. In the seed the last reference freed the mount and left it in the table, where every later
walk meets a mount it can never enter and tries again for ever (known defect S3).
"""

from __future__ import annotations

from impl.drops import Drops
from impl.mount import Mount
from stress.checks import watch
from stress.planted.destruction import S3
from stress.scene import Scene, no_collisions
from weft import Results, Setting, scenario


def detach_keeping_children(scene: Scene, mount: Mount) -> None:
    """What deleting the directory under ``mount`` does to it."""
    drops = Drops()
    scene.vfs.mount_mu.lock()
    scene.vfs.mounts.seq.begin_write()
    scene.vfs._umount_recursive_locked(mount, disconnect_hierarchy=False, drops=drops)
    scene.vfs.mounts.seq.end_write()
    scene.vfs.mount_mu.unlock()
    drops.run()


def _build(s: Setting, *, leaks: bool = True) -> None:
    scene = Scene(no_collisions)
    watch(s, scene)
    parent = scene.mount("M", scene.a)
    child = scene.mount("C", parent.root, parent)
    parent.inc_ref()  # the walker is inside M
    child.inc_ref()  # the closer has a file open in C
    detach_keeping_children(scene, parent)

    def closer() -> None:
        child.dec_ref()

    def walker() -> str:
        found = scene.vfs.get_mount_at(parent, parent.root)
        return "uncovered" if found is None else "inside C"

    s.thread(closer)
    s.thread(walker)

    if not leaks:
        return

    @s.final
    def nothing_is_left(results: Results) -> None:
        scene.release([parent, child] if results["walker"] == "inside C" else [parent], parent, child)


@scenario(why="the last reference takes the mount out of the table under the lock; a walk retries until then, no longer")
def last_reference_vs_walk(s: Setting) -> None:
    """The corrected destruction."""
    _build(s)


@scenario(
    expect="VIOLATED",
    violates="livelock",
    within=S3,
    why="the freed mount stays in the table, and the walk that finds it can neither enter nor pass",
)
def last_reference_vs_walk_original(s: Setting) -> None:
    """The seed's destruction; leaks are not looked at, since C stays connected in every execution."""
    _build(s, leaks=False)
