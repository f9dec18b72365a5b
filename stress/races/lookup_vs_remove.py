"""A lookup against the removal of another mount, with every key in one home slot.

Removing an entry shifts those behind it back, into slots that a probe under way has already passed. A lookup must not believe the
empty slot it then meets: M2 is mounted all the time.
"""

from __future__ import annotations

from stress.checks import watch
from stress.planted.lookup import L05
from stress.scene import Scene, all_collide
from weft import Results, Setting, require, scenario


def _build(s: Setting) -> None:
    scene = Scene(all_collide)
    watch(s, scene)
    first = scene.mount("M1", scene.a)
    second = scene.mount("M2", scene.b)

    def walker() -> str:
        found = scene.walk(scene.b)
        return "nothing" if found is None else found.name

    def umounter() -> str:
        return scene.umount(scene.a)

    s.thread(walker)
    s.thread(umounter)

    @s.final
    def what_is_mounted_is_found(results: Results) -> None:
        require(results["walker"] == "M2", f"the lookup of M2 found {results['walker']}")

    @s.final
    def nothing_is_left(results: Results) -> None:
        require(results["umounter"] == "ok", f"M1 is {results['umounter']}")
        scene.release([second] if results["walker"] == "M2" else [], first, second)


@scenario(why="an empty slot is believed only when the sequence counter has not moved")
def lookup_vs_remove(s: Setting) -> None:
    """The seed's probe, which is right."""
    _build(s)


@scenario(
    expect="VIOLATED",
    violates="final:what_is_mounted_is_found",
    within=L05,
    why="the entry was shifted into a slot already passed, and the empty one behind it is believed",
)
def lookup_vs_remove_unchecked(s: Setting) -> None:
    """Operator M8: Linux's defect of 2014."""
    _build(s)


@scenario(why="growth publishes a new array and size in one write section; a probe that overlapped starts again")
def lookup_vs_insert_until_growth(s: Setting) -> None:
    """Three colliding mounts fill the table of four; the fourth makes it grow under the lookup."""
    scene = Scene(all_collide)
    watch(s, scene)
    first = scene.mount("M1", scene.a)
    second = scene.mount("M2", scene.b)
    third = scene.mount("M3", second.root, second)

    def walker() -> str:
        found = scene.walk(scene.b)
        return "nothing" if found is None else found.name

    def mounter() -> str:
        scene.mount("M4", first.root, first)
        return "ok"

    s.thread(walker)
    s.thread(mounter)

    @s.final
    def what_is_mounted_is_found(results: Results) -> None:
        require(results["walker"] == "M3", f"the walk to the top of b found {results['walker']}")

    @s.final
    def nothing_is_left(_: Results) -> None:
        mounts = scene.vfs.mounts.entries()
        require(scene.vfs.mounts.capacity() == 8, "the table did not grow")
        scene.release([third], *mounts)
