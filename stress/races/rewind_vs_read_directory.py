"""Two threads with one open directory: one rewinds it, the other reads it."""

from __future__ import annotations

from impl.file_description import FileDescription
from stress.machine import Machine
from weft import Results, Setting, require, scenario


@scenario(why="the cursor is read and written under the filesystem's lock")
def rewind_vs_read_directory(s: Setting) -> None:
    """lseek(d, 0); getdents(d, 1) || getdents(d, 1)."""
    machine = Machine()
    process = machine.process
    require(process.mkdir("/d") == "ok", "the set-up fails")
    opened = process.open("/d")
    assert isinstance(opened, FileDescription)
    machine.watch(s)

    def rewinder() -> tuple[str, ...]:
        opened.seek(0)
        return tuple(entry.name for entry in opened.iter_dirents(count=1))

    def reader() -> tuple[str, ...]:
        return tuple(entry.name for entry in opened.iter_dirents(count=1))

    s.thread(rewinder)
    s.thread(reader)

    @s.final
    def each_reads_an_entry(results: Results) -> None:
        require(tuple(results) in (((".",), (".",)), ((".",), ("..",)), (("..",), (".",))), f"they read {results!r}")

    @s.final
    def nothing_is_left(_: Results) -> None:
        opened.dec_ref()
        require(process.rmdir("/d") == "ok", "rmdir fails")
        machine.end()
