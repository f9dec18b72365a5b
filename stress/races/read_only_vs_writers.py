"""Making a mount read-only against writers: group 7 of the scenario suite.

Read-only means that nobody writes: the remount is EBUSY while a write is announced, and a write is EROFS once the mount is
read-only. A writer that is refused must leave no trace, or the next remount fails for nothing (known defect S5).
"""

from __future__ import annotations

from impl import FsError
from stress.machine import Machine, answer
from stress.planted.writers import S5, STORE_ZERO
from weft import Results, Setting, require, scenario
from weft.scenario import Taken


def _remounts(s: Setting, *, watched: bool = True, apart: bool = False) -> None:
    machine = Machine()
    process = machine.process
    require(process.remount("/", read_only=True) == "ok", "the set-up fails")
    mount = machine.ns.root_mount
    if watched:
        machine.watch(s)

    def writer() -> str:
        try:
            mount.check_begin_write()
        except FsError:
            return "EROFS"
        mount.end_write()
        return "wrote"

    def remounter() -> tuple[str, str]:
        return process.remount("/", read_only=False), process.remount("/", read_only=True)

    s.thread(writer)
    if apart:
        s.thread(lambda: process.remount("/", read_only=False), name="makes-writable")
        s.thread(lambda: process.remount("/", read_only=True), name="forbids-writing")
    else:
        s.thread(remounter)

    @s.final
    def refused_writers_leave_no_trace(results: Results) -> None:
        writable, read_only = results[1:] if apart else results["remounter"]
        require(writable == "ok", f"remount,rw answered {writable}")
        if results["writer"] == "EROFS":
            require(read_only == "ok", "remount,ro is EBUSY although nobody wrote")

    @s.final
    def the_mount_can_still_be_used(results: Results) -> None:
        read_only = mount.is_read_only()
        require(apart or read_only == (results["remounter"][1] == "ok"), "the mount is not what remount said")
        if read_only:
            require(answer(mount.check_begin_write) == "EROFS", "a write on a read-only mount")
            require(process.remount("/", read_only=False) == "ok", "the mount stays read-only")
        require(answer(mount.check_begin_write) == "ok", "a write on a writable mount is refused")
        mount.end_write()
        machine.end()

    @s.sometimes
    def the_remount_finds_a_writer(taken: Taken) -> bool:
        return (
            taken.cell.label.endswith(".writers")
            and taken.kind == "compare_and_swap"
            and taken.operands[0] == 0
            and not taken.result
        )


@scenario(why="a writer is counted only by a compare-and-swap that saw the mount writable")
def remounts_vs_writer(s: Setting) -> None:
    """begin_write || remount,rw; remount,ro."""
    _remounts(s)


@scenario(why="read-only is EBUSY only while the writer that was let in writes")
def two_remounts_vs_writer(s: Setting) -> None:
    """begin_write || remount,rw || remount,ro."""
    _remounts(s, apart=True)


@scenario(
    expect="VIOLATED",
    violates="final:refused_writers_leave_no_trace",
    within=S5,
    why="as with one remounter",
)
def two_remounts_vs_writer_original(s: Setting) -> None:
    """The seed's transient increment, with three threads."""
    _remounts(s, watched=False, apart=True)


@scenario(
    expect="VIOLATED",
    violates="final:refused_writers_leave_no_trace",
    within=S5,
    why="a refused writer counts for an instant, and the remount takes it for a real one",
)
def remounts_vs_writer_original(s: Setting) -> None:
    """The seed's transient increment. The invariant that would catch it at once is off."""
    _remounts(s, watched=False)


@scenario(
    expect="VIOLATED",
    within=STORE_ZERO,
    why="making the mount writable forgets the increment of a refused writer, which then counts below zero",
)
def remounts_vs_writer_store_zero(s: Setting) -> None:
    """Operator M33: remount,rw stores 0."""
    _remounts(s, watched=False)


@scenario(why="whoever makes a mount writable looks and changes under mount_mu, so nobody does it twice")
def two_remounts_to_writable(s: Setting) -> None:
    """remount,rw || remount,rw."""
    machine = Machine()
    process = machine.process
    require(process.remount("/", read_only=True) == "ok", "the set-up fails")
    mount = machine.ns.root_mount
    machine.watch(s)
    for name in ("first", "second"):
        s.thread(lambda: process.remount("/", read_only=False), name=name)

    @s.final
    def the_mount_is_writable(results: Results) -> None:
        require(set(results) == {"ok"}, f"they answered {results!r}")
        require(not mount.is_read_only(), "the mount is read-only")
        require(process.create("/f") == "ok", "a file cannot be made")
        require(process.unlink("/f") == "ok", "nor deleted")
        machine.end()
