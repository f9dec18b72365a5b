"""Path resolution: dots, slashes, symlinks, and crossing mounts both ways."""

from errno import ELOOP, ENOENT, ENOTDIR

import pytest

from impl.context import FsContext, new_fs_context
from impl.errors import FsError
from impl.path import Path, parse_path
from impl.resolving_path import MAX_SYMLINK_TRAVERSALS, MountPointSignal, ResolvingPath
from tests.unit.impl.machine import errno_of


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/", Path(absolute=True, components=(), must_be_dir=True)),
        ("///", Path(absolute=True, components=(), must_be_dir=True)),
        ("a", Path(absolute=False, components=("a",), must_be_dir=False)),
        ("/a//b/", Path(absolute=True, components=("a", "b"), must_be_dir=True)),
        ("./..", Path(absolute=False, components=(".", ".."), must_be_dir=False)),
    ],
)
def test_paths_are_parsed(text, path):
    assert parse_path(text) == path


def test_an_empty_path_names_nothing():
    with pytest.raises(FsError, match="ENOENT"):
        parse_path("")


def same(m, *paths):
    """All paths name one file."""
    return len({(m.stat(path).dev, m.stat(path).ino) for path in paths}) == 1


def test_dots_and_slashes(m):
    m.mkdir("/a", "/a/b")
    assert same(m, "/a", "/a/", "//a", "/./a", "/a/.", "/a/b/..", "/../a", "/a/b/../../a", "a", "./a")


def test_dotdot_of_the_root_is_the_root(m):
    assert same(m, "/", "/..", "/../..", "..", ".")


def test_relative_paths_start_at_the_working_directory(m):
    m.mkdir("/a", "/a/b")
    process = new_fs_context(m.ns, cwd=m.vfs.get_dentry_at(m.at("/a")))
    with m.as_process(process):
        assert same(m, "b", "/a/b", "../a/b", "./b/.")
    process.release()


def test_symlinks_are_followed_in_the_middle_and_at_the_end(m):
    m.mkdir("/a", "/a/b")
    m.create("/a/b/f")
    m.symlink("/l", "a/b")
    m.symlink("/a/k", "../l/f")
    assert same(m, "/a/b/f", "/l/f", "/a/k")


def test_a_path_continues_after_a_relative_symlink_in_the_middle(m):
    m.mkdir("/a", "/a/b", "/a/b/c")
    m.symlink("/l", "a/b")
    m.symlink("/a/b/up", "..")
    assert same(m, "/a/b/c", "/l/c", "/l/up/b/c", "/l/up/b/up/b/c")


def test_absolute_symlinks_start_at_the_root(m):
    m.mkdir("/a", "/b")
    m.create("/b/f")
    m.symlink("/a/l", "/b")
    m.symlink("/a/root", "/")
    assert same(m, "/b/f", "/a/l/f", "/a/root/b/f", "/a/root/a/l/f")
    assert same(m, "/", "/a/root", "/a/root/")


def test_nested_symlinks_each_continue_where_they_stood(m):
    m.mkdir("/d", "/d/e", "/d/e/g")
    m.symlink("/d/l1", "e/l2")
    m.symlink("/d/e/l2", "g")
    m.create("/d/e/g/f")
    assert same(m, "/d/l1/f", "/d/e/g/f")


def test_a_symlink_with_a_trailing_slash_needs_a_directory(m):
    m.create("/f")
    m.mkdir("/d")
    m.symlink("/lf", "f/")
    m.symlink("/ld", "d/")
    assert errno_of(m.stat, "/lf") == ENOTDIR
    assert same(m, "/d", "/ld")


def test_forty_symlinks_are_followed_and_one_more_is_not(m):
    m.create("/f")
    m.symlink("/l1", "f")
    for k in range(2, MAX_SYMLINK_TRAVERSALS + 2):
        m.symlink(f"/l{k}", f"l{k - 1}")
    assert same(m, "/f", "/l40")
    assert errno_of(m.stat, "/l41") == ELOOP


def test_forty_absolute_symlinks_are_the_limit_too(m):
    m.symlink("/d", "/")
    assert same(m, "/", "/d" * 40)
    assert errno_of(m.stat, "/d" * 41) == ELOOP


def test_a_dangling_symlink_is_there_and_leads_nowhere(m):
    m.symlink("/l", "nowhere")
    assert errno_of(m.stat, "/l") == ENOENT
    assert m.stat("/l", follow=False).nlink == 1


# -- mounts ------------------------------------------------------------------------------------------------------


def test_a_mount_covers_what_is_below(m):
    m.mkdir("/a", "/a/covered")
    m.mount("/a", "M")
    m.mkdir("/a/inside")
    assert m.ls("/a") == ["inside"]
    assert m.stat("/a").dev == "M"
    m.umount("/a")
    assert m.ls("/a") == ["covered"]


def test_dotdot_leaves_a_mount_through_its_mount_point(m):
    m.mkdir("/a", "/a/b")
    m.mount("/a/b", "M")
    m.mkdir("/a/b/x")
    assert same(m, "/a", "/a/b/..", "/a/b/x/../..", "/a/b/x/../../b/..")
    assert m.stat("/a/b/x/..").dev == "M"


def test_dotdot_leaves_a_whole_stack_of_mounts(m):
    m.mkdir("/a")
    for name in ("M", "N", "O"):
        m.mount("/a", name)
    assert m.stat("/a").dev == "O"
    assert same(m, "/", "/a/..")


def test_dotdot_into_a_directory_that_is_mounted_over_enters_the_mount(m):
    m.mkdir("/a", "/a/b")
    vd = m.handle("/a/b")
    m.mount("/a", "M")
    assert m.vfs.stat_at(m.at("..", start=vd)).dev == "M"


def test_a_mount_on_the_root_is_entered_by_dotdot_but_not_by_the_root_itself(m):
    m.mkdir("/a")
    m.mount("/", "M")
    assert m.stat("/").dev == "R"
    assert m.stat("/a").dev == "R"
    assert m.stat("/..").dev == "M"
    assert m.stat("/a/..").dev == "M"
    vd = m.handle("/a/..")
    m.vfs.umount_at(m.at(".", start=vd), flags=2)


def test_a_symlink_through_a_mount_continues_in_it(m):
    m.mkdir("/a")
    m.mount("/a", "M")
    m.mkdir("/a/d")
    m.symlink("/l", "a/d")
    m.symlink("/a/up", "../a/d")
    assert same(m, "/a/d", "/l", "/a/up", "/l/../d")


def test_dotdot_does_not_leave_the_callers_root(m):
    m.mkdir("/a")
    m.mount("/a", "M")
    m.mkdir("/a/jail", "/a/jail/cell")
    jail = m.vfs.get_dentry_at(m.at("/a/jail"))
    jail.inc_ref()
    m.ns.inc_ref()
    prisoner = FsContext("prisoner", m.ns, jail, jail)
    with m.as_process(prisoner):
        assert same(m, "/", "..", "/..", "/cell/../..")
        assert m.stat("/..").dev == "M"
        assert m.ls("/") == ["cell"]
    prisoner.release()


def test_a_walk_can_begin_anew(m):
    m.mkdir("/a")
    m.mount("/a", "M")
    m.mkdir("/a/x")
    rp = ResolvingPath(m.vfs, m.at("/a/x/y"))
    mount = m.vfs.get_mount_at(rp.mount, m.handle("/").dentry)
    assert mount is None
    inside = m.handle("/a")
    inside.mount.inc_ref()
    rp.handle(MountPointSignal(inside.mount))
    assert (rp.mount, rp.remaining) == (inside.mount, ("x", "y"))
    before = inside.mount.refs.load()
    rp.restart()
    assert (rp.mount, rp.remaining) == (m.ns.root_mount, ("a", "x", "y"))
    assert inside.mount.refs.load() == before - 1
    rp.release()


def test_walks_hold_nothing_afterwards(m):
    m.mkdir("/a")
    m.mount("/a", "M")
    m.mkdir("/a/b")
    m.symlink("/a/l", "/a/b")
    for path in ("/a/b", "/a/l", "/a/b/../..", "/a/missing", "/a/l/missing"):
        errno_of(m.stat, path)
    assert m.handle("/a").mount.refs.load() == 2
