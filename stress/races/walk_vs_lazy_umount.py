"""A walk through mounts that go while it climbs: the stack M, N on /a against lazy umounts.

A lazy umount takes the whole stack away at once. A walk under way keeps what it holds a reference to and never meets something
that was freed. It comes out in N, or finds nothing and stays in R. It may also have entered M, look for what is on it when N has
left, and come out in M, whose root N covered all the time: gVisor and Linux's walks with references do the same.
"""

from __future__ import annotations

from impl import VirtualDentry
from stress.machine import Machine, answer
from stress.planted.lookup import M5, M36
from weft import Results, Setting, require, scenario
from weft.scenario import Taken


def _build(s: Setting, *, walkers: int = 1, stack: bool = True, strict: bool = False) -> None:
    machine = Machine()
    process, vfs = machine.process, machine.vfs
    require(process.mkdir("/a") == process.mount("/a", "M") == "ok", "the set-up fails")
    held = process.hold("/a")
    assert isinstance(held, VirtualDentry)
    if stack:
        require(process.mount("/a", "N") == "ok", "the set-up fails")
    top = "N" if stack else "M"
    allowed = {top, "R"} if strict else {top, "R", "M"}
    machine.watch(s)

    def walker() -> str:
        return process.where("/a")

    def umounter() -> str:
        answered = answer(vfs.umount_mount, held.mount, machine.ns, lazy=True)
        held.dec_ref()
        return answered

    for _ in range(walkers):
        s.thread(walker)
    s.thread(umounter)

    @s.final
    def the_walk_ends_where_it_may(results: Results) -> None:
        require(results["umounter"] == "ok", f"a lazy umount answered {results['umounter']}")
        for found in results[:walkers]:
            require(found in allowed, f"the walk came out in {found}")

    @s.final
    def nothing_is_left(_: Results) -> None:
        require(process.where("/a") == "R", "something is mounted on /a")
        machine.end()

    @s.sometimes
    def the_walk_gets_in(taken: Taken) -> bool:
        return taken.thread.startswith("walker") and taken.cell.label == f"{top}.refs" and taken.result is True

    @s.sometimes
    def the_walk_starts_again(taken: Taken) -> bool:
        return taken.thread.startswith("walker") and taken.kind == "read_ok" and taken.result is False


@scenario(why="the lower mount is let go of only when the next one is held")
def walk_up_a_stack_vs_lazy_umount(s: Setting) -> None:
    """where(/a) || umount -l M, with N on M on /a."""
    _build(s)


@scenario(why="each walk holds references of its own")
def two_walks_up_a_stack_vs_lazy_umount(s: Setting) -> None:
    """where(/a) || where(/a) || umount -l M, with N on M on /a."""
    _build(s, walkers=2)


@scenario(
    expect="VIOLATED",
    violates="final:the_walk_ends_where_it_may",
    why="the walk enters M, the umount takes N off M, and nothing is on M any more: a root that was covered all the time is seen; "
    "a known gap, of gVisor and Linux too, kept in sight",
)
def walk_up_a_stack_shows_a_covered_root(s: Setting) -> None:
    """where(/a) || umount -l M, with N on M on /a; M's own root is not to be seen."""
    _build(s, strict=True)


@scenario(expect="VIOLATED", within=M36, why="M is freed between its release and the look at what is on it")
def walk_up_a_stack_letting_go_first(s: Setting) -> None:
    """Operator M36."""
    _build(s)


@scenario(why="a mount whose last reference is gone cannot be entered, and the walk looks again")
def walk_vs_lazy_umount(s: Setting) -> None:
    """where(/a) || umount -l M."""
    _build(s, stack=False)


@scenario(expect="VIOLATED", violates="exception:RefcountError", within=M5, why="the walk takes a reference to what was freed")
def walk_vs_lazy_umount_taking_what_was_found(s: Setting) -> None:
    """Operator M5."""
    _build(s, stack=False)
