"""A lazy umount of a mount with another one on it, seen from inside and from outside.

Both mounts leave the tree in one write section. Whoever has seen the lower one gone must not find the upper one there still.
"""

from __future__ import annotations

from impl import VirtualDentry
from impl.context import PathOperation
from stress.machine import Machine
from stress.planted.umounting import G16
from weft import Results, Setting, require, scenario


def _build(s: Setting) -> None:
    machine = Machine()
    process, vfs = machine.process, machine.vfs
    for made in (process.mkdir("/a"), process.mount("/a", "M"), process.mkdir("/a/d"), process.mount("/a/d", "N")):
        require(made == "ok", f"the set-up fails: {made}")
    held = process.hold("/a")
    assert isinstance(held, VirtualDentry)
    machine.watch(s)

    def looker() -> tuple[str, str]:
        outside = process.where("/a")
        found = vfs.get_dentry_at(PathOperation(machine.ns, process.context.root, held, "d"))
        inside = found.mount.fs.name
        found.dec_ref()
        return outside, inside

    def umounter() -> str:
        return process.umount("/a", lazy=True)

    s.thread(looker)
    s.thread(umounter)

    @s.final
    def the_tree_goes_as_a_whole(results: Results) -> None:
        require(results["looker"] != ("R", "N"), "M was gone from /a, and later N was still on M")

    @s.final
    def nothing_is_left(results: Results) -> None:
        require(results["umounter"] == "ok", f"a lazy umount answered {results['umounter']}")
        held.dec_ref()
        machine.end()


@scenario(why="all victims leave in one write section, and whoever looks meanwhile starts again")
def lazy_umount_is_one_step(s: Setting) -> None:
    """stat(/a); stat(d) inside M || umount -l /a."""
    _build(s)


@scenario(
    expect="VIOLATED",
    violates="final:the_tree_goes_as_a_whole",
    within=G16,
    why="between two write sections the lower mount is gone and the upper one is not",
)
def lazy_umount_in_two_steps(s: Setting) -> None:
    """gVisor from 0b983ff83 to ead2fa081."""
    _build(s)
