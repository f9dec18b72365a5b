"""Two umounts of one mount: group 9 of the scenario suite.

At most one of them umounts it. Both may be EBUSY: each holds a reference while it looks (known and allowed, H9); a lazy one
never is.
"""

from __future__ import annotations

from stress.machine import Machine
from stress.planted.destruction import M15
from stress.planted.eager_umount import UMOUNTED_TWICE
from weft import Results, Setting, require, scenario
from weft.scenario import Taken


def _build(s: Setting, *, lazy: tuple[bool, ...]) -> None:
    machine = Machine()
    process = machine.process
    for made in (process.mkdir("/a"), process.mount("/a", "M")):
        require(made == "ok", f"the set-up fails: {made}")
    machine.watch(s)

    def umounter(detach: bool) -> str:  # noqa: FBT001 - a thread's argument
        return process.umount("/a", lazy=detach)

    for k, detach in enumerate(lazy):
        s.thread(umounter, detach, name=f"{'lazy' if detach else 'eager'}-{k + 1}")

    @s.final
    def umounted_at_most_once(results: Results) -> None:
        require(list(results).count("ok") <= 1, f"one mount was umounted twice: {results!r}")
        require(set(results) <= {"ok", "EBUSY", "EINVAL"}, f"unexpected answers: {results!r}")

    @s.final
    def a_lazy_umount_is_never_busy(results: Results) -> None:
        for answered, detach in zip(results, lazy, strict=True):
            require(not (detach and answered == "EBUSY"), "a lazy umount is EBUSY")

    @s.final
    def the_mount_is_there_unless_somebody_umounted_it(results: Results) -> None:
        expected = "R" if "ok" in results else "M"
        require(process.where("/a") == expected, f"/a leads into {process.where('/a')}, expected {expected}")
        machine.end()

    if not all(lazy):

        @s.sometimes
        def umount_finds_it_busy(taken: Taken) -> bool:
            return taken.thread.startswith("eager") and taken.kind == "compare_and_swap" and taken.result is False


@scenario(why="the mark is set by one of them only, and the other finds the mount busy, gone or not there")
def umount_vs_umount(s: Setting) -> None:
    """umount(/a) || umount(/a)."""
    _build(s, lazy=(False, False))


@scenario(why="whoever has mount_mu first decides")
def umount_vs_lazy_umount(s: Setting) -> None:
    """umount(/a) || umount -l /a."""
    _build(s, lazy=(False, True))


@scenario(why="as with two")
def three_umounts(s: Setting) -> None:
    """umount(/a) || umount(/a) || umount -l /a."""
    _build(s, lazy=(False, False, True))


@scenario(why="the second one finds under mount_mu that it is umounted")
def two_lazy_umounts(s: Setting) -> None:
    """umount -l /a || umount -l /a."""
    _build(s, lazy=(True, True))


@scenario(
    expect="VIOLATED",
    violates="final:umounted_at_most_once",
    within=UMOUNTED_TWICE,
    why="both resolved the path while the mount was there, and both say ok",
)
def two_lazy_umounts_without_looking_again(s: Setting) -> None:
    """Nobody asks again under mount_mu."""
    _build(s, lazy=(True, True))


@scenario(
    expect="VIOLATED",
    violates="final:umounted_at_most_once",
    within=UMOUNTED_TWICE,
    why="as with two",
)
def three_umounts_without_looking_again(s: Setting) -> None:
    """The same with an eager one beside them."""
    _build(s, lazy=(False, True, True))


@scenario(
    expect="VIOLATED",
    violates="final:the_mount_is_there_unless_somebody_umounted_it",
    within=M15,
    why="the mount is gone from the tree and still referred to: a leak, seen when everything was let go of",
)
def umount_vs_lazy_umount_leaking(s: Setting) -> None:
    """Operator M15."""
    _build(s, lazy=(False, True))
