"""What one caller alone is told where the model has no words for the question: flags, types of filesystems, another root.

The search has nothing to do, as in ``side_by_side``.
"""

from __future__ import annotations

from impl import FsError, VirtualDentry
from impl.context import FsContext
from impl.flags import MNT_FORCE, O_ACCMODE, O_APPEND, O_CREAT, O_DIRECTORY, O_PATH, O_RDONLY, O_RDWR, O_TMPFILE, O_WRONLY, TMPFILE
from impl.memfs.filesystem import MemfsType
from stress.machine import Machine, Process, answer
from weft import AtomicBool, Setting, require, scenario

OPENED = (
    ("/f", TMPFILE | O_WRONLY, "EINVAL"),
    ("/", O_TMPFILE, "EINVAL"),
    ("/", O_TMPFILE | O_WRONLY | O_CREAT, "EINVAL"),
    ("/", O_TMPFILE | O_WRONLY, "EOPNOTSUPP"),
    ("/f", O_PATH | O_CREAT | O_WRONLY | TMPFILE, "ok"),
    ("/f", O_PATH | O_DIRECTORY, "ENOTDIR"),
    ("/f", O_RDONLY | 1 << 30, "ok"),
    ("/f", O_ACCMODE, "ok"),
    ("/", O_ACCMODE, "EISDIR"),
)
"""What is opened, how, and the answer."""

READ_AND_WRITTEN = (
    (O_RDONLY, ("ok", "EBADF")),
    (O_WRONLY, ("EBADF", "ok")),
    (O_RDWR, ("ok", "ok")),
    (O_ACCMODE, ("EBADF", "EBADF")),
    (O_PATH, ("EBADF", "EBADF")),
)
"""How a file is opened, and what reading and writing it say."""

UMOUNTED = ((8, "EINVAL"), (MNT_FORCE | 4, "EINVAL"), (MNT_FORCE, "ok"))
"""The flags, and the answer."""


def _open_says(machine: Machine, path: str, flags: int) -> str:
    try:
        machine.vfs.open_at(machine.process.context.at(path), flags=flags).dec_ref()
    except FsError as refused:
        return refused.name
    return "ok"


@scenario(why="every flag means what the manual says")
def flags_of_open_and_umount(s: Setting) -> None:
    """open(2) with odd flags, reading and writing what was opened, umount2(2) with odd flags, mounting unknown types."""
    begun = AtomicBool()
    s.thread(lambda: begun.store(value=True), name="caller")

    @s.final
    def each_call_is_answered_as_it_should(_: object) -> None:
        machine = Machine()
        process, vfs = machine.process, machine.vfs
        for made in (process.create("/f"), process.mkdir("/d"), process.mount("/d", "M")):
            require(made == "ok", f"the set-up fails: {made}")
        for path, flags, expected in OPENED:
            said = _open_says(machine, path, flags)
            require(said == expected, f"open({path!r}, {flags:#o}) answered {said}, expected {expected}")
        for flags, expected_two in READ_AND_WRITTEN:
            opened = vfs.open_at(process.context.at("/f"), flags=flags)
            both = answer(opened.read, 1), answer(opened.write, b"x")
            require(both == expected_two, f"reading and writing after open(/f, {flags:#o}) answered {both}")
            opened.dec_ref()
        appending = vfs.open_at(process.context.at("/f"), flags=O_WRONLY | O_APPEND)
        before = vfs.stat_at(process.context.at("/f")).size
        appending.write(b"end")
        require(vfs.stat_at(process.context.at("/f")).size == before + 3, "O_APPEND does not write at the end")
        appending.dec_ref()
        for flags, expected in UMOUNTED:
            said = answer(vfs.umount_at, process.context.at("/d"), flags=flags)
            require(said == expected, f"umount(/d, {flags}) answered {said}, expected {expected}")
        said = answer(vfs.mount_at, process.context.at("/d"), "nofs", source="N")
        require(said == "ENODEV", f"mounting a filesystem of no known type answered {said}")
        said = answer(vfs.register_filesystem_type, MemfsType())
        require(said == "EBUSY", f"registering a type of that name again answered {said}")
        said = answer(vfs.symlink_at, process.context.at("/l"), "")
        require(said == "ENOENT", f"a symlink to nothing answered {said}")
        machine.end()


@scenario(why="a walk never leaves its root, wherever that is")
def a_process_with_a_root_of_its_own(s: Setting) -> None:
    """stat(/..), stat(../..) and an absolute symlink in a process whose root is the directory /d, as after chroot(2)."""
    begun = AtomicBool()
    s.thread(lambda: begun.store(value=True), name="caller")

    @s.final
    def nothing_outside_is_reached(_: object) -> None:
        machine = Machine()
        process, vfs = machine.process, machine.vfs
        for made in (
            process.mkdir("/d"),
            process.mkdir("/d/e"),
            process.mount("/d", "M"),
            process.mkdir("/d/e"),
            process.mkdir("/x"),
        ):
            require(made == "ok", f"the set-up fails: {made}")
        vfs.symlink_at(process.context.at("/d/l"), "/e")
        root, inside = process.hold("/d"), process.hold("/d/e")
        assert isinstance(root, VirtualDentry)
        assert isinstance(inside, VirtualDentry)
        machine.ns.inc_ref()
        confined = Process(machine, FsContext("confined", machine.ns, root, inside))
        for path, expected in (("/..", "ok"), ("../../../e", "ok"), ("/../x", "ENOENT"), ("../../x", "ENOENT"), ("/l", "ok")):
            said = confined.exists(path)
            require(said == expected, f"stat({path!r}) inside /d answered {said}, expected {expected}")
        require(confined.where("/..") == "M", "going up from the root leads out of it")
        confined.end()
        machine.end()
