"""Truncating a file against reading and writing it through a descriptor: contents and length change together.

A file's contents have a lock of their own, since reading and writing do not take the tree's.
"""

from __future__ import annotations

from impl.file_description import FileDescription
from impl.flags import O_CREAT, O_RDWR, O_TRUNC, O_WRONLY
from stress.machine import Machine
from weft import Results, Setting, require, scenario


def _build(s: Setting) -> tuple[Machine, FileDescription]:
    machine = Machine()
    opened = machine.process.open("/f", O_CREAT | O_RDWR)
    assert isinstance(opened, FileDescription)
    require(opened.write(b"abc") == 3, "the set-up fails")
    machine.watch(s)

    def truncator() -> str:
        again = machine.process.open("/f", O_WRONLY | O_TRUNC)
        if isinstance(again, str):
            return again
        again.dec_ref()
        return "ok"

    s.thread(truncator)
    return machine, opened


def _end(machine: Machine, opened: FileDescription, contents: bytes) -> None:
    require(opened.read(9, offset=0) == contents, f"the file holds {opened.read(9, offset=0)!r}, expected {contents!r}")
    require(opened.stat().size == len(contents), f"its size is {opened.stat().size}, its contents are {contents!r}")
    opened.dec_ref()
    require(machine.process.unlink("/f") == "ok", "unlink fails")
    machine.end()


@scenario(why="contents are read and replaced under the file's lock")
def truncate_vs_read(s: Setting) -> None:
    """open(/f, O_TRUNC) || read(f)."""
    machine, opened = _build(s)
    s.thread(lambda: opened.read(9, offset=0), name="reader")

    @s.final
    def all_or_nothing_was_read(results: Results) -> None:
        require(results["truncator"] == "ok", f"open answered {results['truncator']}")
        require(results["reader"] in (b"abc", b""), f"read {results['reader']!r}")
        _end(machine, opened, b"")


@scenario(why="contents and length are written under one lock")
def truncate_vs_write(s: Setting) -> None:
    """open(/f, O_TRUNC) || write(f, de) at 3."""
    machine, opened = _build(s)
    s.thread(lambda: opened.write(b"de", offset=3), name="writer")

    @s.final
    def one_order_explains_it(results: Results) -> None:
        require(tuple(results) == ("ok", 2), f"they answered {results!r}")
        found = opened.read(9, offset=0)
        require(found in (b"", b"\0\0\0de"), f"the file holds {found!r}")
        _end(machine, opened, found)
