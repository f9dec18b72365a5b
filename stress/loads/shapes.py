"""One traffic on two shapes of a VFS, to see where threads wait in each: ours, and the older one that it replaced.

Mostly stat, at depths 1 to 4, in the root's filesystem and in one mounted on it; some creating and deleting in between.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from random import Random

from impl.errors import FsError
from stress.baseline.vfs1 import Vfs1
from stress.machine import Machine
from weft import require
from weft.native.load import Traffic, load

TREES = ("", "/m")
DIRECTORIES = ("/a", "/a/b", "/a/b/c")
FILES = ("f", "g")

Call = Callable[[str], str]


def traffic(t: Traffic, stat: Call, create: Call, unlink: Call) -> None:
    """Threads that look most of the time; each answer is "ok" or the name of an errno."""
    places = [f"{tree}{directory}" for tree in TREES for directory in ("", *DIRECTORIES)]
    files = [f"{place}/{name}" for place in places for name in FILES]

    @t.callers
    def one_call(choose: Random, _: int) -> None:
        draws = choose.random()
        name, function = ("stat", stat) if draws < 0.8 else ("create", create) if draws < 0.9 else ("unlink", unlink)
        answer = t.call(name, function, choose.choice(files))
        require(answer in ("ok", "ENOENT", "EEXIST"), f"{name} answers {answer}")


@load(why="path walks share no reference count and no lock of the VFS: they wait for filesystems only", threads=8, calls=250)
def stats_in_vfs2_shape(t: Traffic) -> None:
    """On ``impl``."""
    machine = Machine()
    process = machine.process
    for made in (process.mkdir("/m"), process.mount("/m", "M")):
        require(made == "ok", f"the set-up answers {made}")
    for tree in TREES:
        for directory in DIRECTORIES:
            require(process.mkdir(tree + directory) == "ok", f"no {tree}{directory}")
    traffic(t, process.exists, process.create, process.unlink)


@load(why="each component of each path is a lock and a reference count that all walks share", threads=8, calls=250)
def stats_in_vfs1_shape(t: Traffic) -> None:
    """On the baseline."""
    vfs = Vfs1()

    def answering(function: Callable[[str], object]) -> Call:
        def call(path: str) -> str:
            try:
                function(path)
            except FsError as refused:
                return errno.errorcode[refused.errno]
            return "ok"

        return call

    vfs.mkdir("/m")
    vfs.mount("/m", "M")
    for tree in TREES:
        for directory in DIRECTORIES:
            vfs.mkdir(tree + directory)
    traffic(t, answering(vfs.stat), answering(vfs.create), answering(vfs.unlink))
