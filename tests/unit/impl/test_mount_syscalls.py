"""Mounting, binding, umounting and remounting by path, and namespaces."""

from errno import EBUSY, EINVAL, ENOENT, EROFS

import pytest

from impl import check_invariants
from impl.context import new_fs_context
from impl.flags import MNT_DETACH, O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY
from tests.unit.impl.machine import Machine, errno_of


def test_mounts_stack_on_one_path(m):
    m.mkdir("/a")
    m.mount("/a", "M")
    m.mount("/a", "N")
    assert m.stat("/a").dev == "N"
    m.umount("/a")
    assert m.stat("/a").dev == "M"
    m.umount("/a")
    assert m.stat("/a").dev == "R"
    assert errno_of(m.umount, "/a") == EINVAL


def test_an_umounted_filesystem_is_released(m):
    m.mkdir("/a")
    m.mount("/a", "M")
    m.create("/a/f", b"x")
    fs = m.handle("/a").mount.fs
    m.close(m.handles[0])
    m.umount("/a")
    assert fs.refs.load() == 0


@pytest.mark.parametrize("what", ["open file", "working directory", "mount inside", "handle"])
def test_eager_umount_is_busy_while_something_uses_the_mount(m, what):
    m.mkdir("/a")
    m.mount("/a", "M")
    m.mkdir("/a/d")
    m.create("/a/f")
    process = None
    if what == "open file":
        m.open("/a/f")
    elif what == "working directory":
        process = new_fs_context(m.ns, cwd=m.vfs.get_dentry_at(m.at("/a/d")))
    elif what == "mount inside":
        m.mount("/a/d", "N")
    else:
        m.handle("/a/d")
    assert errno_of(m.umount, "/a") == EBUSY
    m.umount("/a", lazy=True)
    assert m.stat("/a").dev == "R"
    if process:
        process.release()


def test_after_a_lazy_umount_open_files_and_directories_keep_working(m):
    m.mkdir("/a")
    m.mount("/a", "M")
    m.mkdir("/a/d", "/a/d/e")
    m.create("/a/f", b"x")
    fd = m.open("/a/f", O_RDWR)
    vd = m.handle("/a/d/e")
    m.umount("/a", lazy=True)
    assert fd.read(1) == b"x"
    assert m.vfs.stat_at(m.at("../..", start=vd)).dev == "M"
    assert m.vfs.stat_at(m.at("../../..", start=vd)).dev == "M"
    m.vfs.mkdir_at(m.at("new", start=vd))
    fs = vd.mount.fs
    m.close(fd)
    assert fs.refs.load() == 1
    m.close(vd)
    assert fs.refs.load() == 0


def test_a_lazy_umount_detaches_the_mounts_inside_from_one_another(m):
    m.mkdir("/a")
    m.mount("/a", "M")
    m.mkdir("/a/b")
    m.mount("/a/b", "N")
    vd = m.handle("/a")
    m.umount("/a", lazy=True)
    assert m.vfs.stat_at(m.at("b", start=vd)).dev == "M"


# -- bind --------------------------------------------------------------------------------------------------------


def test_a_bind_shows_the_same_files_in_two_places(m):
    m.mkdir("/a", "/a/d", "/b")
    m.bind("/a/d", "/b")
    m.create("/b/f", b"x")
    assert m.read("/a/d/f") == b"x"
    assert m.stat("/b").ino == m.stat("/a/d").ino
    assert m.stat("/b/..").ino == m.stat("/").ino


def test_a_file_can_be_bound_over_a_file(m):
    m.create("/f", b"f")
    m.create("/g", b"g")
    m.bind("/f", "/g")
    assert m.read("/g") == b"f"
    m.umount("/g")
    assert m.read("/g") == b"g"


def test_a_bind_does_not_copy_the_mounts_inside(m):
    m.mkdir("/a", "/a/d", "/b")
    m.mount("/a/d", "M")
    m.bind("/a", "/b")
    assert m.stat("/b/d").dev == "R"


def test_a_bind_is_as_read_only_as_its_source(m):
    m.mkdir("/a", "/b", "/c")
    m.mount("/a", "M")
    m.bind("/a", "/b")
    m.remount("/a")
    m.bind("/a", "/c")
    assert errno_of(m.mkdir, "/a/x") == EROFS
    assert errno_of(m.mkdir, "/c/x") == EROFS
    m.mkdir("/b/x")


def test_the_filesystem_lives_until_its_last_bind_goes(m):
    m.mkdir("/a", "/b")
    m.mount("/a", "M")
    m.create("/a/f", b"x")
    m.bind("/a", "/b")
    m.umount("/a")
    assert m.read("/b/f") == b"x"


def test_a_bind_of_a_directory_onto_itself_can_be_umounted(m):
    m.mkdir("/a")
    m.create("/a/f")
    m.bind("/a", "/a")
    assert m.stat("/a/f").dev == "R"
    m.umount("/a")
    m.check()


def test_umounting_below_a_bind_hits_the_right_mount(m):
    """A mount on a dentry of one bind must not be found through the other (H4)."""
    m.mkdir("/x", "/y")
    m.mount("/x", "F")
    m.mkdir("/x/sub")
    m.bind("/x", "/y")
    m.mount("/x/sub", "T")
    assert errno_of(m.umount, "/y/sub", lazy=True) == EINVAL
    assert m.stat("/y").dev == "F"


def test_removing_one_of_two_mounts_on_a_dentry_keeps_it_protected(m):
    m.mkdir("/a", "/b")
    m.mount("/a", "F")
    m.mkdir("/a/d")
    m.bind("/a", "/b")
    m.mount("/a/d", "X")
    m.mount("/b/d", "Y")
    m.umount("/a/d")
    assert errno_of(m.rmdir, "/a/d") == EBUSY
    m.umount("/b/d")
    m.rmdir("/a/d")


# -- read-only ---------------------------------------------------------------------------------------------------


def test_a_read_only_mount_can_be_read_and_made_writable_again(m):
    m.create("/f", b"x")
    m.remount("/")
    assert m.read("/f") == b"x"
    assert errno_of(m.create, "/g") == EROFS
    m.remount("/", read_only=False)
    m.create("/g")


def test_read_only_is_a_matter_of_the_mount(m):
    m.mkdir("/a")
    m.mount("/a", "M", read_only=True)
    assert errno_of(m.mkdir, "/a/x") == EROFS
    m.mkdir("/b")


def test_remount_is_refused_while_a_file_is_open_for_writing(m):
    m.create("/f")
    fd = m.open("/f", O_WRONLY)
    assert errno_of(m.remount, "/") == EBUSY
    m.close(fd)
    m.remount("/")


def test_a_created_file_keeps_the_mount_writable_until_closed(m):
    fd = m.open("/f", O_CREAT | O_RDWR)
    assert errno_of(m.remount, "/") == EBUSY
    assert m.ns.root_mount.writers.load() == 1
    m.close(fd)
    assert m.ns.root_mount.writers.load() == 0


def test_a_refused_truncation_changes_nothing_on_a_read_only_mount(m):
    m.create("/f", b"data")
    m.remount("/")
    assert errno_of(m.open, "/f", O_RDONLY | O_TRUNC) == EROFS
    assert m.read("/f") == b"data"


def test_failed_writes_leave_no_trace_in_the_writers_count(m):
    m.mkdir("/d", "/d/e")
    for call, path in ((m.rmdir, "/d"), (m.unlink, "/d"), (m.mkdir, "/d"), (m.rmdir, "/missing")):
        assert errno_of(call, path) != 0
    assert m.ns.root_mount.writers.load() == 0


# -- deleting mount points ---------------------------------------------------------------------------------------


def test_a_mount_point_of_another_namespace_can_be_deleted_and_its_mounts_go(m):
    m.mkdir("/d")
    other = m.clone_namespace()
    with m.as_process(other):
        m.mount("/d", "M")
        m.mkdir("/d/sub")
        m.mount("/d/sub", "N")
        inside, below = m.handle("/d"), m.handle("/d/sub")
    m.rmdir("/d")
    m.check()
    assert inside.mount.umounted.read()
    assert below.mount.umounted.read()
    assert inside.mount.parent.load() is None
    assert m.vfs.stat_at(m.at("sub", start=inside)).dev == "N"
    assert m.vfs.stat_at(m.at("..", start=below)).dev == "M"
    assert errno_of(m.stat, "/d") == ENOENT
    with m.as_process(other):
        assert errno_of(m.stat, "/d") == ENOENT
    other.release()


def test_what_was_mounted_below_a_deleted_mount_point_goes_with_its_own_last_reference(m):
    m.mkdir("/d")
    other = m.clone_namespace()
    with m.as_process(other):
        m.mount("/d", "M")
        m.mkdir("/d/sub")
        m.mount("/d/sub", "N")
        inside = m.handle("/d")
    m.rmdir("/d")
    assert m.vfs.stat_at(m.at("sub", start=inside)).dev == "M"
    m.check()
    other.release()


def test_renaming_over_a_mount_point_of_another_namespace_umounts_it(m):
    m.mkdir("/d", "/e")
    other = m.clone_namespace()
    with m.as_process(other):
        m.mount("/d", "M")
        inside = m.handle("/d")
    m.rename("/e", "/d")
    assert inside.mount.umounted.read()
    m.check()
    other.release()


def test_renaming_a_mount_point_of_another_namespace_moves_the_mount_with_it(m):
    m.mkdir("/d")
    other = m.clone_namespace()
    with m.as_process(other):
        m.mount("/d", "M")
    m.rename("/d", "/e")
    with m.as_process(other):
        assert m.stat("/e").dev == "M"
    other.release()


def test_unlinking_a_file_that_another_namespace_mounted_over(m):
    m.create("/f", b"f")
    m.create("/g", b"g")
    other = m.clone_namespace()
    with m.as_process(other):
        m.bind("/g", "/f")
    m.unlink("/f")
    assert m.read("/g") == b"g"
    m.check()
    other.release()


def test_a_filesystem_bound_below_itself_elsewhere_can_lose_its_mount_point(m):
    """The deleting filesystem is the one whose mount goes (G27)."""
    m.mkdir("/d")
    other = m.clone_namespace()
    with m.as_process(other):
        m.bind("/", "/d")
    m.rmdir("/d")
    m.check()
    other.release()


# -- namespaces --------------------------------------------------------------------------------------------------


def test_a_cloned_namespace_has_the_same_tree_and_goes_its_own_way(m):
    m.mkdir("/a", "/b")
    m.mount("/a", "M")
    m.mkdir("/a/x")
    m.mount("/a/x", "N")
    m.mount("/a/x", "O")
    other = m.clone_namespace()
    with m.as_process(other):
        assert [m.stat(path).dev for path in ("/", "/a", "/a/x")] == ["R", "M", "O"]
        m.umount("/a/x")
        assert m.stat("/a/x").dev == "N"
        m.mount("/b", "P")
    assert m.stat("/a/x").dev == "O"
    assert m.stat("/b").dev == "R"
    m.check()
    other.release()
    m.check()


def test_a_clone_copies_read_only(m):
    m.remount("/")
    other = m.clone_namespace()
    with m.as_process(other):
        assert errno_of(m.mkdir, "/x") == EROFS
        m.remount("/", read_only=False)
        m.mkdir("/x")
    assert errno_of(m.mkdir, "/y") == EROFS
    other.release()


def test_the_last_process_takes_the_namespace_with_it(m):
    m.mkdir("/a")
    other = m.clone_namespace()
    with m.as_process(other):
        m.mount("/a", "M")
        inside = m.handle("/a")
    other.release()
    assert inside.mount.umounted.read()
    assert inside.mount.refs.load() == 1
    check_invariants(m.vfs, namespaces=m.namespaces)


def test_a_process_cannot_umount_what_belongs_to_another_namespace(m):
    m.mkdir("/a")
    m.mount("/a", "M")
    vd = m.handle("/a")
    other = m.clone_namespace()
    with m.as_process(other):
        for flags in (0, MNT_DETACH):
            assert errno_of(m.vfs.umount_at, m.at(".", start=vd), flags=flags) == EINVAL
    other.release()


def test_everything_works_when_every_key_collides():
    m = Machine(hash_function=lambda parent, point: 1)
    m.mkdir("/a", "/b", "/c", "/d")
    for path in ("/a", "/b", "/c", "/d", "/a"):
        m.mount(path, f"M{path}")
    assert [m.stat(path).dev for path in ("/a", "/b", "/c", "/d")] == ["M/a", "M/b", "M/c", "M/d"]
    m.umount("/b")
    assert m.stat("/d").dev == "M/d"
    m.shut_down()
