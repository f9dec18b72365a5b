"""Walking up a stack of two mounts against a lazy umount of the lower one, which takes both away.

The walk holds the lower mount while it asks for the one above. If it lets go too early, what it stands on may be destroyed under it
(Linux's "too late mntput").
"""

from __future__ import annotations

from stress.checks import watch
from stress.scene import Scene, no_collisions
from weft import Results, Setting, require, scenario


@scenario(why="the lower mount is dropped only when the upper one is held")
def walk_up_a_stack_vs_lazy_umount(s: Setting) -> None:
    """walk(/a) to the top of two mounts || umount -l of the lower one."""
    scene = Scene(no_collisions)
    watch(s, scene)
    lower = scene.mount("M", scene.a)
    upper = scene.mount("N", lower.root, lower)
    lower.inc_ref()  # the umounter's

    def walker() -> str:
        found = scene.walk(scene.a)
        return "nothing" if found is None else found.name

    def umounter() -> None:
        scene.vfs.umount_mount(lower, scene.ns, lazy=True)
        lower.dec_ref()

    s.thread(walker)
    s.thread(umounter)

    @s.final
    def the_walk_ends_somewhere(results: Results) -> None:
        require(results["walker"] in ("nothing", "M", "N"), f"the walk found {results['walker']}")

    @s.final
    def nothing_is_left(results: Results) -> None:
        held = [mount for mount in (lower, upper) if mount.name == results["walker"]]
        scene.release(held, lower, upper)
