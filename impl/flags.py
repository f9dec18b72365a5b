"""Flag bits of the operations, with Linux's values.

Source: ``include/uapi/asm-generic/fcntl.h``, ``include/uapi/linux/mount.h``; open(2), umount2(2).
"""

from __future__ import annotations

from typing import Final

O_RDONLY: Final = 0o0
O_WRONLY: Final = 0o1
O_RDWR: Final = 0o2
O_ACCMODE: Final = 0o3
O_CREAT: Final = 0o100
O_EXCL: Final = 0o200
O_TRUNC: Final = 0o1000
O_APPEND: Final = 0o2000
O_DIRECTORY: Final = 0o200000
O_NOFOLLOW: Final = 0o400000
O_PATH: Final = 0o10000000
TMPFILE: Final = 0o20000000
"""The bit of ``O_TMPFILE`` that is not ``O_DIRECTORY``."""

O_TMPFILE: Final = TMPFILE | O_DIRECTORY

KNOWN_OPEN_FLAGS: Final = O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_DIRECTORY | O_NOFOLLOW | O_PATH | TMPFILE
"""Everything else is ignored, as open(2) does."""

MNT_FORCE: Final = 1
"""Accepted and without meaning here: its permission check has nothing to check with a single user."""

MNT_DETACH: Final = 2
"""Lazy umount."""


def is_readable(flags: int) -> bool:
    """Whether a file opened with ``flags`` can be read."""
    return flags & O_ACCMODE in (O_RDONLY, O_RDWR) and not flags & O_PATH


def is_writable(flags: int) -> bool:
    """Whether a file opened with ``flags`` can be written."""
    return flags & O_ACCMODE in (O_WRONLY, O_RDWR) and not flags & O_PATH


def wants_write_access(flags: int) -> bool:
    """Whether opening with ``flags`` needs write permission; truncating does, and access mode 3."""
    return flags & O_ACCMODE != O_RDONLY or bool(flags & O_TRUNC)
