"""A lookup against the removal of another mount, and against growth, with every key in one home slot: group 3 of the suite.

Removing an entry shifts those behind it back, into slots that a probe under way has already passed. A lookup must not believe the
empty slot it then meets: M2 is mounted all the time.
"""

from __future__ import annotations

from impl import VirtualDentry
from stress.checks import watch
from stress.machine import Machine
from stress.planted.lookup import L05, M12, M44, M44_DELETE, M44_RELEASE
from stress.scene import Scene, all_collide
from weft import Results, Setting, require, scenario
from weft.scenario import Taken


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


@scenario(expect="VIOLATED", within=M44, why="the shift happens unseen, and the empty slot is believed with an old counter")
def lookup_vs_remove_outside_write_section(s: Setting) -> None:
    """Operator M44."""
    _build(s)


@scenario(
    expect="VIOLATED",
    violates="invariant:indexes_agree_while_mount_mu_is_free",
    within=M12,
    why="the hole ends every probe for M2, and it is said before anybody looks",
)
def lookup_vs_remove_without_shifting_back(s: Setting) -> None:
    """Operator M12."""
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


def _by_path(s: Setting, *, together: bool) -> None:
    machine = Machine(all_collide)
    process = machine.process
    for name in "abcd":
        require(process.mkdir(f"/{name}") == "ok", "the set-up fails")
    for name in "abc":  # as many as a table of four holds
        require(process.mount(f"/{name}", f"on {name}") == "ok", "the set-up fails")
    machine.watch(s)

    def walker() -> str:
        return process.where("/c")

    def mounter() -> str:
        return process.mount("/d", "on d")

    def umounter() -> str:
        return process.umount("/a")

    s.thread(walker)
    if together:
        s.thread(mounter)
        s.thread(umounter)
    else:
        s.thread(lambda: (mounter(), umounter()), name="changer")

    @s.final
    def what_is_mounted_is_found(results: Results) -> None:
        require(results["walker"] == "on c", f"the walk to /c came out in {results['walker']}")
        changes = results[1:] if together else results["changer"]
        require(tuple(changes) == ("ok", "ok"), f"mount and umount answered {changes}")

    @s.final
    def nothing_is_left(_: Results) -> None:
        found = [process.where(f"/{name}") for name in "abcd"]
        require(found == ["R", "on b", "on c", "on d"], f"the directories lead into {found}")
        for name in "bcd":
            require(process.umount(f"/{name}") == "ok", f"umount /{name} fails")
        machine.end()

    @s.sometimes
    def the_probe_starts_again(taken: Taken) -> bool:
        return taken.thread == "walker" and taken.kind == "read_ok" and taken.result is False


@scenario(why="whatever the table does meanwhile, the probe is believed only if it did nothing")
def where_vs_growth_and_remove(s: Setting) -> None:
    """where(/c) || mount(/d), which grows the table; umount(/a)."""
    _by_path(s, together=False)


@scenario(why="growth and removal exclude each other; the probe starts again after either")
def where_vs_growth_vs_remove(s: Setting) -> None:
    """where(/c) || mount(/d) || umount(/a)."""
    _by_path(s, together=True)


@scenario(
    expect="VIOLATED",
    violates="final:what_is_mounted_is_found",
    within=L05,
    why="the entry that was last in the row has moved into a slot already passed, and the walk sees the covered directory",
)
def where_vs_growth_vs_remove_unchecked(s: Setting) -> None:
    """Operator M8."""
    _by_path(s, together=True)


def _another_namespace(s: Setting, *, ends: bool) -> None:
    """A mount of another namespace comes first in the table, and goes while a walk inside M looks for what is on /m/c."""
    machine = Machine(all_collide)
    process = machine.process
    for name in "am":
        require(process.mkdir(f"/{name}") == "ok", "the set-up fails")
    other, there = machine.clone("ns2")
    for made in (there.mount("/a", "on a"), process.mount("/m", "M"), process.mkdir("/m/c"), process.mount("/m/c", "on c")):
        require(made == "ok", f"the set-up fails: {made}")
    there.end()
    inside = process.hold("/m")
    assert isinstance(inside, VirtualDentry)
    machine.watch(s, other)

    def walker() -> str:
        found = machine.vfs.get_dentry_at(process.context.at("c", start=inside))
        name = found.mount.fs.name
        found.dec_ref()
        return name

    def changer() -> str:
        if not ends:
            return process.rmdir("/a")
        other.dec_ref()
        return "ok"

    s.thread(walker)
    s.thread(changer)

    @s.final
    def what_is_mounted_is_found(results: Results) -> None:
        require(results["walker"] == "on c", f"the walk to /m/c came out in {results['walker']}")
        require(results["changer"] == "ok", f"rmdir answered {results['changer']}")

    @s.final
    def nothing_is_left(_: Results) -> None:
        left = [mount.name for mount in machine.vfs.mounts.entries()]
        require(left == ["M", "on c"], f"mounted are {left}")
        inside.dec_ref()
        machine.end(*(() if ends else (other,)))

    @s.sometimes
    def the_probe_starts_again(taken: Taken) -> bool:
        return taken.thread == "walker" and taken.kind == "read_ok" and taken.result is False


@scenario(why="what a deletion detaches in other namespaces leaves the table in a write section")
def where_vs_rmdir_in_another_namespace(s: Setting) -> None:
    """where(/m/c) from /m || rmdir(/a), on which another namespace has a mount."""
    _another_namespace(s, ends=False)


@scenario(why="the mounts of a namespace leave the table in one write section")
def where_vs_end_of_another_namespace(s: Setting) -> None:
    """where(/m/c) from /m || the last reference to another namespace goes, which has a mount on /a."""
    _another_namespace(s, ends=True)


@scenario(
    expect="VIOLATED",
    violates="final:what_is_mounted_is_found",
    within=M44_DELETE,
    why="the entry of /m/c is shifted into a slot already passed, and no counter tells",
)
def where_vs_rmdir_outside_write_section(s: Setting) -> None:
    """Operator M44, in a deletion."""
    _another_namespace(s, ends=False)


@scenario(
    expect="VIOLATED",
    violates="final:what_is_mounted_is_found",
    within=M44_RELEASE,
    why="as with a deletion",
)
def where_vs_end_of_another_namespace_outside_write_section(s: Setting) -> None:
    """Operator M44, at the end of a namespace."""
    _another_namespace(s, ends=True)
