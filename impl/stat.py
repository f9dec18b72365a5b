"""What operations tell about files.

Source: stat(2), getdents(2), inode(7).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

S_IFMT: Final = 0o170000
S_IFDIR: Final = 0o040000
S_IFREG: Final = 0o100000
S_IFLNK: Final = 0o120000


@dataclass(frozen=True)
class Stat:
    """One consistent look at a file: all values held at one instant.

    Attributes:
        dev: The name of its filesystem.
        ino: Its number there.
        mode: Type and permission bits.
        nlink: Number of names; 2 plus subdirectories for a directory; 0 once deleted.
        size: Length in bytes; 0 for a directory.
    """

    dev: str
    ino: int
    mode: int
    nlink: int
    size: int


@dataclass(frozen=True)
class Dirent:
    """One entry of a directory: name, inode number, and type bits."""

    name: str
    ino: int
    kind: int
