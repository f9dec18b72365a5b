"""The last process leaves a namespace while another still has a directory open in it: group 8 of the scenario suite.

Releasing the namespace umounts its tree lazily; what is held stays usable and goes with its last reference. At the end nothing may
be left: no mount, no reference, no filesystem.
"""

from __future__ import annotations

from impl import FsError, check_released
from impl.context import PathOperation
from stress.machine import Machine
from stress.planted.destruction import M15, S2
from weft import Results, Setting, require, scenario


def _build(s: Setting, *, umounter: bool) -> None:
    machine = Machine()
    process, vfs = machine.process, machine.vfs
    for made in (process.mkdir("/a"), process.mount("/a", "M"), process.create("/a/f")):
        require(made == "ok", f"the set-up fails: {made}")
    namespace, other = machine.clone("ns2")
    mounts = tuple(m for m in vfs.mounts.entries() if m.ns.read() is namespace)
    filesystem = mounts[0].fs
    held = namespace.root()  # what the walker starts from; not counted as a reference to the namespace
    other.context.cwd.dec_ref()
    other.context.root.dec_ref()
    namespace.dec_ref()
    machine.watch(s, namespace)

    def leaver() -> None:
        other.context.namespace.dec_ref()

    def walker() -> str:
        path = PathOperation(namespace, held, held, "a/f")
        try:
            found = vfs.open_at(path)
        except FsError:
            return "gone"
        found.dec_ref()
        return "found"

    s.thread(leaver)
    s.thread(walker)
    if umounter:
        s.thread(process.umount, "/a", name="umounter")

    @s.final
    def nothing_is_left_of_the_namespace(results: Results) -> None:
        require(results["walker"] in ("found", "gone"), f"the walker got {results['walker']}")
        held.dec_ref()
        check_released(namespace, namespace.root_mount, *mounts)

    @s.final
    def nothing_is_left(_: Results) -> None:
        machine.end()
        check_released(filesystem)


@scenario(why="the tree is umounted once, under mount_mu, and what the walk holds goes with its last reference")
def namespace_release_vs_walk(s: Setting) -> None:
    """leave ns2 || open(/a/f) in ns2."""
    _build(s, umounter=False)


@scenario(why="the umount is in another namespace, of another mount of the same filesystem")
def namespace_release_vs_walk_vs_umount(s: Setting) -> None:
    """leave ns2 || open(/a/f) in ns2 || umount(/a) in ns1."""
    _build(s, umounter=True)


@scenario(
    expect="VIOLATED",
    violates="final:nothing_is_left_of_the_namespace",
    within=S2,
    why="the namespace is never released, so its mounts stay for ever",
)
def namespace_release_vs_walk_original(s: Setting) -> None:
    """The seed's drop, which adds 0."""
    _build(s, umounter=False)


@scenario(
    expect="VIOLATED",
    violates="final:nothing_is_left_of_the_namespace",
    within=M15,
    why="what the VFS held is never let go of, so no mount of the namespace is freed",
)
def namespace_release_vs_walk_vs_umount_leaking(s: Setting) -> None:
    """Operator M15, with three threads."""
    _build(s, umounter=True)
