"""Calls that resolve a path and then work on what they found, while another call changes what the path means.

Found by fuzzing (``python -m stress.fuzz``, ``reports/fuzz.md``): the strictest reading, in which a whole call is one instant, does
not hold. Kept in sight; the alphabet does not declare them as known, so ``weft fuzz stress/alphabet.py`` shows them.
"""

from __future__ import annotations

from model.operations import Bind, Mkdir, Mount, Remount, Rename
from stress.alphabet import vfs
from weft import Setting, scenario

A = Mkdir("init", "/a")


@scenario(
    expect="VIOLATED",
    why="bind resolves its source below what mount then mounts, and its target on top of that: its two walks are two instants",
)
def bind_resolves_source_and_target_apart(s: Setting) -> None:
    """mount(/a) || bind(/a, /a)."""
    vfs.program(s, before=[A], threads=[[Mount("init", "/a", filesystem="P")], [Bind("init", "/a", new="/a")]])


@scenario(
    expect="VIOLATED",
    why="remount read-only is EBUSY while mkdir counts as a writer, as in Linux; the model has this as an allowance, busy_remount, "
    "which the alphabet does not use",
)
def remount_is_busy_while_a_directory_is_made(s: Setting) -> None:
    """mkdir(/a/b) || remount(/a, ro)."""
    before = [A, Mount("init", "/a", filesystem="M")]
    vfs.program(s, before=before, threads=[[Mkdir("init", "/a/b")], [Remount("init", "/a", read_only=True)]])


@scenario(
    expect="VIOLATED",
    why="mount resolves /a, rename moves the directory to /b, and the mount is on it there: it holds a directory and not a path",
)
def mount_follows_a_directory_that_is_renamed(s: Setting) -> None:
    """rename(/a, /b) || mount(/a)."""
    vfs.program(s, before=[A], threads=[[Rename("init", "/a", new="/b")], [Mount("init", "/a", filesystem="Q")]])
