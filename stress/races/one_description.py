"""Two threads with one open file: the file position belongs to both.

Reading, writing and seeking at the position are each one step to the other thread. An ``O_PATH`` description refuses them all.
"""

from __future__ import annotations

from impl.file_description import SEEK_CUR, SEEK_END, FileDescription
from impl.flags import O_CREAT, O_PATH, O_RDWR
from stress.machine import Machine, answer
from weft import Results, Setting, require, scenario


def _opened(machine: Machine) -> FileDescription:
    opened = machine.process.open("/f", O_CREAT | O_RDWR)
    assert isinstance(opened, FileDescription)
    require(opened.write(b"abcd") == 4, "the set-up fails")
    opened.seek(0)
    return opened


def _end(machine: Machine, opened: FileDescription) -> None:
    opened.dec_ref()
    require(machine.process.unlink("/f") == "ok", "unlink fails")
    machine.end()


@scenario(why="the position is read and moved under the description's lock")
def read_vs_seek(s: Setting) -> None:
    """read(f, 1); read(f, 1) || lseek(f, 2, SEEK_CUR)."""
    machine = Machine()
    opened = _opened(machine)
    machine.watch(s)

    def reader() -> tuple[bytes, bytes]:
        return opened.read(1), opened.read(1)

    def seeker() -> int:
        return opened.seek(2, whence=SEEK_CUR)

    s.thread(reader)
    s.thread(seeker)

    @s.final
    def some_order_explains_it(results: Results) -> None:
        require(tuple(results) in (((b"a", b"b"), 4), ((b"a", b"d"), 3), ((b"c", b"d"), 2)), f"they answered {results!r}")
        require(opened.seek(0, whence=SEEK_CUR) == 4, "the position is elsewhere")

    @s.final
    def positions_have_no_other_end(_: Results) -> None:
        require(opened.seek(-4, whence=SEEK_END) == 0, "the end is elsewhere")
        require(answer(opened.seek, -1) == "EINVAL", "a negative position is not refused")
        require(answer(opened.seek, 0, whence=9) == "EINVAL", "an unknown whence is not refused")
        require(opened.read(9) == b"abcd", "a refused seek has moved the position")
        _end(machine, opened)


@scenario(why="a write at the position moves it under the same lock")
def write_vs_write(s: Setting) -> None:
    """write(f, x) || write(f, y)."""
    machine = Machine()
    opened = _opened(machine)
    machine.watch(s)
    s.thread(opened.write, b"x", name="first")
    s.thread(opened.write, b"y", name="second")

    @s.final
    def both_are_there(_: Results) -> None:
        found = opened.read(9, offset=0)
        require(found in (b"xycd", b"yxcd"), f"the file holds {found!r}")
        require(opened.seek(0, whence=SEEK_CUR) == 2, "the position is elsewhere")
        _end(machine, opened)


@scenario(why="the data is read and written under the file's lock, whatever the description")
def pread_vs_pwrite(s: Setting) -> None:
    """pread(f) || pwrite(f)."""
    machine = Machine()
    opened = _opened(machine)
    machine.watch(s)

    def reader() -> bytes:
        return opened.read(4, offset=0)

    def writer() -> int:
        return opened.write(b"xy", offset=1)

    s.thread(reader)
    s.thread(writer)

    @s.final
    def all_or_nothing_is_seen(results: Results) -> None:
        require(results["reader"] in (b"abcd", b"axyd"), f"read saw {results['reader']!r}")
        require(opened.read(4, offset=0) == b"axyd", "the write is lost")
        require(opened.seek(0, whence=SEEK_CUR) == 0, "pread or pwrite has moved the position")
        _end(machine, opened)


@scenario(why="a path description tells about the file and does nothing else")
def a_path_description_refuses(s: Setting) -> None:
    """open(f, O_PATH); read, write, lseek, getdents; fstat || unlink(f)."""
    machine = Machine()
    process = machine.process
    require(process.create("/f") == "ok", "the set-up fails")
    opened = process.open("/f", O_PATH)
    assert isinstance(opened, FileDescription)
    machine.watch(s)

    def asker() -> tuple[str, ...]:
        return (
            answer(opened.read, 1),
            answer(opened.write, b"x"),
            answer(opened.seek, 0),
            answer(opened.iter_dirents),
            answer(opened.stat),
        )

    s.thread(asker)
    s.thread(process.unlink, "/f", name="unlinker")

    @s.final
    def only_stat_works(results: Results) -> None:
        require(tuple(results) == (("EBADF", "EBADF", "EBADF", "EBADF", "ok"), "ok"), f"they answered {results!r}")
        opened.dec_ref()
        machine.end()
