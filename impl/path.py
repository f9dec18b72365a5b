"""Parsing of path names.

Source: gVisor ``pkg/fspath`` at the seed; path_resolution(7).
"""

from __future__ import annotations

import errno
from dataclasses import dataclass

from impl.errors import FsError


@dataclass(frozen=True)
class Path:
    """A parsed path name.

    Attributes:
        absolute: It begins with a slash.
        components: The names between slashes, "." and ".." among them; empty exactly for "/".
        must_be_dir: It ends with a slash, so it names a directory.
    """

    absolute: bool
    components: tuple[str, ...]
    must_be_dir: bool


def parse_path(text: str) -> Path:
    """The parts of a path name. Repeated slashes count as one.

    Errors, in the order checked:
        ENOENT: ``text`` is empty.
    """
    if not text:
        raise FsError(errno.ENOENT)
    components = tuple(part for part in text.split("/") if part)
    return Path(absolute=text.startswith("/"), components=components, must_be_dir=text.endswith("/"))
