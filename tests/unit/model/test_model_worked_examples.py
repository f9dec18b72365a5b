"""The examples of facts 2.2, 2.4 and 2.6, and of the defects that bugs.md tells, as scripts."""

import itertools

from model import initial, step
from model import operations as op
from stress.visible import model_tree


def mount(path, filesystem):
    return op.Mount("init", path, filesystem=filesystem)


def test_two_mounts_on_one_path_stack_and_come_off_in_reverse(vfs):
    vfs.dirs("/a")
    vfs.ok(mount("/a", "M"), mount("/a", "N"))
    seen = [vfs.where("/a")]
    for _ in range(2):
        vfs.ok(op.Umount("init", "/a"))
        seen.append(vfs.where("/a"))
    assert seen == ["N", "M", "root"]
    assert vfs(op.Umount("init", "/a")) == "EINVAL"


def test_an_eager_umount_is_busy_with_a_handle_or_a_child_and_not_after(vfs):
    vfs.dirs("/a")
    vfs.ok(mount("/a", "M"), op.Mkdir("init", "/a/b"), mount("/a/b", "N"))
    assert vfs(op.Umount("init", "/a")) == "EBUSY"
    vfs.ok(op.Umount("init", "/a/b"), op.GetDentry("init", "/a", handle="cwd"))
    assert vfs(op.Umount("init", "/a")) == "EBUSY"
    vfs.ok(op.Close("cwd"), op.Umount("init", "/a"))
    assert vfs.where("/a") == "root"


def test_a_stacked_mount_is_a_child_of_the_one_below(vfs):
    vfs.dirs("/a")
    vfs.ok(mount("/a", "M"), op.GetDentry("init", "/a", handle="in_m"), mount("/a", "N"), op.Umount("init", "/a"))
    assert vfs(op.Umount("init", "/a")) == "EBUSY"


def test_a_lazily_umounted_mount_works_for_who_is_inside_and_ends_at_its_root(vfs):
    vfs.dirs("/a")
    vfs.ok(mount("/a", "M"), op.Mkdir("init", "/a/x"), op.GetDentry("init", "/a/x", handle="cwd"))
    vfs.ok(op.Umount("init", "/a", lazy=True))
    assert vfs.where("/a") == "root"
    assert vfs.where("..", start="cwd") == vfs.where("../../..", start="cwd") == "M"
    vfs.ok(op.Mkdir("init", "y", start="cwd"), op.Close("cwd"))
    assert {each.filesystem for each in vfs.state.mounts} == {"root"}


def test_a_lazy_umount_takes_the_whole_subtree_apart(vfs):
    vfs.dirs("/a")
    vfs.ok(mount("/a", "M"), op.Mkdir("init", "/a/b"), mount("/a/b", "N"), op.GetDentry("init", "/a", handle="m"))
    vfs.ok(op.GetDentry("init", "/a/b", handle="n"), op.Umount("init", "/a", lazy=True))
    assert vfs.where("b", start="m") == "M"
    assert vfs.where("..", start="n") == "N"


def test_dotdot_leaves_a_whole_stack_and_enters_what_covers_the_parent(vfs):
    vfs.dirs("/a")
    vfs.ok(op.GetDentry("init", "/a", handle="covered"), mount("/a", "M"), mount("/a", "N"))
    assert vfs.where("/a/..") == "root"
    vfs.ok(mount("/", "T"))
    assert vfs.where("/") == "root"
    assert vfs.where("/..") == "T"
    assert vfs.where("..", start="covered") == "T"


def test_a_mount_on_the_root_is_umounted_through_the_root(vfs):
    vfs.ok(mount("/", "T"), op.Umount("init", "/"))
    assert vfs(op.Umount("init", "/")) == "EINVAL"


def test_a_bind_shows_the_same_files_and_not_the_mounts_below(vfs):
    vfs.dirs("/a", "/a/d", "/b")
    vfs.ok(mount("/a/d", "X"), op.Bind("init", "/a", new="/b"))
    assert vfs.where("/b/d") == "root"
    assert vfs.where("/b/..") == "root"
    vfs.file("/b/f", b"data")
    assert ("/a/f", "root", "file", b"data") in model_tree(vfs.state, "init")
    assert vfs(op.Rename("init", "/a/f", new="/b/g")) == "EXDEV"


def test_a_bind_copies_read_only_and_then_goes_its_own_way(vfs):
    vfs.dirs("/a", "/b", "/c")
    vfs.ok(op.Mount("init", "/a", filesystem="M", read_only=True), op.Bind("init", "/a", new="/b"))
    assert vfs(op.Mkdir("init", "/b/x")) == "EROFS"
    vfs.ok(op.Remount("init", "/b", read_only=False), op.Mkdir("init", "/b/x"))
    assert vfs(op.Mkdir("init", "/a/y")) == "EROFS"


def test_umount_of_a_directory_that_is_a_mount_point_only_elsewhere_is_refused(vfs):
    """H4: F at /x and /y, T at /x/sub; umount /y/sub must not umount /y."""
    vfs.dirs("/x", "/y")
    vfs.ok(mount("/x", "F"), op.Bind("init", "/x", new="/y"), op.Mkdir("init", "/x/sub"), mount("/x/sub", "T"))
    assert vfs(op.Umount("init", "/y/sub", lazy=True)) == "EINVAL"


def test_a_dentry_mounted_on_twice_stays_protected_until_both_are_gone(vfs):
    """S6: the index of mount points is a count, not a set."""
    vfs.dirs("/a", "/b", "/a/d")
    vfs.ok(op.Bind("init", "/a", new="/b"), mount("/a/d", "X"), mount("/b/d", "Y"), op.Umount("init", "/a/d"))
    assert vfs(op.Rmdir("init", "/a/d")) == "EBUSY"
    vfs.ok(op.Umount("init", "/b/d"), op.Rmdir("init", "/a/d"))


def in_two_namespaces(vfs):
    """d is covered by M in "other" only, with N inside M."""
    vfs.dirs("/d")
    vfs.ok(op.CloneNamespace("other", source="init"), op.Mount("other", "/d", filesystem="M"), op.Mkdir("other", "/d/n"))
    vfs.ok(op.Mount("other", "/d/n", filesystem="N"))


def test_deleting_a_mount_point_of_another_namespace_detaches_the_mounts_there(vfs):
    in_two_namespaces(vfs)
    assert vfs(op.Rmdir("other", "/d")) == "EBUSY"
    vfs.ok(op.Rmdir("init", "/d"))
    assert vfs.where("/d", namespace="other") == "ENOENT"
    assert {each.filesystem for each in vfs.state.mounts} == {"root"}


def test_after_a_detach_by_deletion_submounts_stay_visible_while_someone_is_inside(vfs):
    in_two_namespaces(vfs)
    vfs.ok(op.GetDentry("other", "/d", handle="m"), op.GetDentry("other", "/d/n", handle="n"), op.Rmdir("init", "/d"))
    assert (vfs.where("n", start="m"), vfs.where("..", start="n"), vfs.where("..", start="m")) == ("N", "M", "M")
    vfs.ok(op.Close("n"))
    assert vfs.where("n", start="m") == "M"


def test_two_mounts_on_one_deleted_dentry_are_both_disconnected_though_one_is_inside_the_other(vfs):
    vfs.dirs("/d")
    vfs.ok(op.CloneNamespace("other", source="init"), op.Bind("other", "/", new="/d"))
    vfs.ok(op.Mount("other", "/d/d", filesystem="N"), op.Mkdir("other", "/d/d/x"))
    kept = vfs.state
    vfs.ok(op.GetDentry("other", "/d/d", handle="n"), op.GetDentry("other", "/d", handle="x"), op.Rmdir("init", "/d"))
    assert (vfs.where("d", start="x"), vfs.where("..", start="n")) == ("ENOENT", "N")
    vfs.state = kept
    vfs.ok(op.Rmdir("init", "/d"))
    assert len(vfs.state.mounts) == 2


def test_an_absolute_path_ignores_where_it_starts(vfs):
    vfs.dirs("/a", "/b")
    vfs.ok(op.GetDentry("init", "/a", handle="a"))
    assert vfs.where("/b", start="a") == vfs.where("/b", start="unknown") == "root"
    assert vfs.where("b", start="a") == "ENOENT"


def test_rename_over_a_mount_point_of_another_namespace_detaches_too(vfs):
    in_two_namespaces(vfs)
    vfs.dirs("/e")
    vfs.ok(op.Rename("init", "/e", new="/d"))
    assert vfs.where("/d", namespace="other") == "root"


def test_a_mount_of_another_namespace_moves_with_its_renamed_point(vfs):
    in_two_namespaces(vfs)
    vfs.ok(op.Rename("init", "/d", new="/moved"))
    assert vfs.where("/moved", namespace="other") == "M"
    assert vfs.where("/moved/n/../..", namespace="other") == "root"


def test_releasing_the_last_reference_of_a_namespace_detaches_everything(vfs):
    in_two_namespaces(vfs)
    vfs.ok(op.AcquireNamespace("other"), op.GetDentry("other", "/d/n", handle="n"), op.ReleaseNamespace("other"))
    assert vfs.where("/d", namespace="other") == "M"
    vfs.ok(op.ReleaseNamespace("other"))
    assert vfs.where("/", namespace="other") == "ESRCH"
    assert vfs.where("..", start="n") == "N"
    vfs.ok(op.Close("n"))
    assert len(vfs.state.mounts) == 1


def test_an_open_for_writing_keeps_the_mount_from_becoming_read_only(vfs):
    vfs.ok(op.Open("init", "/f", handle="f", create=True, access="w"))
    assert vfs(op.Remount("init", "/", read_only=True)) == "EBUSY"
    vfs.ok(op.Close("f"), op.GetDentry("init", "/", handle="m"), op.BeginWrite("m"))
    assert vfs(op.Remount("init", "/", read_only=True)) == "EBUSY"
    vfs.ok(op.EndWrite("m"), op.Remount("init", "/", read_only=True), op.Remount("init", "/", read_only=True))
    assert vfs(op.BeginWrite("m")) == "EROFS"
    vfs.ok(op.Remount("init", "/", read_only=False), op.BeginWrite("m"))


def test_dropping_a_handle_ends_its_writes(vfs):
    vfs.ok(op.GetDentry("init", "/", handle="m"), op.BeginWrite("m"), op.Close("m"))
    vfs.ok(op.Remount("init", "/", read_only=True))


def test_renamed_names_are_gone_from_where_they_were(vfs):
    """S9."""
    vfs.file("/x", b"1")
    vfs.file("/y", b"22")
    vfs.ok(op.Rename("init", "/x", new="/y"))
    assert vfs(op.Stat("init", "/x")) == "ENOENT"
    assert vfs.ok(op.Stat("init", "/y")) == ("file", 1, 1, "root")


def test_renaming_a_hard_link_onto_its_twin_does_nothing(vfs):
    vfs.file("/x")
    vfs.ok(op.Link("init", "/x", new="/y"), op.Rename("init", "/x", new="/y"))
    assert vfs.ok(op.Stat("init", "/x"))[1] == 2


def test_symlinks_relative_absolute_nested_and_to_the_root(vfs):
    """S10, S11."""
    vfs.dirs("/a", "/a/b")
    vfs.file("/a/f", b"123")
    for path, target in (("/rel", "a"), ("/abs", "/a/b"), ("/root", "/"), ("/a/b/up", "../f"), ("/deep", "rel/b/up")):
        vfs.ok(op.Symlink("init", path, target=target))
    for path in ("/rel/f", "/abs/up", "/abs/../f", "/root/a/f", "/deep", "/root/rel/./b//up"):
        assert vfs.ok(op.Stat("init", path)) == ("file", 1, 3, "root"), path
    assert vfs.ok(op.Stat("init", "/deep", follow=False)) == ("symlink", 1, 8, "root")
    assert vfs.ok(op.Readlink("init", "/deep")) == "rel/b/up"


def test_forty_symlinks_are_followed_and_not_one_more(vfs):
    vfs.file("/l0")
    for n in range(1, 42):
        vfs.ok(op.Symlink("init", f"/l{n}", target=f"l{n - 1}"))
    assert vfs.where("/l40") == "root"
    assert vfs.where("/l41") == "ELOOP"


def test_a_symlink_whose_target_ends_in_a_slash_demands_a_directory(vfs):
    vfs.file("/f")
    vfs.ok(op.Symlink("init", "/l", target="f/"))
    assert vfs(op.Stat("init", "/l")) == "ENOTDIR"
    assert vfs(op.Open("init", "/l", handle="h", create=True)) == "EISDIR"


def test_open_creates_what_a_dangling_symlink_names(vfs):
    vfs.dirs("/a")
    vfs.ok(op.Symlink("init", "/l", target="a/new"), op.Open("init", "/l", handle="h", create=True))
    assert ("/a/new", "root", "file", b"") in model_tree(vfs.state, "init")


def test_open_with_create_enters_a_mount_on_the_last_component(vfs):
    vfs.dirs("/a")
    vfs.ok(mount("/a", "M"))
    assert vfs.ok(op.Open("init", "/a", handle="h", create=True)) == "M"
    assert vfs(op.Open("init", "/a", handle="i", create=True, exclusive=True)) == "EEXIST"


def test_link_counts_are_those_of_live_names(vfs):
    vfs.dirs("/d", "/d/one", "/d/two")
    vfs.file("/f", b"x")
    vfs.ok(op.Link("init", "/f", new="/g"), op.GetDentry("init", "/f", handle="f"))
    vfs.ok(op.GetDentry("init", "/d/one", handle="one"))
    assert [vfs.ok(op.Stat("init", path))[1] for path in ("/", "/d", "/d/one", "/f", "/g")] == [3, 4, 2, 2, 2]
    vfs.ok(op.Rmdir("init", "/d/one"), op.Unlink("init", "/f"))
    assert [vfs.ok(op.Stat("init", "/d"))[1], vfs.ok(op.StatHandle("one"))[1], vfs.ok(op.StatHandle("f"))[1]] == [3, 0, 1]
    assert vfs.where("..", start="one") == "root"


def test_an_unlinked_file_lives_until_it_is_closed(vfs):
    vfs.file("/f", b"12345")
    vfs.ok(op.Open("init", "/f", handle="f"), op.Unlink("init", "/f"))
    assert vfs.ok(op.StatHandle("f")) == ("file", 0, 5, "root")
    assert vfs.ok(op.Read("f", size_bytes=9)) == b"12345"
    vfs.ok(op.Close("f"))
    assert len(vfs.state.inodes) == 1


def test_reads_and_writes_move_the_position_or_take_an_offset(vfs):
    vfs.ok(op.Open("init", "/f", handle="f", access="rw", create=True))
    assert vfs.ok(op.Write("f", data=b"abc"), op.Write("f", data=b"de")) == 2
    assert vfs.ok(op.Read("f", size_bytes=5)) == b""
    assert vfs.ok(op.Read("f", size_bytes=2, offset=1)) == b"bc"
    assert vfs.ok(op.Write("f", data=b"", offset=99), op.Write("f", data=b"z", offset=7)) == 1
    assert vfs.ok(op.Read("f", size_bytes=99, offset=0)) == b"abcde\0\0z"
    vfs.ok(op.Open("init", "/f", handle="g", truncate=True))
    assert vfs.ok(op.StatHandle("f")) == ("file", 1, 0, "root")


def test_a_directory_lists_its_own_names_and_not_what_covers_them(vfs):
    vfs.dirs("/b", "/a")
    vfs.file("/f")
    vfs.ok(op.Symlink("init", "/l", target="f"), mount("/a", "M"), op.Open("init", "/", handle="root"))
    listing = (("a", "directory"), ("b", "directory"), ("f", "file"), ("l", "symlink"))
    assert vfs.ok(op.Readdir("root")) == listing


def test_a_directory_covers_only_a_directory(vfs):
    vfs.dirs("/d")
    vfs.file("/f")
    assert vfs(mount("/f", "M")) == vfs(op.Bind("init", "/d", new="/f")) == "ENOTDIR"


def test_the_visible_tree_crosses_mounts(vfs):
    vfs.dirs("/a", "/a/hidden")
    vfs.ok(mount("/a", "M"), op.Symlink("init", "/a/l", target="x"))
    expected = (("/", "root", "directory", b""), ("/a", "M", "directory", b""), ("/a/l", "M", "symlink", b"x"))
    assert model_tree(vfs.state, "init") == expected


def test_a_state_is_the_same_after_what_was_made_is_undone(vfs):
    before = vfs.state
    vfs.dirs("/a")
    vfs.ok(mount("/a", "M"), op.Mkdir("init", "/a/x"), op.Umount("init", "/a"), op.Rmdir("init", "/a"))
    assert vfs.state == before
    assert hash(vfs.state) == hash(before)
    assert step(vfs.state, op.Mkdir("init", "/b"))[0] == step(before, op.Mkdir("init", "/b"))[0]


def test_the_order_in_which_things_are_made_does_not_matter():
    made = [
        op.Mkdir("init", "/b"),
        op.Symlink("init", "/c", target="b"),
        op.CreateNamespace("two", filesystem="T"),
        op.GetDentry("init", "/", handle="h"),
        op.Mount("init", "/a", filesystem="M"),
        op.Mount("init", "/z", filesystem="N"),
    ]
    states = set()
    for order in itertools.permutations(made):
        state = initial()
        for operation in (op.Mkdir("init", "/z"), op.Mkdir("init", "/a"), *order):
            state = step(state, operation)[0]
        states.add(state)
    assert len(states) == 1


def test_mounts_left_connected_below_a_deleted_mount_point_go_when_their_own_mount_point_is_deleted(vfs):
    in_two_namespaces(vfs)
    vfs.ok(op.GetDentry("other", "/d", handle="m"), op.GetDentry("other", "/d/n", handle="n"), op.Rmdir("init", "/d"))
    assert vfs(op.Rmdir("other", "n", start="m")) == "EBUSY"
    vfs.ok(op.Rmdir("init", "n", start="m"))
    assert (vfs.where("n", start="m"), vfs.where("..", start="n")) == ("ENOENT", "N")
