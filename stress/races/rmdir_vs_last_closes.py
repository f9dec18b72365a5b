"""Deleting a directory that is a mount point elsewhere, against the last closes in what is mounted there: group 10.

ns2 has M on /d and C on M/c, with a directory open in each. The deletion in ns1 detaches M and umounts C, which stays connected
to M as long as somebody refers to it. Whoever closes last takes it out, and everything goes exactly once.
"""

from __future__ import annotations

from impl import VirtualDentry, check_released
from impl.context import PathOperation
from stress.machine import Machine, answer
from stress.planted.destruction import M28, S3
from weft import Results, Setting, require, scenario


def _build(s: Setting, *, closers: tuple[str, ...]) -> None:
    machine = Machine()
    process = machine.process
    require(process.mkdir("/d") == "ok", "the set-up fails")
    namespace, other = machine.clone("ns2")
    for made in (other.mount("/d", "M"), other.mkdir("/d/c"), other.mount("/d/c", "C")):
        require(made == "ok", f"the set-up fails: {made}")
    in_m, in_c = other.hold("/d"), other.hold("/d/c")
    assert isinstance(in_m, VirtualDentry)
    assert isinstance(in_c, VirtualDentry)
    machine.watch(s, namespace)

    def remover() -> str:
        return process.rmdir("/d")

    s.thread(remover)
    for closer in closers:
        s.thread((in_m if closer == "M" else in_c).dec_ref, name=f"closes-{closer}")

    @s.final
    def everything_goes_once(results: Results) -> None:
        require(results["remover"] == "ok", f"rmdir answered {results['remover']}")
        if "M" not in closers:
            in_m.dec_ref()
        if "C" not in closers:
            in_c.dec_ref()
        check_released(in_m.mount, in_c.mount, in_m.mount.fs, in_c.mount.fs)

    @s.final
    def nothing_is_left(_: Results) -> None:
        other.end()
        machine.end(namespace)


@scenario(why="destroying C tests under mount_mu whether it is still connected")
def rmdir_vs_last_close(s: Setting) -> None:
    """rmdir(/d) in ns1 || close in C."""
    _build(s, closers=("C",))


@scenario(why="whichever close comes last, C leaves M before M is destroyed, for C holds a reference on M until then")
def rmdir_vs_last_closes(s: Setting) -> None:
    """rmdir(/d) in ns1 || close in M || close in C."""
    _build(s, closers=("M", "C"))


@scenario(
    expect="VIOLATED",
    within=S3,
    why="the last reference frees C while it is still in the table",
)
def rmdir_vs_last_close_original(s: Setting) -> None:
    """The seed's destruction."""
    _build(s, closers=("C",))


def _detached(s: Setting, *, closes_in_m: bool) -> None:
    """After the deletion: C hangs on M/c, held by an open directory only, and M/c is deleted too, from ns1."""
    machine = Machine()
    process = machine.process
    require(process.mkdir("/d") == "ok", "the set-up fails")
    namespace, other = machine.clone("ns2")
    for made in (other.mount("/d", "M"), other.mkdir("/d/c"), other.mount("/d/c", "C")):
        require(made == "ok", f"the set-up fails: {made}")
    in_m, also_in_m, in_c = other.hold("/d"), other.hold("/d"), other.hold("/d/c")
    assert isinstance(in_m, VirtualDentry)
    assert isinstance(also_in_m, VirtualDentry)
    assert isinstance(in_c, VirtualDentry)
    require(process.rmdir("/d") == "ok", "the set-up fails")
    machine.watch(s, namespace)

    s.thread(in_c.dec_ref, name="closes-C")
    c = PathOperation(machine.ns, process.context.root, in_m, "c")
    s.thread(lambda: answer(machine.vfs.rmdir_at, c), name="remover")
    if closes_in_m:
        s.thread(also_in_m.dec_ref, name="closes-M")

    @s.final
    def everything_goes_once(results: Results) -> None:
        require(results["remover"] == "ok", f"rmdir answered {results['remover']}")
        check_released(in_c.mount, in_c.mount.fs)

    @s.final
    def nothing_is_left(_: Results) -> None:
        in_m.dec_ref()
        if not closes_in_m:
            also_in_m.dec_ref()
        check_released(in_m.mount, in_m.mount.fs)
        other.end()
        machine.end(namespace)


@scenario(why="whoever has mount_mu first takes C out of the table, and the other finds it taken out")
def last_close_vs_rmdir_of_its_mount_point(s: Setting) -> None:
    """close in C, which still hangs on M/c || rmdir(M/c)."""
    _detached(s, closes_in_m=False)


@scenario(why="M outlives C, since C holds a reference on it while it hangs there")
def last_closes_vs_rmdir_of_the_mount_point(s: Setting) -> None:
    """close in C || rmdir(M/c) || close in M."""
    _detached(s, closes_in_m=True)


@scenario(expect="VIOLATED", within=M28, why="both take C out")
def last_close_vs_rmdir_looking_once(s: Setting) -> None:
    """Operator M28."""
    _detached(s, closes_in_m=False)


@scenario(expect="VIOLATED", within=M28, why="as with two")
def last_closes_vs_rmdir_looking_once(s: Setting) -> None:
    """Operator M28, with three threads."""
    _detached(s, closes_in_m=True)
