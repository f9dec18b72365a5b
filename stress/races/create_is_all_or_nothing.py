"""Creating a file for writing against a remount that makes the mount read-only: who is refused has made nothing."""

from __future__ import annotations

from impl.file_description import FileDescription
from impl.flags import O_CREAT, O_RDWR
from stress.machine import Machine
from weft import Results, Setting, require, scenario


@scenario(why="the mount stays writable from the creation until the description has announced its own write")
def create_is_all_or_nothing(s: Setting) -> None:
    """open(O_CREAT|O_RDWR) || remount,ro."""
    machine = Machine()
    process = machine.process
    machine.watch(s)

    def creator() -> str:
        made = process.open("/f", O_CREAT | O_RDWR)
        if not isinstance(made, FileDescription):
            return made
        made.dec_ref()
        return "ok"

    def remounter() -> str:
        return process.remount("/", read_only=True)

    s.thread(creator)
    s.thread(remounter)

    @s.final
    def who_is_refused_made_no_file(results: Results) -> None:
        found = process.exists("/f")
        expected = "ok" if results["creator"] == "ok" else "ENOENT"
        require(found == expected, f"open answered {results['creator']}, and then stat {found}")

    @s.final
    def nothing_is_left(results: Results) -> None:
        if results["creator"] == "ok":
            require(process.remount("/", read_only=False) == "ok", "remount,rw fails")
            require(process.unlink("/f") == "ok", "unlink fails")
        machine.end()
