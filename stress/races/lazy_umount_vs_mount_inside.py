"""A lazy umount against a mount inside the mount that goes: group 6 of the scenario suite.

A process holds a directory of M and mounts there. If the umount comes first, M is on its way out and nothing may be mounted on it
any more (ENOENT): a mount there could never be umounted. If the mount comes first, it goes with M.
"""

from __future__ import annotations

from impl import VirtualDentry
from impl.context import PathOperation
from stress.machine import Machine, answer
from stress.planted.mounting import G12
from weft import Results, Setting, require, scenario


def _build(s: Setting) -> None:
    machine = Machine()
    process, vfs = machine.process, machine.vfs
    for made in (process.mkdir("/a"), process.mount("/a", "M"), process.mkdir("/a/x")):
        require(made == "ok", f"the set-up fails: {made}")
    held = process.hold("/a")
    assert isinstance(held, VirtualDentry)
    machine.watch(s)

    def mounter() -> str:
        inside = PathOperation(machine.ns, process.context.root, held, "x")
        return answer(vfs.mount_at, inside, "memfs", source="C")

    def umounter() -> str:
        return process.umount("/a", lazy=True)

    s.thread(mounter)
    s.thread(umounter)

    @s.final
    def the_umount_succeeds(results: Results) -> None:
        require(results["umounter"] == "ok", f"a lazy umount answered {results['umounter']}")
        require(results["mounter"] in ("ok", "ENOENT"), f"mount answered {results['mounter']}")

    @s.final
    def nothing_is_mounted_out_of_reach(_: Results) -> None:
        left = machine.vfs.mounts.entries()
        require(not left, f"mounted on what was umounted: {left!r}")

    @s.final
    def nothing_is_left(_: Results) -> None:
        held.dec_ref()
        machine.end()


@scenario(why="connecting looks under mount_mu whether the mount it goes onto was umounted")
def lazy_umount_vs_mount_inside(s: Setting) -> None:
    """umount_lazy(M) || mount(M/x)."""
    _build(s)


@scenario(
    expect="VIOLATED",
    within=G12,
    why="a mount on a detached mount gets a reference of the VFS that nobody will ever drop",
)
def lazy_umount_vs_mount_inside_original(s: Setting) -> None:
    """gVisor before d7d8a0a5a."""
    _build(s)
