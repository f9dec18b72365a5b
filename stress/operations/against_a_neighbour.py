"""Each operation of the VFS while another process makes a directory and umounts what is on /a, lazily.

The neighbour takes every lock there is: the filesystem's for writing, ``mount_mu``, and the write section of the mount table. So an
operation that can be made to wait, or to try again, is. The progress classes are ``weft progress``'s; the verdict is that all of
them hold.
"""

from __future__ import annotations

from collections.abc import Callable

from impl.flags import O_CREAT, O_RDWR
from stress.machine import Machine, Process, answer
from weft import Scenario, Setting, UsageError

Act = Callable[[Process], object]

SETUP = (("mkdir", "/a"), ("mount", "/a", "M"), ("create", "/a/f"), ("mkdir", "/d"), ("create", "/g"))


def against(name: str, act: Act) -> Scenario:
    """The race of one operation with the neighbour; the operation's thread is called like it."""

    def build(s: Setting) -> None:
        machine = Machine()
        process = machine.process
        for call, *arguments in SETUP:
            if getattr(process, call)(*arguments) != "ok":
                raise UsageError(f"the set-up fails at {call}{tuple(arguments)}")
        machine.watch(s)

        def neighbour() -> tuple[str, str]:
            return process.mkdir("/z"), process.umount("/a", lazy=True)

        def operation() -> str:
            answered = act(process)
            return answered if isinstance(answered, str) else "done"

        s.thread(operation, name=name)
        s.thread(neighbour)

        @s.final
        def no_reference_is_lost(_: object) -> None:
            machine.end()

    return Scenario(name, build, why="whatever it meets, it ends, and leaves every count right", file=__file__)


def _open_and_close(process: Process, path: str, flags: int = 0) -> str:
    opened = process.open(path, flags)
    if isinstance(opened, str):
        return opened
    opened.dec_ref()
    return "ok"


def _look_inside(process: Process) -> str:
    opened = process.open("/d")
    if isinstance(opened, str):
        return opened
    opened.iter_dirents()
    opened.dec_ref()
    return "ok"


def _write_and_read(process: Process) -> str:
    opened = process.open("/g", O_RDWR)
    if isinstance(opened, str):
        return opened
    opened.write(b"x")
    opened.read(1, offset=0)
    opened.dec_ref()
    return "ok"


get_dentry_at = against("get_dentry_at", lambda p: p.where("/a/f"))
open_at = against("open_at", lambda p: _open_and_close(p, "/a/f"))
open_at_creating = against("open_at_creating", lambda p: _open_and_close(p, "/n", O_CREAT | O_RDWR))
stat_at = against("stat_at", lambda p: p.exists("/a/f"))
stat_at_dot_dot = against("stat_at_dot_dot", lambda p: p.exists("/a/../d"))
mkdir_at = against("mkdir_at", lambda p: p.mkdir("/n"))
rmdir_at = against("rmdir_at", lambda p: p.rmdir("/d"))
unlink_at = against("unlink_at", lambda p: p.unlink("/g"))
rename_at = against("rename_at", lambda p: p.rename("/g", "/n"))
link_at = against("link_at", lambda p: answer(p.vfs.link_at, p.context.at("/g"), p.context.at("/n")))
symlink_at = against("symlink_at", lambda p: answer(p.vfs.symlink_at, p.context.at("/n"), "/d"))
readlink_at = against("readlink_at", lambda p: answer(p.vfs.readlink_at, p.context.at("/g")))
mount_at = against("mount_at", lambda p: p.mount("/d", "N"))
umount_at = against("umount_at", lambda p: p.umount("/a"))
umount_at_lazy = against("umount_at_lazy", lambda p: p.umount("/a", lazy=True))
bind_at = against("bind_at", lambda p: answer(p.vfs.bind_at, p.context.at("/d"), p.context.at("/a")))
remount_at = against("remount_at", lambda p: p.remount("/a", read_only=True))
read_write = against("read_write", _write_and_read)
iter_dirents = against("iter_dirents", _look_inside)
