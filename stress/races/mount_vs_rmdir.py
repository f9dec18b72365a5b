"""Mounting on a directory against mounting on it and against deleting it: groups 4 and 5 of the scenario suite.

In one namespace a mount point cannot be deleted: either the mount comes first and rmdir is EBUSY, or rmdir does and the mount is
ENOENT. In another namespace the directory is not a mount point for the caller: rmdir succeeds, and the mount on it goes too.
"""

from __future__ import annotations

from stress.machine import Machine
from stress.planted.deletion import M18, M19
from weft import Results, Setting, require, scenario
from weft.scenario import Taken


def _one_namespace(s: Setting, *, mounters: int) -> None:
    machine = Machine()
    process = machine.process
    require(process.mkdir("/d") == "ok", "the set-up fails")
    machine.watch(s)

    def mounter(source: str) -> str:
        return process.mount("/d", source)

    def remover() -> str:
        return process.rmdir("/d")

    for k in range(mounters):
        s.thread(mounter, f"M{k + 1}", name=f"mounter-{k + 1}" if mounters > 1 else "mounter")
    s.thread(remover)

    @s.final
    def one_of_them_wins(results: Results) -> None:
        removed = results["remover"]
        mounted = set(results[:mounters])
        require(mounted <= {"ok", "ENOENT"}, f"mount answered {mounted}")
        if removed == "ok":
            require(mounted == {"ENOENT"}, "a directory was deleted with a mount on it")
        else:
            require(removed == "EBUSY" and "ok" in mounted, f"rmdir answered {removed}, mount {mounted}")

    @s.final
    def nothing_is_left(results: Results) -> None:
        del results
        machine.end()

    if mounters > 1:

        @s.sometimes
        def one_climbs_onto_the_other(taken: Taken) -> bool:
            return taken.cell.label in ("M1.refs", "M2.refs") and taken.kind == "compare_and_swap" and taken.result is True


@scenario(why="rmdir holds the dentry's mu from its look at the mount points until the dentry is dead")
def mount_vs_rmdir(s: Setting) -> None:
    """mount(/d) || rmdir(/d)."""
    _one_namespace(s, mounters=1)


@scenario(why="the mounts stack, and rmdir comes before both or after one")
def two_mounts_vs_rmdir(s: Setting) -> None:
    """mount(/d) || mount(/d) || rmdir(/d)."""
    _one_namespace(s, mounters=2)


def _two_namespaces(s: Setting, *, mounted_here_too: bool = False) -> None:
    machine = Machine()
    process = machine.process
    require(process.mkdir("/d") == "ok", "the set-up fails")
    namespace, other = machine.clone("ns2")
    machine.watch(s, namespace)

    def mounter() -> str:
        return other.mount("/d", "M")

    def remover() -> str:
        return process.rmdir("/d")

    s.thread(mounter)
    s.thread(remover)
    if mounted_here_too:
        s.thread(process.mount, "/d", "here", name="mounts-here")

    @s.final
    def only_a_mount_here_keeps_the_directory(results: Results) -> None:
        busy = mounted_here_too and results["mounts-here"] == "ok"
        require(results["remover"] == ("EBUSY" if busy else "ok"), f"rmdir answered {results['remover']}: {results!r}")
        require(results["mounter"] in ({"ok"} if busy else {"ok", "ENOENT"}), f"mount answered {results['mounter']}")

    @s.final
    def nothing_is_mounted_on_a_dead_directory(results: Results) -> None:
        left = machine.vfs.mounts.entries()
        require(results["remover"] != "ok" or not left, f"still mounted: {left!r}")

    @s.final
    def nothing_is_left(_: Results) -> None:
        other.end()
        machine.end(namespace)


@scenario(why="whatever is on the dead directory is detached by the deletion; what comes later finds it dead")
def mount_vs_rmdir_in_two_namespaces(s: Setting) -> None:
    """ns2: mount(/d) || ns1: rmdir(/d)."""
    _two_namespaces(s)


@scenario(why="the mount in the caller's namespace decides, and the other namespace's goes with the directory")
def two_mounts_vs_rmdir_in_two_namespaces(s: Setting) -> None:
    """ns2: mount(/d) || ns1: rmdir(/d) || ns1: mount(/d)."""
    _two_namespaces(s, mounted_here_too=True)


@scenario(
    expect="VIOLATED",
    violates="final:nothing_is_mounted_on_a_dead_directory",
    within=M19,
    why="the deletion does not look at mounts in other namespaces, as in the seed (S7c)",
)
def mount_vs_rmdir_without_detaching(s: Setting) -> None:
    """Operator M19."""
    _two_namespaces(s)


@scenario(
    expect="VIOLATED",
    violates="final:one_of_them_wins",
    within=M18,
    why="the dentry is not locked between the look at the mount points and its death, so a mount comes in between",
)
def mount_vs_rmdir_without_lock(s: Setting) -> None:
    """Operator M18."""
    _one_namespace(s, mounters=1)


@scenario(
    expect="VIOLATED",
    violates="final:nothing_is_mounted_on_a_dead_directory",
    within=M19,
    why="as without the mount here, when that comes too late",
)
def two_mounts_vs_rmdir_without_detaching(s: Setting) -> None:
    """Operator M19, with three threads."""
    _two_namespaces(s, mounted_here_too=True)
