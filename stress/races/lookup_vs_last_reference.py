"""A lookup against the last reference of a mount that collides with it in the table.

The last reference takes its mount out of the table by itself, not an umount: it must announce the change like everybody else, or a
lookup that it shifts entries under believes what it read.
"""

from __future__ import annotations

from impl import new_counted_dentry
from impl.drops import Drops
from stress.checks import watch
from stress.planted.lookup import M44_DESTROY
from stress.races.last_reference_vs_walk import detach_keeping_children
from stress.scene import Scene, all_collide
from weft import Results, Setting, require, scenario


def _build(s: Setting) -> None:
    scene = Scene(all_collide)
    watch(s, scene)
    parent = scene.mount("M", scene.a)
    child = scene.mount("C", parent.root, parent)
    other = scene.mount("O", scene.b)  # behind C in the table
    child.inc_ref()  # the closer has a file open in C
    parent.inc_ref()
    detach_keeping_children(scene, parent)

    def closer() -> None:
        child.dec_ref()

    def walker() -> str:
        found = scene.walk(scene.b)
        return "nothing" if found is None else found.name

    s.thread(closer)
    s.thread(walker)

    @s.final
    def what_is_mounted_is_found(results: Results) -> None:
        require(results["walker"] == "O", f"the lookup of O found {results['walker']}")

    @s.final
    def nothing_is_left(_: Results) -> None:
        scene.release([parent, other], parent, child, other)


@scenario(why="destroying announces its change of the table, so a lookup under way starts again")
def lookup_vs_last_reference(s: Setting) -> None:
    """close, which destroys C || lookup of O, which C's removal shifts."""
    _build(s)


@scenario(why="both ask under mount_mu whether the mount is still connected, and whoever comes second lets it be")
def last_reference_vs_deletion(s: Setting) -> None:
    """close, which destroys C || deletion of the directory that C is on."""
    scene = Scene(all_collide)
    point = new_counted_dentry("M:/c")
    watch(s, scene, point)
    parent = scene.mount("M", scene.a)
    child = scene.mount("C", point, parent)
    child.inc_ref()
    parent.inc_ref()
    detach_keeping_children(scene, parent)

    def deleter() -> None:
        drops = Drops()
        scene.vfs.invalidate_dentry(point, drops)
        drops.run()

    s.thread(child.dec_ref, name="closer")
    s.thread(deleter)

    @s.final
    def nothing_is_left(_: Results) -> None:
        scene.release([parent], parent, child)


@scenario(
    expect="VIOLATED",
    violates="final:what_is_mounted_is_found",
    within=M44_DESTROY,
    why="the entry moves into a slot already passed, and no sequence counter says so",
)
def lookup_vs_last_reference_unannounced(s: Setting) -> None:
    """Operator M44."""
    _build(s)
