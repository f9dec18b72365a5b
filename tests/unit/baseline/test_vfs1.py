"""The comparison's VFS1 shape: it answers as the reference VFS does, and neither loses nor keeps references."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impl import FsError
from impl.flags import O_CREAT, O_EXCL
from stress.baseline.vfs1 import Vfs1
from stress.machine import Machine

PATHS = ["/", "/a", "/a/b", "/a/b/c", "/f", "/a/f", "/a/../f", "/a/.", "/f/", "/a/", "/a/b/f", ".", "/a/b/.."]
OPERATIONS = ["mkdir", "create", "unlink", "mount", "umount", "stat"]


def on_reference(machine: Machine, operation: str, path: str) -> object:
    if operation == "stat":
        return answered(lambda: machine.vfs.stat_at(machine.process.context.at(path)))
    if operation == "create":
        return answered(lambda: machine.vfs.open_at(machine.process.context.at(path), flags=O_CREAT | O_EXCL).dec_ref())
    arguments = (path, "M") if operation == "mount" else (path,)
    return getattr(machine.process, operation)(*arguments)


def on_vfs1(vfs: Vfs1, operation: str, path: str) -> object:
    arguments = (path, "M") if operation == "mount" else (path,)
    return answered(lambda: getattr(vfs, operation)(*arguments))


def answered(call: Callable[[], object]) -> object:
    try:
        found = call()
    except FsError as refused:
        return errno.errorcode[refused.errno]
    return "ok" if found is None else found


def take_everything_down(vfs: Vfs1) -> None:
    while "ok" in {on_vfs1(vfs, "umount", path) for path in PATHS}:
        pass
    assert not vfs.mounts.items()
    vfs.end()


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(OPERATIONS), st.sampled_from(PATHS)), max_size=25),
    st.sampled_from([1, 2, 1000]),
)
def test_it_answers_as_the_reference_does_and_leaves_nothing_behind(steps: list[tuple[str, str]], cache_size: int) -> None:
    machine, vfs = Machine(), Vfs1("R", cache_size=cache_size)
    for operation, path in steps:
        if operation == "mount" and path in ("/", "."):
            continue  # VFS1 refuses to mount on its root
        if operation in ("create", "unlink") and path.endswith(("/", ".")):
            continue  # decided before the VFS there
        assert on_vfs1(vfs, operation, path) == on_reference(machine, operation, path), (operation, path)
    take_everything_down(vfs)


def test_what_is_found_is_held_until_it_is_dropped() -> None:
    vfs = Vfs1()
    vfs.mkdir("/a")
    vfs.create("/a/f")
    found = vfs.find("/a/f")
    assert (found.refs.load(), found.parent.refs.load()) == (2, 2)  # the caller's and the cache's; the child's and the cache's
    assert found.source.dirent_refs.load() == 2 + 2 + 2  # and the root's own, and that of /a
    vfs.unlink("/a/f")
    assert (found.refs.load(), found.inode.nlink.read()) == (1, 0)
    found.dec_ref()
    vfs.end()


def test_a_cache_that_is_full_lets_the_oldest_go() -> None:
    vfs = Vfs1(cache_size=2)
    for name in "abc":
        vfs.create(f"/{name}")
        vfs.stat(f"/{name}")
    assert [dirent.component for dirent in vfs.root.source.cache.held.read()] == ["c", "b"]
    vfs.stat("/b")
    assert [dirent.component for dirent in vfs.root.source.cache.held.read()] == ["b", "c"]
    vfs.end()


@pytest.mark.parametrize("held", [True, False])
def test_umount_is_refused_exactly_while_somebody_is_inside(held: bool) -> None:
    vfs = Vfs1()
    vfs.mkdir("/a")
    vfs.mount("/a", "M")
    vfs.create("/a/f")
    inside = vfs.find("/a/f")
    if not held:
        inside.dec_ref()
    assert on_vfs1(vfs, "umount", "/a") == ("EBUSY" if held else "ok")
    if held:
        inside.dec_ref()
        assert on_vfs1(vfs, "umount", "/a") == "ok"
    assert inside.source.dirent_refs.load() == 0
    vfs.end()
