"""Two processes leave a mount namespace at once: whoever is last releases the tree, once.

In the seed dropping a reference added nothing to the count, so nobody ever was the last (known defect S2).
"""

from __future__ import annotations

from impl.invariants import check_released
from stress.checks import watch
from stress.planted.destruction import S2
from stress.scene import Scene, no_collisions
from weft import Results, Setting, scenario


def _build(s: Setting) -> None:
    scene = Scene(no_collisions)
    watch(s, scene)
    mount = scene.mount("M", scene.a)
    scene.ns.inc_ref()

    def leaver() -> None:
        scene.ns.dec_ref()

    s.thread(leaver, name="first")
    s.thread(leaver, name="second")

    @s.final
    def the_tree_is_released(_: Results) -> None:
        check_released(scene.ns, scene.root, mount, scene.root_fs, mount.fs)


@scenario(why="the count reaches zero in exactly one of the two drops")
def namespace_release(s: Setting) -> None:
    """Two references dropped at once."""
    _build(s)


@scenario(expect="VIOLATED", violates="final:the_tree_is_released", within=S2, why="the count never changes")
def namespace_release_original(s: Setting) -> None:
    """The seed's drop, which adds 0."""
    _build(s)
