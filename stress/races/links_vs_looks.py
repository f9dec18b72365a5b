"""Making links, symbolic and hard, against looking at them and deleting what they are to: the tree's lock makes each one step."""

from __future__ import annotations

import errno

from impl import FsError
from stress.machine import Machine, answer
from weft import Results, Setting, require, scenario


def _machine(s: Setting) -> Machine:
    machine = Machine()
    require(machine.process.create("/f") == "ok", "the set-up fails")
    machine.watch(s)
    return machine


@scenario(why="a symlink is made under the filesystem's lock")
def symlink_vs_readlink(s: Setting) -> None:
    """symlink(/l, f) || readlink(/l)."""
    machine = _machine(s)
    vfs, at = machine.vfs, machine.process.context.at

    def looker() -> str:
        try:
            return vfs.readlink_at(at("/l"))
        except FsError as refused:
            return errno.errorcode[refused.errno]

    s.thread(lambda: answer(vfs.symlink_at, at("/l"), "f"), name="linker")
    s.thread(looker)

    @s.final
    def the_link_is_there_or_not(results: Results) -> None:
        require(results["linker"] == "ok", f"symlink answered {results['linker']}")
        require(results["looker"] in ("f", "ENOENT"), f"readlink answered {results['looker']}")
        require(machine.process.exists("/l") == "ok", "the link leads nowhere")
        machine.end()


@scenario(why="a file without a name left gets no new one")
def link_vs_unlink(s: Setting) -> None:
    """link(/f, /g) || unlink(/f)."""
    machine = _machine(s)
    vfs, process, at = machine.vfs, machine.process, machine.process.context.at
    s.thread(lambda: answer(vfs.link_at, at("/f", follow=False), at("/g")), name="linker")
    s.thread(process.unlink, "/f", name="unlinker")

    @s.final
    def the_file_has_the_names_that_it_should(results: Results) -> None:
        require(results["unlinker"] == "ok", f"unlink answered {results['unlinker']}")
        require(results["linker"] in ("ok", "ENOENT"), f"link answered {results['linker']}")
        require(process.exists("/f") == "ENOENT", "the old name is there")
        require(process.exists("/g") == results["linker"], f"link answered {results['linker']}, /g is {process.exists('/g')}")
        if results["linker"] == "ok":
            require(vfs.stat_at(at("/g")).nlink == 1, "it has more names than one")
        machine.end()
