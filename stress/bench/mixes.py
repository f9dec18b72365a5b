"""Walks and umounts of one mount of the real VFS, any number of threads and of calls a thread."""

from __future__ import annotations

from stress.checks import watch
from stress.scene import Scene, no_collisions
from weft import Results, Scenario, Setting, require


def mix(*, walkers: int, umounters: int, calls: int = 1) -> Scenario:
    """Each walker walks into the mount and drops it again, ``calls`` times; each umounter walks to it and umounts it as often.

    Checked are all invariants of the mount layer in every state, data races, and at the end that at most one umount said ok and
    that nothing is left.
    """

    def build(s: Setting) -> None:
        scene = Scene(no_collisions)
        watch(s, scene)
        mount = scene.mount("M", scene.a)

        def walker() -> int:
            inside = 0
            for _ in range(calls):
                found = scene.walk(scene.a)
                if found is not None:
                    inside += 1
                    found.dec_ref()
            return inside

        def umounter() -> int:
            umounted = 0
            for _ in range(calls):
                umounted += scene.umount(scene.a) == "ok"
            return umounted

        for k in range(walkers):
            s.thread(walker, name=f"walker-{k + 1}")
        for k in range(umounters):
            s.thread(umounter, name=f"umounter-{k + 1}")

        @s.final
        def umounted_at_most_once(results: Results) -> None:
            require(sum(results[walkers:]) <= 1, f"one mount was umounted {sum(results[walkers:])} times")

        @s.final
        def nothing_is_left(_: Results) -> None:
            scene.release([], mount)

    return Scenario(f"{walkers}w{umounters}u-{calls}", build, why="one compare-and-swap decides between a walk and an umount")
