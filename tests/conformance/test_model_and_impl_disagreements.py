"""Every disagreement between model and implementation that was ever found, as its script and what was decided.

Each is one test, whose name is the decision. ``agree`` runs the script on both sides and answers with the last result.
"""

import pytest

from impl.errors import InvariantError
from model import operations as op
from stress.adapters import Disagreement, SideBySide, as_script, compare


def agree(*script):
    both = SideBySide()
    for operation in script:
        result = both.do(operation)
    both.finish()
    return result if isinstance(result, str) else result[1]


def mkdirs(*paths):
    return [op.Mkdir("init", path) for path in paths]


def mount(path, label):
    return op.Mount("init", path, filesystem=label)


def test_rename_looks_at_both_directories_before_it_minds_a_bad_last_name():
    """Linux ``do_renameat2``. The model refused "/" at once."""
    assert agree(op.Rename("init", "/", new="/missing/x")) == "ENOENT"
    assert agree(*mkdirs("/a"), mount("/a", "M"), op.Rename("init", "/a/.", new="/x")) == "EXDEV"


def test_rename_of_what_is_inside_onto_an_ancestor_is_not_empty_whatever_it_is():
    """rename(2), Linux ``lock_rename``'s trap. The model compared the types first."""
    script = [*mkdirs("/a"), op.Symlink("init", "/a/l", target="x"), op.Rename("init", "/a/l", new="/a")]
    assert agree(*script) == "ENOTEMPTY"


def test_a_read_only_mount_is_noticed_before_a_bad_last_name():
    """Facts 1.9, RmdirAt order. The model refused the name first."""
    read_only = op.Remount("init", "/", read_only=True)
    assert agree(read_only, op.Rmdir("init", "/")) == "EROFS"
    assert agree(*mkdirs("/a"), read_only, op.Unlink("init", "/a/..")) == "EROFS"


def test_dotdot_at_the_root_enters_what_is_mounted_on_the_root():
    """Facts 1.8 (ResolveParent), Linux ``follow_dotdot`` and ``step_into``. impl stayed below."""
    assert agree(mount("/", "T"), op.Stat("init", "/..")) == ("directory", 2, 0, "T")


def test_umount_and_remount_climb_to_the_top_of_the_stack():
    """Facts 2.6 and 2.3 (getMountpoint), Linux LOOKUP_MOUNTPOINT. impl looked only at the end of the walk."""
    assert agree(mount("/", "T"), op.Remount("init", "/", read_only=True), op.Mkdir("init", "/../x")) == "EROFS"
    assert agree(mount("/", "T"), op.Umount("init", "/")) is None
    covered = [*mkdirs("/a"), op.GetDentry("init", "/a", handle=1), mount("/a", "M")]
    assert agree(*covered, op.Umount("init", ".", start=1)) is None


def test_a_deleted_directory_pins_the_directory_it_was_deleted_from():
    """Linux: a dentry holds its parent. impl raised a reference count from zero."""
    held = [*mkdirs("/a", "/a/b"), op.GetDentry("init", "/a/b", handle=1)]
    script = [*held, op.Rmdir("init", "/a/b"), op.Rmdir("init", "/a"), op.GetDentry("init", "..", start=1, handle=2)]
    assert agree(*script, op.StatHandle(2)) == ("directory", 0, 0, "root")


def two_on_one_directory():
    """In "two" a bind of "/" on /d, and N on the same directory seen through it."""
    yield from mkdirs("/d")
    yield op.CloneNamespace("two", source="init")
    yield op.Bind("two", "/", new="/d")
    yield op.Mount("two", "/d/d", filesystem="N")
    yield op.GetDentry("two", "/d/d", handle="n")
    yield op.GetDentry("two", "/d", handle="bound")
    yield op.Rmdir("init", "/d")


def test_whatever_is_mounted_on_a_deleted_directory_leaves_it_whatever_the_order():
    """Linux ``__detach_mounts``. impl passed over mounts that were umounted already, so it mattered which came first."""
    assert agree(*two_on_one_directory(), op.Stat("init", "..", start="n")) == ("directory", 2, 0, "N")
    assert agree(*two_on_one_directory(), op.Stat("init", "d", start="bound")) == "ENOENT"


def test_a_directory_covers_only_a_directory():
    """mount(2) ENOTDIR. Both allowed a file (a TODO in the seed), and did not agree on where ".." leads from there."""
    file = op.Open("init", "/f", handle=1, create=True)
    assert agree(file, mount("/f", "M")) == "ENOTDIR"


def test_creating_through_a_symlink_to_the_root_is_refused_as_a_directory():
    """open(2) EISDIR. The model opened it."""
    assert agree(op.Symlink("init", "/l", target="/"), op.Open("init", "/l", handle=1, create=True)) == "EISDIR"


def test_unknown_names_come_before_paths_and_empty_paths_before_walks():
    """Both sides decided; Linux copies all path names first. link and bind of impl walked the first path before."""
    assert agree(op.Rename("init", "/missing/x", new="x", new_start=9)) == "EBADF"
    assert agree(op.Symlink("init", "/l", target="l"), op.Link("init", "/l/x", new="")) == "ENOENT"
    assert agree(op.Symlink("init", "/l", target="l"), op.Bind("init", "/l", new="")) == "ENOENT"


def test_submounts_below_a_deleted_mount_point_stay_while_somebody_is_inside_them():
    """Facts 2.2: each goes with its own last reference; a handle in the parent does not hold it."""
    below = [
        *mkdirs("/d"),
        op.CloneNamespace("two", source="init"),
        op.Mount("two", "/d", filesystem="M"),
        op.Mkdir("two", "/d/n"),
        op.Mount("two", "/d/n", filesystem="N"),
        op.GetDentry("two", "/d", handle="m"),
    ]
    see = op.Stat("init", "n", start="m")
    assert agree(*below, op.Rmdir("init", "/d"), see)[3] == "M"
    inside = op.GetDentry("two", "/d/n", handle="n")
    assert agree(*below, inside, op.Rmdir("init", "/d"), see)[3] == "N"
    assert agree(*below, inside, op.Rmdir("init", "/d"), op.Close("n"), see)[3] == "M"


def test_a_deleted_directory_reads_as_empty():
    """As memfs does (facts 1.9); Linux says ENOENT."""
    opened = [*mkdirs("/a"), op.Open("init", "/a", handle=1), op.Rmdir("init", "/a")]
    assert agree(*opened, op.Readdir(1)) == ()


def test_a_difference_is_told_with_a_script_that_shows_it_again(monkeypatch, capsys):
    both = SideBySide()
    monkeypatch.setattr(both.adapter.vfs.__class__, "rmdir_at", lambda *_: None)
    both.do(op.Mkdir("init", "/a"))
    with pytest.raises(Disagreement) as raised:
        both.do(op.Rmdir("init", "/a"))
    text = str(raised.value)
    assert text.startswith("the tree of 'init':")
    script = text[text.index("from model") :]
    with pytest.raises(Disagreement):
        exec(script, {})
    monkeypatch.undo()
    capsys.readouterr()
    exec(script, {})
    assert capsys.readouterr().out.count("('ok', None)") == 2


def test_a_script_leaves_defaults_out():
    script = as_script([op.Open("init", "/f", handle=1, create=True), op.Stat("init", "x", start=1)])
    assert "Open('init', '/f', handle=1, create=True)," in script
    assert "Stat('init', 'x', start=1)," in script


def test_a_leak_is_told(capsys):
    both = SideBySide()
    both.do(op.Mkdir("init", "/a"))
    both.adapter.contexts["init"].root.mount.refs.value += 1
    with pytest.raises(Disagreement, match="mount-refs") as raised:
        both.do(op.Mkdir("init", "/b"))
    assert isinstance(raised.value.__cause__, InvariantError)
    compare([op.Stat("init", "/")])
    assert "directory" in capsys.readouterr().out
