"""Two mounts on one directory at once: one must end on top of the other.

Whoever comes second finds the place covered and climbs on. In the seed it then drops its references to the covered place with the
mount lock held; where that runs filesystem code, the order of locks is reversed (known defect S4).
"""

from __future__ import annotations

from impl.dentry import Dentry, DentryImpl
from impl.filesystem import Filesystem
from impl.sync import AtomicInt64, Mutex
from impl.virtual_dentry import VirtualDentry
from stress.checks import watch
from stress.machine import Machine
from stress.planted.mounting import G11, S4
from stress.scene import Scene, no_collisions
from weft import Results, Setting, require, scenario
from weft.scenario import Taken


def _two_mounts(s: Setting) -> None:
    scene = Scene(no_collisions)
    watch(s, scene)

    def mounter(name: str) -> str:
        scene.mount(name, scene.a)
        return "ok"

    s.thread(mounter, "M", name="first")
    s.thread(mounter, "N", name="second")

    @s.final
    def one_is_on_top_of_the_other(_: Results) -> None:
        below = scene.vfs.mounts.lookup(scene.root, scene.a)
        require(below is not None, "nothing is mounted on a")
        assert below is not None
        above = scene.vfs.mounts.lookup(below, below.root)
        require(above is not None and above is not below, f"only {below!r} is mounted on a")

    @s.final
    def nothing_is_left(_: Results) -> None:
        mounts = scene.vfs.mounts.entries()
        require(len(mounts) == 2, f"mounted are {mounts!r}, expected two mounts")
        scene.release([], *mounts)


@scenario(why="the second mount sees the first under the mount lock and climbs on top of it")
def mount_vs_mount(s: Setting) -> None:
    """Both end up in the tree, stacked."""
    _two_mounts(s)


@scenario(
    expect="VIOLATED",
    violates="invariant:indexes_agree_while_mount_mu_is_free",
    within=G11,
    why="without the climb both mounts have the same key",
)
def mount_vs_mount_without_climbing(s: Setting) -> None:
    """Operator M22: the place is not looked at again under the lock."""
    _two_mounts(s)


def _by_path(s: Setting, *, mounters: int) -> None:
    machine = Machine()
    process = machine.process
    require(process.mkdir("/a") == "ok", "the set-up fails")
    machine.watch(s)
    for k in range(mounters):
        s.thread(process.mount, "/a", f"M{k + 1}", name=f"mounter-{k + 1}")

    @s.final
    def all_are_stacked(results: Results) -> None:
        require(set(results) == {"ok"}, f"mount answered {results!r}")
        tops = set()
        for _ in range(mounters):
            tops.add(process.where("/a"))
            require(process.umount("/a") == "ok", "the top of the stack cannot be umounted")
        require(len(tops) == mounters, f"only {tops} were in the stack")
        machine.end()

    @s.sometimes
    def one_climbs_onto_another(taken: Taken) -> bool:
        return taken.cell.label in ("M1.refs", "M2.refs", "M3.refs") and taken.kind == "compare_and_swap" and taken.result is True


@scenario(why="the place is looked at again under mount_mu, level by level")
def mount_vs_mount_by_path(s: Setting) -> None:
    """mount(/a) || mount(/a)."""
    _by_path(s, mounters=2)


@scenario(why="as with two; the last one climbs two levels")
def three_mounts(s: Setting) -> None:
    """mount(/a) || mount(/a) || mount(/a)."""
    _by_path(s, mounters=3)


@scenario(
    expect="VIOLATED",
    violates="forbidden:dropping_a_reference",
    within=S4,
    why="whoever climbs lets go of the covered place while it holds mount_mu",
)
def mount_vs_mount_by_path_original(s: Setting) -> None:
    """The seed's order, by path."""
    _by_path(s, mounters=2)


@scenario(expect="VIOLATED", within=G11, why="all three go onto the directory itself")
def three_mounts_without_climbing(s: Setting) -> None:
    """Operator M22."""
    _by_path(s, mounters=3)


class LockingDentryImpl(DentryImpl):
    """A dentry whose filesystem takes its own lock to drop a reference, as gVisor's memfs does for files."""

    def __init__(self, name: str, fs_mu: Mutex) -> None:
        self.name = name
        self.fs_mu = fs_mu
        self.refs = AtomicInt64(1)

    def inc_ref(self) -> None:
        """Add a reference."""
        self.refs.add(1)

    def try_inc_ref(self) -> bool:
        """Add a reference; the test's dentry is never gone."""
        self.refs.add(1)
        return True

    def dec_ref(self) -> None:
        """Drop a reference under the filesystem's lock."""
        self.fs_mu.lock()
        self.refs.add(-1)
        self.fs_mu.unlock()


def _mount_vs_delete(s: Setting, *, watched: bool = True) -> None:
    scene = Scene(no_collisions)
    if watched:
        watch(s, scene)
    fs_mu = Mutex()
    d = Dentry("R:/d", LockingDentryImpl("R:/d.impl", fs_mu))
    mount = scene.mount("M", d)

    def mounter() -> str:
        place = VirtualDentry(scene.root, d)  # resolved before M came
        place.inc_ref()
        scene.vfs.new_mount(place, Filesystem("N.fs"), Dentry("N:/", LockingDentryImpl("N:/.impl", fs_mu)), name="N")
        return "ok"

    def deleter() -> str:
        fs_mu.lock()
        scene.vfs.mount_mu.lock()
        busy = scene.ns.has_mountpoint_locked(d)
        scene.vfs.mount_mu.unlock()
        fs_mu.unlock()
        return "EBUSY" if busy else "ok"

    s.thread(mounter)
    s.thread(deleter)

    @s.final
    def a_mount_point_is_busy(results: Results) -> None:
        require(results["deleter"] == "EBUSY", "a directory with a mount on it was deleted")

    @s.final
    def coherent(_: Results) -> None:
        scene.check([], mount)


@scenario(why="references are dropped when mount_mu is free, so filesystem locks always come first")
def mount_vs_delete(s: Setting) -> None:
    """A mount that climbs, and a deletion that holds the filesystem's lock while it asks for mount_mu."""
    _mount_vs_delete(s)


@scenario(
    expect="VIOLATED",
    violates="deadlock",
    within=S4,
    why="the mounter holds mount_mu and wants the filesystem's lock, the deleter the other way round",
)
def mount_vs_delete_original(s: Setting) -> None:
    """The seed's order: drop while holding the mount lock. The rule that would catch it first is off."""
    _mount_vs_delete(s, watched=False)


@scenario(
    expect="VIOLATED",
    violates="forbidden:dropping_a_reference",
    within=S4,
    why="lock discipline says it before any deadlock does: references are dropped with mount_mu held",
)
def mount_vs_delete_lock_discipline(s: Setting) -> None:
    """The same defect, caught by the rule."""
    _mount_vs_delete(s)
