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


def _build(s: Setting, *, third: str = "") -> None:
    machine = Machine()
    process, vfs = machine.process, machine.vfs
    for made in (process.mkdir("/a"), process.mount("/a", "M"), process.mkdir("/a/x")):
        require(made == "ok", f"the set-up fails: {made}")
    held, inside_x = process.hold("/a"), process.hold("/a/x")
    assert isinstance(held, VirtualDentry)
    assert isinstance(inside_x, VirtualDentry)
    machine.watch(s)

    def mounter() -> str:
        inside = PathOperation(machine.ns, process.context.root, held, "x")
        return answer(vfs.mount_at, inside, "memfs", source="C")

    def umounter() -> str:
        return process.umount("/a", lazy=True)

    s.thread(mounter)
    s.thread(umounter)
    if third == "close":
        s.thread(inside_x.dec_ref, name="closer")
    elif third == "look":
        s.thread(process.where, "/a/x", name="walker")

    @s.final
    def the_umount_succeeds(results: Results) -> None:
        require(results["umounter"] == "ok", f"a lazy umount answered {results['umounter']}")
        require(results["mounter"] in ("ok", "ENOENT"), f"mount answered {results['mounter']}")

    @s.final
    def nothing_is_mounted_out_of_reach(results: Results) -> None:
        left = machine.vfs.mounts.entries()
        require(not left, f"mounted on what was umounted: {left!r}")
        if third == "look":
            require(results["walker"] in ("M", "C", "ENOENT"), f"the walk came out in {results['walker']}")

    @s.final
    def nothing_is_left(_: Results) -> None:
        held.dec_ref()
        if third != "close":
            inside_x.dec_ref()
        machine.end()


@scenario(why="connecting looks under mount_mu whether the mount it goes onto was umounted")
def lazy_umount_vs_mount_inside(s: Setting) -> None:
    """umount_lazy(M) || mount(M/x)."""
    _build(s)


@scenario(why="who closes what M holds is no matter: the mounter's own directory keeps M")
def lazy_umount_vs_mount_inside_vs_close(s: Setting) -> None:
    """umount_lazy(M) || mount(M/x) || close of M/x."""
    _build(s, third="close")


@scenario(why="the walk finds C, what C covers, or nothing, and holds what it finds")
def lazy_umount_vs_mount_inside_vs_walk(s: Setting) -> None:
    """umount_lazy(M) || mount(M/x) || where(/a/x)."""
    _build(s, third="look")


@scenario(
    expect="VIOLATED",
    within=G12,
    why="a mount on a detached mount gets a reference of the VFS that nobody will ever drop",
)
def lazy_umount_vs_mount_inside_original(s: Setting) -> None:
    """gVisor before d7d8a0a5a."""
    _build(s)


@scenario(expect="VIOLATED", within=G12, why="the same with somebody closing a directory in M")
def lazy_umount_vs_mount_inside_vs_close_original(s: Setting) -> None:
    """gVisor before d7d8a0a5a, with three threads."""
    _build(s, third="close")
