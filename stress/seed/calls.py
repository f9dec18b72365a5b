"""What one call costs alone, in steps: the seed's function and ours, in the same place.

A call that nobody disturbs has one path, so its steps are counted by letting it run.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from impl import FsError, VirtualDentry
from impl.drops import Drops
from stress.planted.seed import SEED
from stress.scene import Scene, no_collisions
from weft import Scenario, Setting
from weft.worlds.controlled import Execution

Call = Callable[[Scene], Callable[[], object]]


def _mount_on_a_mount(scene: Scene) -> Callable[[], object]:
    place = scene.place(scene.a)
    scene.mount("M", scene.a)
    scene.vfs.mount_mu.lock()
    drops = _Drops()
    return lambda: scene.vfs._lock_mountpoint_locked(place, drops)


class _Drops(Drops):
    """Takes what is to be dropped later, at no cost."""

    def drop_place(self, place: VirtualDentry) -> None:
        """Forget it."""


def _walk(scene: Scene) -> Callable[[], object]:
    scene.mount("M", scene.a)
    return lambda: scene.walk(scene.a)


def _climb(scene: Scene) -> Callable[[], object]:
    mount = scene.mount("M", scene.a)
    return lambda: scene.vfs.get_mountpoint_at(mount, None)


def _on_mount(method: str, *, read_only: bool = False, writing: bool = False, last: bool = False) -> Call:
    def prepare(scene: Scene) -> Callable[[], object]:
        mount = scene.mount("M", scene.a)
        if read_only:
            mount.set_read_only_locked(read_only=True)
        if writing:
            mount.check_begin_write()
        if not last:
            mount.inc_ref()
        return lambda: _refusable(getattr(mount, method))

    return prepare


def _refusable(function: Callable[[], object]) -> str:
    try:
        function()
    except FsError as refused:
        return str(refused)
    return "ok"


def _remount(scene: Scene) -> Callable[[], object]:
    mount = scene.mount("M", scene.a)
    return lambda: mount.set_read_only_locked(read_only=True)


def _on_namespace(method: str) -> Call:
    def prepare(scene: Scene) -> Callable[[], object]:
        scene.mount("M", scene.a)
        call: Callable[[], object] = getattr(scene.ns, method)
        return call

    return prepare


CALLS: dict[str, tuple[tuple[str, Call], ...]] = {
    "NewMount": (("its loop, on a place with a mount on it", _mount_on_a_mount),),
    "getMountAt": (("one mount", _walk),),
    "getMountpointAt": (("one mount", _climb),),
    "Mount.tryIncMountedRef": (("alone", _on_mount("try_inc_mounted_ref")),),
    "Mount.incRef": (("alone", _on_mount("inc_ref")),),
    "Mount.decRef": (("not the last", _on_mount("dec_ref")), ("the last", _on_mount("dec_ref", last=True))),
    "Mount.CheckBeginWrite": (
        ("writable", _on_mount("check_begin_write")),
        ("read-only", _on_mount("check_begin_write", read_only=True)),
    ),
    "Mount.EndWrite": (("alone", _on_mount("end_write", writing=True)),),
    "Mount.setReadOnlyLocked": (("nobody writes", _remount),),
    "MountNamespace.IncRef": (("alone", _on_namespace("inc_ref")),),
    "MountNamespace.DecRef": (("the last, one mount in it", _on_namespace("dec_ref")),),
    "MountNamespace.Root": (("alone", _on_namespace("root")),),
}
"""By the seed's name: a situation in words, and what makes it and returns the call."""


def steps(call: Call, *, within: Callable[[], AbstractContextManager[object]] = nullcontext) -> int:
    """How many steps ``call`` takes when nobody else is there."""

    def build(s: Setting) -> None:
        s.thread(call(Scene(no_collisions)), name="caller")

    execution = Execution(Scenario("call", build, within=within))
    taken = 0
    try:
        while execution.enabled():
            execution.step(0)
            taken += 1
    finally:
        execution.close()
    return taken


def costs(function: str) -> list[tuple[str, int, int]]:
    """For each situation: what the seed's function costs, and ours."""
    return [(situation, steps(call, within=SEED[function]), steps(call)) for situation, call in CALLS[function]]
