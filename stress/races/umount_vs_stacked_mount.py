"""A lazy umount against a mount on the same place: what was resolved is taken, with all that was stacked on it since.

Found by fuzzing (``weft fuzz stress/alphabet.py``).
"""

from __future__ import annotations

from model.operations import Mkdir, Mount, Umount
from stress.alphabet import vfs
from weft import Setting, scenario

BEFORE = (Mkdir("init", "/a"), Mount("init", "/a", filesystem="N"))


@scenario(
    expect="VIOLATED",
    why="umount resolves /a into N, P is mounted on N, and umount takes both, although any order of the calls leaves one of them; "
    "umount holds a mount and not a path, in gVisor and in Linux too: a known gap between implementation and model, kept in sight",
)
def umount_takes_what_was_mounted_on_it(s: Setting) -> None:
    """mount(/a) || umount -l /a, with N on /a."""
    vfs.program(s, before=BEFORE, threads=[[Mount("init", "/a", filesystem="P")], [Umount("init", "/a", lazy=True)]])


@scenario(why="the mount is complete before the umount resolves its path, which then leads to it")
def umount_after_a_stacked_mount(s: Setting) -> None:
    """Mount(/a); umount -l /a, with N on /a."""
    vfs.program(s, before=BEFORE, threads=[[Mount("init", "/a", filesystem="P"), Umount("init", "/a", lazy=True)]])
