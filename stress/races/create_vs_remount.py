"""Opening files for writing, or to truncate them, against making the mount read-only: the second half of group 7.

The write that creating announces lasts until the description has announced its own, which lasts until the last close. So a file
that was created can be written, and a mount that is read-only does not change.
"""

from __future__ import annotations

from impl.file_description import FileDescription
from impl.flags import O_CREAT, O_RDONLY, O_RDWR, O_TRUNC
from stress.machine import Machine, answer
from stress.planted.writers import M34, S13
from weft import Results, Setting, require, scenario
from weft.scenario import Taken


def _opened(machine: Machine, path: str, flags: int) -> FileDescription:
    made = machine.process.open(path, flags)
    assert isinstance(made, FileDescription)
    return made


def _finds_a_writer(taken: Taken) -> bool:
    at_writers = taken.thread == "remounter" and taken.cell.label.endswith(".writers")
    return at_writers and taken.kind == "compare_and_swap" and taken.result is False


def _create(s: Setting, *, closer: bool) -> None:
    machine = Machine()
    process = machine.process
    mount = machine.ns.root_mount
    old = _opened(machine, "/old", O_CREAT | O_RDWR) if closer else None
    machine.watch(s)

    def writer() -> str:
        made = process.open("/f", O_CREAT | O_RDWR)
        if not isinstance(made, FileDescription):
            return made
        wrote = answer(made.write, b"x")
        made.dec_ref()
        return wrote

    s.thread(writer)
    s.thread(lambda: process.remount("/", read_only=True), name="remounter")
    if old is not None:
        s.thread(old.dec_ref, name="closer")

    @s.final
    def an_open_file_can_be_written(results: Results) -> None:
        require(results["writer"] in ("ok", "EROFS"), f"the writer got {results['writer']}")
        require(results["remounter"] in ("ok", "EBUSY"), f"remount answered {results['remounter']}")

    @s.final
    def what_is_refused_is_not_there(results: Results) -> None:
        require(mount.is_read_only() == (results["remounter"] == "ok"), "the mount is not what remount said")
        expected = "ok" if results["writer"] == "ok" else "ENOENT"
        require(process.exists("/f") == expected, f"open said {results['writer']} and the file is {process.exists('/f')}")

    @s.final
    def nothing_is_left(results: Results) -> None:
        require(process.remount("/", read_only=False) == "ok", "remount,rw fails")
        for path in ("/f",) * (results["writer"] == "ok") + ("/old",) * closer:
            require(process.unlink(path) == "ok", f"unlink {path} fails")
        machine.end()

    s.sometimes(_finds_a_writer)


@scenario(why="the description announces its write before the creation's is over, so the mount stays writable until it closes")
def create_vs_remount(s: Setting) -> None:
    """open(O_CREAT|O_RDWR); write; close || remount,ro."""
    _create(s, closer=False)


@scenario(why="the mount is busy until the last of both files is closed")
def create_vs_remount_vs_close(s: Setting) -> None:
    """open(O_CREAT|O_RDWR); write; close || remount,ro || close of another file."""
    _create(s, closer=True)


@scenario(
    expect="VIOLATED",
    violates="final:what_is_refused_is_not_there",
    within=M34,
    why="the file is made, the mount becomes read-only, and the open is refused",
)
def create_vs_remount_ending_too_early(s: Setting) -> None:
    """Operator M34."""
    _create(s, closer=False)


@scenario(
    expect="VIOLATED",
    violates="final:what_is_refused_is_not_there",
    within=M34,
    why="the same, when the other file happens to be closed in time",
)
def create_vs_remount_vs_close_ending_too_early(s: Setting) -> None:
    """Operator M34, with three threads."""
    _create(s, closer=True)


def _truncate(s: Setting) -> None:
    machine = Machine()
    process = machine.process
    made = _opened(machine, "/f", O_CREAT | O_RDWR)
    made.write(b"hello")
    made.dec_ref()
    machine.watch(s)

    def size() -> int:
        return machine.vfs.stat_at(process.context.at("/f")).size

    def truncator() -> str:
        opened = process.open("/f", O_RDONLY | O_TRUNC)
        if not isinstance(opened, FileDescription):
            return opened
        opened.dec_ref()
        return "ok"

    def remounter() -> tuple[str, int]:
        return process.remount("/", read_only=True), size()

    s.thread(truncator)
    s.thread(remounter)

    @s.final
    def what_is_read_only_does_not_change(results: Results) -> None:
        answered, seen = results["remounter"]
        require(results["truncator"] in ("ok", "EROFS"), f"the truncating open got {results['truncator']}")
        require(answered == "EBUSY" or size() == seen, f"remount,ro said ok with {seen} bytes in the file, now there are {size()}")

    @s.final
    def nothing_is_left(_: Results) -> None:
        require(process.remount("/", read_only=False) == "ok", "remount,rw fails")
        require(process.unlink("/f") == "ok", "unlink fails")
        machine.end()

    s.sometimes(_finds_a_writer)


@scenario(why="truncating announces a write of its own, although the description cannot write")
def truncate_vs_remount(s: Setting) -> None:
    """open(O_RDONLY|O_TRUNC) || remount,ro; stat."""
    _truncate(s)


@scenario(
    expect="VIOLATED",
    violates="final:what_is_read_only_does_not_change",
    within=S13,
    why="nobody announced the write, so the mount becomes read-only before it",
)
def truncate_vs_remount_original(s: Setting) -> None:
    """The seed."""
    _truncate(s)
