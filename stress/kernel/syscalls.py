"""System calls that the standard library lacks in 3.11: mounts, mount namespaces, raw directory entries.

Each raises ``OSError`` as the calls of ``os`` do. The four calls of the new mount interface go by number, which is the
same on every architecture but alpha; the C library has them by name only from 2.36.

Source: mount(2), umount2(2), unshare(2), setns(2), pivot_root(2), getdents64(2), fsopen(2), fsmount(2), move_mount(2).
"""

import ctypes
import os
from collections.abc import Iterator
from typing import Literal

MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
CLONE_NEWNS = 0x20000
AT_FDCWD = -100

MOVE_MOUNT, FSOPEN, FSCONFIG, FSMOUNT = 429, 430, 431, 432
FSCONFIG_SET_STRING, FSCONFIG_CMD_CREATE = 1, 6
MOUNT_ATTR_RDONLY = 1
MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_SYMLINKS = 4, 0x10

KINDS: dict[int, Literal["directory", "file", "symlink"]] = {4: "directory", 8: "file", 10: "symlink"}

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)
_libc.getdents64.restype = ctypes.c_ssize_t
_libc.getdents64.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t)
_libc.syscall.restype = ctypes.c_long


def _checked(returned: int) -> int:
    if returned < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return returned


def mount(source: str, target: str, *, filesystem: str | None = None, flags: int = 0, options: str | None = None) -> None:
    """mount(2)."""
    kind, data = (text if text is None else text.encode() for text in (filesystem, options))
    _checked(_libc.mount(source.encode(), target.encode(), kind, flags, data))


def umount(target: str, *, flags: int = 0) -> None:
    """umount2(2)."""
    _checked(_libc.umount2(target.encode(), flags))


def unshare_mount_namespace() -> None:
    """unshare(2) of the calling thread's mount namespace, and with it of its root and cwd."""
    _checked(_libc.unshare(CLONE_NEWNS))


def enter_mount_namespace(fd: int) -> None:
    """setns(2) of the calling thread."""
    _checked(_libc.setns(fd, CLONE_NEWNS))


def pivot_root(new: str, old: str) -> None:
    """pivot_root(2)."""
    _checked(_libc.pivot_root(new.encode(), old.encode()))


def new_tmpfs(options: dict[str, str], *, read_only: bool) -> int:
    """A descriptor of a tmpfs that is mounted nowhere yet; ``read_only`` makes the mount so, not the filesystem."""
    context = _checked(_libc.syscall(FSOPEN, b"tmpfs", 0))
    try:
        for key, value in options.items():
            _checked(_libc.syscall(FSCONFIG, context, FSCONFIG_SET_STRING, key.encode(), value.encode(), 0))
        _checked(_libc.syscall(FSCONFIG, context, FSCONFIG_CMD_CREATE, None, None, 0))
        return _checked(_libc.syscall(FSMOUNT, context, 0, MOUNT_ATTR_RDONLY if read_only else 0))
    finally:
        os.close(context)


def move_mount(fd: int, target: str, *, dir_fd: int | None) -> None:
    """move_mount(2) of what ``new_tmpfs`` made, following a final symlink as mount(2) does."""
    where = AT_FDCWD if dir_fd is None else dir_fd
    _checked(_libc.syscall(MOVE_MOUNT, fd, b"", where, target.encode(), MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS))


def entries(fd: int) -> Iterator[tuple[str, str]]:
    """(name, kind) of a directory's entries from the position on, by getdents64(2), without "." and ".."."""
    buffer = ctypes.create_string_buffer(1 << 15)
    while size := _checked(_libc.getdents64(fd, buffer, len(buffer))):
        data, at = buffer.raw[:size], 0
        while at < size:
            length = int.from_bytes(data[at + 16 : at + 18], "little")
            name = data[at + 19 : at + length].split(b"\0")[0].decode()
            if name not in {".", ".."}:
                yield name, KINDS[data[at + 18]]
            at += length
