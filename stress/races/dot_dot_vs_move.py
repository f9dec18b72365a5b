"""Climbing out of a mount by path while it is umounted and its filesystem mounted elsewhere: group 2 on the whole VFS.

A process stands in M/x, with M on /a, and looks at "../..". It comes out in R above /a, or stays at the root of M once M is
detached; never above /p/b, where only another mount of the same filesystem is. Whether the answer is still true when the references
are held cannot be told from answers: ``dot_dot_vs_lazy_umount`` looks at that, with its racy twin.
"""

from __future__ import annotations

from impl import VirtualDentry
from impl.context import PathOperation
from impl.mount import Mount
from stress.machine import Machine
from weft import Results, Setting, require, scenario
from weft.scenario import Taken


def _place(machine: Machine, cwd: VirtualDentry, path: str) -> str:
    """The name of the directory that a path from ``cwd`` leads to."""
    found = machine.vfs.get_dentry_at(PathOperation(machine.ns, machine.process.context.root, cwd, path))
    name = found.dentry.name
    found.dec_ref()
    return name


def _mount_again(machine: Machine, mount: Mount, path: str) -> str:
    """Mount the filesystem of ``mount`` on ``path`` too."""
    place = machine.process.hold(path)
    if isinstance(place, str):
        return place
    mount.fs.inc_ref()
    mount.root.inc_ref()
    machine.vfs.new_mount(place, mount.fs, mount.root, name="M again")
    return "ok"


def _build(s: Setting, *, walkers: int) -> None:
    machine = Machine()
    process = machine.process
    for made in (process.mkdir("/a"), process.mkdir("/p"), process.mkdir("/p/b"), process.mount("/a", "M"), process.mkdir("/a/x")):
        require(made == "ok", f"the set-up fails: {made}")
    cwd = process.hold("/a/x")
    assert isinstance(cwd, VirtualDentry)
    machine.watch(s)

    def walker() -> str:
        return _place(machine, cwd, "../..")

    def mover() -> tuple[str, str]:
        return process.umount("/a", lazy=True), _mount_again(machine, cwd.mount, "/p/b")

    for _ in range(walkers):
        s.thread(walker)
    s.thread(mover)

    @s.final
    def dot_dot_leads_above_a_or_nowhere(results: Results) -> None:
        require(results["mover"] == ("ok", "ok"), f"the mover got {results['mover']}")
        for found in results[:walkers]:
            require(found in ("R:/", "M:/"), f'"../.." led to {found}')

    @s.final
    def nothing_is_left(_: Results) -> None:
        require(_place(machine, cwd, "../..") == "M:/", "the way out of what was umounted is still there")
        require(process.where("/p/b") == "M", "the filesystem is not where it was mounted again")
        cwd.dec_ref()
        machine.end()

    @s.sometimes
    def the_climb_starts_again(taken: Taken) -> bool:
        return taken.thread.startswith("walker") and taken.kind == "read_ok" and taken.result is False


@scenario(why="the key of M is believed only if no write section came in between, and M has one key at a time")
def dot_dot_vs_move(s: Setting) -> None:
    """stat(../..) from M/x || umount -l /a; mount the same filesystem on /p/b."""
    _build(s, walkers=1)


@scenario(why="each walk checks for itself")
def two_dot_dots_vs_move(s: Setting) -> None:
    """stat(../..) || stat(../..) || umount -l /a; mount the same filesystem on /p/b."""
    _build(s, walkers=2)
