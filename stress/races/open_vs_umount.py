"""Opening a file in a mount against an eager umount of it, on the whole VFS: group 1 of the scenario suite.

Allowed: the file is opened inside M and the umount is EBUSY, or the umount comes first and the file is not there; EBUSY is allowed
too while the walk only passes through. Not allowed: opened inside M, and the umount says ok.
"""

from __future__ import annotations

from stress.machine import Machine
from stress.planted.eager_umount import H1, M3
from weft import Results, Setting, require, scenario
from weft.scenario import Taken


def _build(s: Setting, *, openers: int = 1, umounters: int = 1) -> None:
    machine = Machine()
    process = machine.process
    for made in (process.mkdir("/a"), process.mount("/a", "M"), process.create("/a/f")):
        require(made == "ok", f"the set-up fails: {made}")
    machine.watch(s)

    def opener() -> str:
        found = process.open("/a/f")
        return found if isinstance(found, str) else "inside"

    def umounter() -> str:
        return process.umount("/a")

    for _ in range(openers):
        s.thread(opener)
    for _ in range(umounters):
        s.thread(umounter)

    @s.final
    def no_file_is_open_in_what_was_umounted(results: Results) -> None:
        umounts = results[openers:]
        inside = "inside" in results[:openers]
        require(not (inside and "ok" in umounts), 'umount("/a") said ok while a file in it is open')
        require(umounts.count("ok") <= 1, "one mount was umounted twice")

    @s.sometimes
    def the_walk_starts_again(taken: Taken) -> bool:
        return taken.thread.startswith("opener") and taken.kind == "read_ok" and taken.result is False

    @s.sometimes
    def umount_finds_it_busy(taken: Taken) -> bool:
        return taken.thread.startswith("umounter") and taken.kind == "compare_and_swap" and taken.result is False


@scenario(why="either the open's reference comes first and the umount is busy, or the mark does and the walk sees what is below")
def open_vs_umount(s: Setting) -> None:
    """open(/a/f) || umount(/a)."""
    _build(s)


@scenario(why="as with one of each")
def open_vs_two_umounts(s: Setting) -> None:
    """open(/a/f) || umount(/a) || umount(/a)."""
    _build(s, umounters=2)


@scenario(why="both opens come before the mark, or find it and look at what is below")
def two_opens_vs_umount(s: Setting) -> None:
    """open(/a/f) || open(/a/f) || umount(/a)."""
    _build(s, openers=2)


@scenario(
    expect="VIOLATED",
    violates="final:no_file_is_open_in_what_was_umounted",
    within=H1,
    why="the walk takes its reference between the busy test and the mark, and opens the file in what is umounted",
)
def open_vs_umount_original(s: Setting) -> None:
    """The same with the two-step busy test."""
    _build(s)


@scenario(expect="VIOLATED", within=M3, why="a walk that found M before the umount gets in although M is marked")
def open_vs_umount_mark_ignored(s: Setting) -> None:
    """Operator M3: the mark does not keep walks out."""
    _build(s)


@scenario(
    expect="VIOLATED",
    violates="final:no_file_is_open_in_what_was_umounted",
    within=H1,
    why="the window is as open with two umounts",
)
def open_vs_two_umounts_original(s: Setting) -> None:
    """The two-step busy test, with three threads."""
    _build(s, umounters=2)
