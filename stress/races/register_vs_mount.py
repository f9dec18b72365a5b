"""Registering a type of filesystem against mounting one of it: the registry has a lock of its own, which readers share.

A mount sees the type or does not; of two that register one name, one is refused.
"""

from __future__ import annotations

from impl.memfs.filesystem import MemfsType
from stress.machine import Machine, answer
from weft import Results, Setting, require, scenario


class OtherType(MemfsType):
    """A memfs under another name."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "other"


def _machine(s: Setting) -> Machine:
    machine = Machine()
    require(machine.process.mkdir("/a") == "ok", "the set-up fails")
    machine.watch(s)
    return machine


def _mount(machine: Machine) -> str:
    return answer(machine.vfs.mount_at, machine.process.context.at("/a"), "other", source="M")


@scenario(why="the type is looked up under the registry's lock")
def register_vs_mount(s: Setting) -> None:
    """register(other) || mount(/a, other)."""
    machine = _machine(s)
    s.thread(lambda: answer(machine.vfs.register_filesystem_type, OtherType()), name="registrar")
    s.thread(_mount, machine, name="mounter")

    @s.final
    def mounted_if_the_type_was_there(results: Results) -> None:
        require(results["registrar"] == "ok", f"registering answered {results['registrar']}")
        require(results["mounter"] in ("ok", "ENODEV"), f"mount answered {results['mounter']}")
        found = machine.process.where("/a")
        require(found == ("M" if results["mounter"] == "ok" else "R"), f"/a leads into {found}")
        machine.end()


@scenario(why="the name is looked up and taken under one lock")
def register_vs_register(s: Setting) -> None:
    """register(other) || register(other)."""
    machine = _machine(s)
    for name in ("first", "second"):
        s.thread(lambda: answer(machine.vfs.register_filesystem_type, OtherType()), name=name)

    @s.final
    def one_is_refused(results: Results) -> None:
        require(sorted(results) == ["EBUSY", "ok"], f"they answered {results!r}")
        require(_mount(machine) == "ok", "the type cannot be mounted")
        machine.end()
