"""A path walk into a mount against an eager umount of it: the flagship.

An eager umount may succeed only if nobody is inside. The walk finds the mount without a lock and then takes a reference; the
umount tests that there is none and marks the mount. If test and mark are two steps, the walk gets in between, and umount says ok
although a walk is inside (known defect H1, in every version of gVisor since 2019).
"""

from __future__ import annotations

from stress.checks import watch
from stress.planted.eager_umount import H1
from stress.scene import Scene, no_collisions
from weft import Results, Setting, require, scenario


def _build(s: Setting, *, umounters: int) -> None:
    scene = Scene(no_collisions)
    watch(s, scene)
    mount = scene.mount("M", scene.a)

    def walker() -> str:
        found = scene.walk(scene.a)
        return "outside" if found is None else "inside"

    def umounter() -> str:
        return scene.umount(scene.a)

    s.thread(walker)
    for _ in range(umounters):
        s.thread(umounter)

    @s.final
    def nobody_is_inside_what_was_umounted(results: Results) -> None:
        umounted = "ok" in results[1:]
        require(not (umounted and results[0] == "inside"), "umount said ok while the walk holds a reference taken before")

    @s.final
    def umounted_at_most_once(results: Results) -> None:
        require(results[1:].count("ok") <= 1, f"one mount was umounted twice: {results!r}")

    @s.final
    def nothing_is_left(results: Results) -> None:
        scene.release([mount] if results[0] == "inside" else [], mount)


@scenario(why="one compare-and-swap decides: either the walk's reference comes first, or the mark that keeps it out")
def walk_vs_eager_umount(s: Setting) -> None:
    """One walk, one umount."""
    _build(s, umounters=1)


@scenario(why="as with one umount; a second one finds the mount busy, gone, or not mounted")
def walk_vs_two_eager_umounts(s: Setting) -> None:
    """One walk, two umounts."""
    _build(s, umounters=2)


@scenario(
    expect="VIOLATED",
    violates="final:nobody_is_inside_what_was_umounted",
    within=H1,
    why="the walk takes its reference between the busy test and the mark",
)
def walk_vs_eager_umount_original(s: Setting) -> None:
    """The two-step busy test."""
    _build(s, umounters=1)


@scenario(
    expect="VIOLATED",
    violates="final:",
    within=H1,
    why="the window between busy test and mark is as open with two umounts",
)
def walk_vs_two_eager_umounts_original(s: Setting) -> None:
    """The two-step busy test, twice."""
    _build(s, umounters=2)
