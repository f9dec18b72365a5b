"""Calls on the whole VFS explained by the sequential model: whatever overlaps, some order of the calls gives these answers.

The strictest check there is: each answer of each call, errno included, against ``model``. The twin with the two-step busy test is
found without any check written for it.
"""

from __future__ import annotations

from stress.linearizable import tracked
from stress.planted.deletion import M18
from stress.planted.eager_umount import H1
from stress.planted.mounting import G11
from weft import Setting, scenario

MOUNTED = (("mkdir", "/a"), ("mount", "/a", "M"), ("create", "/a/f"))


def _open_umount(s: Setting, *, umounters: int = 1) -> None:
    _, process = tracked(s, *MOUNTED)
    s.thread(lambda: process.where("/a/f", "h"), name="opener")
    for _ in range(umounters):
        s.thread(lambda: process.umount("/a"), name="umounter")


def _open_and_keep(s: Setting) -> None:
    _, process = tracked(s, *MOUNTED)

    def opener() -> str:
        opened = process.open("/a/f", "h")
        return opened if isinstance(opened, str) else "inside"

    s.thread(opener)
    s.thread(lambda: process.umount("/a"), name="umounter")


@scenario(why="an open that overlaps an umount is before it (EBUSY) or after it (ENOENT)")
def linearizable_open_umount(s: Setting) -> None:
    """open(/a/f); close || umount(/a)."""
    _open_umount(s)


@scenario(why="the same with a second umount")
def linearizable_open_two_umounts(s: Setting) -> None:
    """open(/a/f); close || umount(/a) || umount(/a)."""
    _open_umount(s, umounters=2)


@scenario(
    expect="VIOLATED",
    violates="linearizability",
    within=H1,
    why="open answers inside M and umount says ok: no order explains that, since an eager umount of a busy mount is EBUSY",
)
def linearizable_open_umount_original(s: Setting) -> None:
    """The two-step busy test."""
    _open_and_keep(s)


@scenario(why="mounts stack and rmdir is EBUSY, or rmdir comes first")
def linearizable_mount_rmdir(s: Setting) -> None:
    """mount(/d); open(/d) || rmdir(/d)."""
    _, process = tracked(s, ("mkdir", "/d"))

    def mounter() -> tuple[str, str]:
        return process.mount("/d", "M"), process.where("/d", "h")

    s.thread(mounter)
    s.thread(lambda: process.rmdir("/d"), name="remover")


@scenario(
    expect="VIOLATED",
    within=M18,
    why="mount says ok and rmdir too, or the mount is gone at once",
)
def linearizable_mount_rmdir_without_lock(s: Setting) -> None:
    """Operator M18."""
    _, process = tracked(s, ("mkdir", "/d"))
    s.thread(lambda: process.mount("/d", "M"), name="mounter")
    s.thread(lambda: process.rmdir("/d"), name="remover")


@scenario(why="names change in one critical section, and what is mounted on stays where it is")
def linearizable_rename_mkdir_open(s: Setting) -> None:
    """rename(/x, /y) || mkdir(/x); open(/y)."""
    _, process = tracked(s, ("mkdir", "/x"))

    def maker() -> tuple[str, str]:
        return process.mkdir("/x"), process.where("/y", "h")

    s.thread(lambda: process.rename("/x", "/y"), name="renamer")
    s.thread(maker)


@scenario(why="mounts on one directory stack in some order")
def linearizable_mount_mount(s: Setting) -> None:
    """mount(/a); open(/a) || mount(/a)."""
    _, process = tracked(s, ("mkdir", "/a"))

    def first() -> tuple[str, str]:
        return process.mount("/a", "M"), process.where("/a", "h")

    s.thread(first)
    s.thread(lambda: process.mount("/a", "N"), name="second")


@scenario(
    expect="VIOLATED",
    violates="linearizability",
    why="mount resolves /a into N, N is umounted, and mounting on what was umounted is ENOENT although /a was there all the time; "
    "gVisor answers so by design (d7d8a0a5a), Linux EINVAL: a known gap between implementation and model, kept in sight",
)
def mount_resolved_into_what_is_umounted(s: Setting) -> None:
    """mount(/a) || umount -l /a, with N on /a."""
    _, process = tracked(s, ("mkdir", "/a"), ("mount", "/a", "N"))
    s.thread(lambda: process.mount("/a", "M"), name="mounter")
    s.thread(lambda: process.umount("/a", lazy=True), name="umounter")


@scenario(
    expect="VIOLATED",
    within=G11,
    why="the second mount goes under the first, with the same key",
)
def linearizable_mount_mount_without_climbing(s: Setting) -> None:
    """Operator M22."""
    _, process = tracked(s, ("mkdir", "/a"))
    s.thread(lambda: process.mount("/a", "M"), name="first")
    s.thread(lambda: process.mount("/a", "N"), name="second")
