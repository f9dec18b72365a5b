"""A lookup against an insertion that moves the entry it looks for: by taking its slot, or by making the table grow.

With every key in one home slot neither shows, for what moves stays on the path of the probe. Here homes differ.
"""

from __future__ import annotations

from impl.dentry import Dentry
from impl.mount import Mount
from stress.checks import watch
from stress.planted.lookup import M44_CONNECT
from stress.scene import Scene
from weft import Results, Setting, require, scenario


def _neighbours(_parent: Mount, point: Dentry) -> int:
    """b's home is the slot behind that of everything else, so what is inserted last takes b's slot."""
    return 1 if point.name == "R:/b" else 0


def _far(_parent: Mount, point: Dentry) -> int:
    """b's home is slot 1 of four and slot 5 of eight."""
    return 5 if point.name == "R:/b" else 2


def _build(s: Setting, *, grows: bool) -> None:
    scene = Scene(_far if grows else _neighbours)
    watch(s, scene)
    first = scene.mount("M1", scene.a)
    target = scene.mount("B", scene.b)
    under = scene.mount("M2", first.root, first) if grows else first

    def walker() -> str:
        found = scene.walk(scene.b)
        return "nothing" if found is None else found.name

    def mounter() -> None:
        scene.mount("M3", under.root, under)

    s.thread(walker)
    s.thread(mounter)

    @s.final
    def what_is_mounted_is_found(results: Results) -> None:
        require(results["walker"] == "B", f"the walk to b found {results['walker']}")

    @s.final
    def nothing_is_left(_: Results) -> None:
        require(scene.vfs.mounts.capacity() == (8 if grows else 4), "the table is not as large as expected")
        scene.release([target], *scene.vfs.mounts.entries())


@scenario(why="the lookup starts again when an insertion overlaps it")
def lookup_vs_displacing_insert(s: Setting) -> None:
    """lookup of B || insertion that takes B's slot and puts B into the next."""
    _build(s, grows=False)


@scenario(why="size and slots are believed only if no write section overlapped reading both")
def lookup_vs_growth(s: Setting) -> None:
    """lookup of B || insertion that makes the table grow, where B is elsewhere."""
    _build(s, grows=True)


@scenario(expect="VIOLATED", within=M44_CONNECT, why="the lookup finds the new size with the old slots, or B in no slot")
def lookup_vs_growth_unannounced(s: Setting) -> None:
    """Operator M44."""
    _build(s, grows=True)
