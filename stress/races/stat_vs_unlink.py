"""Looking at a file while it is deleted or renamed: group 12 of the scenario suite.

stat answers with values of one instant: a file of one link and its size, or nothing. A rename is seen as a whole: somewhere between
the old name and the new one there is always the file.
"""

from __future__ import annotations

import errno

from impl import FsError
from impl.file_description import FileDescription
from impl.flags import O_CREAT, O_WRONLY
from stress.machine import Machine
from stress.planted.memfs import S16
from weft import Results, Setting, require, scenario


def _file(machine: Machine, path: str, data: bytes) -> None:
    made = machine.process.open(path, O_CREAT | O_WRONLY)
    assert isinstance(made, FileDescription)
    made.write(data)
    made.dec_ref()


def _unlink(s: Setting, *, data_races: bool = True, again: bool = False) -> None:
    s.data_races = data_races
    machine = Machine()
    process = machine.process
    _file(machine, "/f", b"hello")
    machine.watch(s)

    def looker() -> tuple[int, int] | str:
        try:
            found = machine.vfs.stat_at(process.context.at("/f"))
        except FsError as refused:
            return errno.errorcode[refused.errno]
        return found.nlink, found.size

    s.thread(looker)
    s.thread(process.unlink, "/f", name="unlinker")
    if again:
        s.thread(process.create, "/f", name="creator")

    @s.final
    def what_was_seen_existed(results: Results) -> None:
        seen = results["looker"]
        existed = {(1, 5), "ENOENT", (1, 0)} if again else {(1, 5), "ENOENT"}
        require(seen in existed, f"stat saw (links, size) = {seen}, which never was")

    @s.final
    def nothing_is_left(results: Results) -> None:
        require(results["unlinker"] == "ok", f"unlink answered {results['unlinker']}")
        if again and process.exists("/f") == "ok":
            require(process.unlink("/f") == "ok", "unlink fails")
        machine.end()


@scenario(why="the inode is read under the filesystem's lock, which unlink holds for writing")
def stat_vs_unlink(s: Setting) -> None:
    """stat(f) || unlink(f)."""
    _unlink(s)


@scenario(why="the name leads to the old file, to the new one, or nowhere")
def stat_vs_unlink_vs_create(s: Setting) -> None:
    """stat(f) || unlink(f) || open(f, O_CREAT); close."""
    _unlink(s, again=True)


@scenario(
    expect="VIOLATED",
    violates="final:what_was_seen_existed",
    within=S16,
    why="links are read before the unlink, the size after the data is gone",
)
def stat_vs_unlink_original(s: Setting) -> None:
    """The seed reads the inode after unlocking. Data races are not looked for: they would be found first."""
    _unlink(s, data_races=False)


@scenario(
    expect="VIOLATED",
    violates="final:what_was_seen_existed",
    within=S16,
    why="as with two, whatever comes after the old file",
)
def stat_vs_unlink_vs_create_original(s: Setting) -> None:
    """The same with somebody who makes the file again."""
    _unlink(s, data_races=False, again=True)


@scenario(expect="VIOLATED", violates="data-race:", within=S16, why="the link count is read while unlink writes it")
def stat_vs_unlink_data_race(s: Setting) -> None:
    """The same defect as a data race."""
    _unlink(s)


def _rename(s: Setting, *, maker: bool) -> None:
    machine = Machine()
    process = machine.process
    _file(machine, "/x", b"")
    machine.watch(s)

    def looker() -> tuple[str, str]:
        return process.exists("/x"), process.exists("/y")

    s.thread(process.rename, "/x", "/y", name="renamer")
    s.thread(looker)
    if maker:
        s.thread(process.mkdir, "/x", name="maker")

    @s.final
    def the_file_is_never_nowhere(results: Results) -> None:
        require(results["renamer"] == "ok", f"rename answered {results['renamer']}")
        require(results["looker"] != ("ENOENT", "ENOENT"), "the file was under neither name")

    @s.final
    def nothing_is_left(results: Results) -> None:
        made = maker and results["maker"] == "ok"
        require(not maker or results["maker"] in ("ok", "EEXIST"), "mkdir answered something else")
        require(
            (process.exists("/x/"), process.exists("/y")) == ("ok" if made else "ENOENT", "ok"), "x or y is not what it should be"
        )
        require(process.exists("/x") == ("ok" if made else "ENOENT"), "the old name is still there")
        require(process.unlink("/y") == "ok", "unlink fails")
        machine.end()


@scenario(why="a rename changes the directory in one critical section")
def rename_vs_stat(s: Setting) -> None:
    """rename(x, y) || stat(x); stat(y)."""
    _rename(s, maker=False)


@scenario(why="whoever takes the old name takes it when the file has the new one")
def rename_vs_stat_vs_mkdir(s: Setting) -> None:
    """rename(x, y) || stat(x); stat(y) || mkdir(x)."""
    _rename(s, maker=True)


@scenario(why="a new directory may take the old name at once, and never gets the renamed file's")
def rename_vs_mkdir(s: Setting) -> None:
    """rename(x, y) || mkdir(x)."""
    machine = Machine()
    process = machine.process
    _file(machine, "/x", b"")
    machine.watch(s)
    s.thread(process.rename, "/x", "/y", name="renamer")
    s.thread(process.mkdir, "/x", name="maker")

    @s.final
    def both_names_are_what_they_should_be(results: Results) -> None:
        require(results["renamer"] == "ok", f"rename answered {results['renamer']}")
        require(results["maker"] in ("ok", "EEXIST"), f"mkdir answered {results['maker']}")
        require(process.exists("/y") == "ok", "the renamed file is gone")
        require(process.exists("/x/") == ("ok" if results["maker"] == "ok" else "ENOENT"), "x is not what mkdir said")
