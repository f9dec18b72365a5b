"""Climbing through ".." out of a mount against a lazy umount that then mounts the filesystem elsewhere.

The walker holds a reference inside M and asks where M is mounted. The answer must still be true when the references to it are
held (the strict reading; Linux does the same). The umounter looks at the directory's count when its umount has returned: a
reference that appears only later was taken on a mount point that no longer was one.
"""

from __future__ import annotations

from impl.dentry import CountedDentryImpl
from stress.checks import watch
from stress.planted.dot_dot import S1
from stress.scene import Scene, no_collisions
from weft import Results, Setting, require, scenario


def _build(s: Setting, *, walkers: int = 1) -> None:
    scene = Scene(no_collisions)
    watch(s, scene)
    mount = scene.mount("M", scene.a)
    mount.inc_ref()  # the walker's working directory
    counted = scene.a.impl
    assert isinstance(counted, CountedDentryImpl)

    def walker() -> str:
        place = scene.vfs.get_mountpoint_at(mount, None)
        return "detached" if place is None else place.dentry.name

    def umounter() -> int:
        held = scene.walk(scene.a)
        assert held is not None
        scene.vfs.umount_mount(held, scene.ns, lazy=True)
        seen = counted.refs.load()
        held.fs.inc_ref()
        held.root.inc_ref()
        scene.vfs.new_mount(scene.place(scene.b), held.fs, held.root, name="M again")
        held.dec_ref()
        return seen

    for _ in range(walkers):
        s.thread(walker)
    s.thread(umounter)

    @s.final
    def the_mount_point_was_one_when_it_was_taken(results: Results) -> None:
        *walked, seen = results
        require(seen > walked.count("R:/a"), '".." led to R:/a with a reference taken after the umount had returned')

    @s.final
    def dot_dot_leads_nowhere_else(results: Results) -> None:
        for walked in results[:walkers]:
            require(walked in ("R:/a", "detached"), f"the walker came out at {walked}")

    @s.final
    def nothing_is_left(results: Results) -> None:
        for _ in range(list(results).count("R:/a")):
            scene.root.dec_ref()
            scene.a.dec_ref()
        again = scene.walk(scene.b)
        require(again is not None, "the filesystem is not mounted on b")
        assert again is not None
        again.dec_ref()
        scene.release([mount], mount, again)


@scenario(why="after taking both references the walk checks again that no write section came in between")
def dot_dot_vs_lazy_umount(s: Setting) -> None:
    """The corrected climb."""
    _build(s)


@scenario(why="each walk checks for itself")
def two_dot_dots_vs_lazy_umount(s: Setting) -> None:
    """The corrected climb, twice."""
    _build(s, walkers=2)


@scenario(
    expect="VIOLATED",
    violates="final:the_mount_point_was_one_when_it_was_taken",
    within=S1,
    why="the key is read, the umount runs, and the references are taken to where the mount no longer is",
)
def dot_dot_vs_lazy_umount_original(s: Setting) -> None:
    """The seed's first block, without the last check."""
    _build(s)


@scenario(
    expect="VIOLATED",
    violates="final:the_mount_point_was_one_when_it_was_taken",
    within=S1,
    why="the window is as open with two walks",
)
def two_dot_dots_vs_lazy_umount_original(s: Setting) -> None:
    """The seed's first block, twice."""
    _build(s, walkers=2)
