"""Each allowance off, on, and on with nothing overlapping."""

import pytest

from model import Allowances, Unfinished, alternatives, resume, step
from model import operations as op

WALK = op.Stat("init", "/a/f")


def ask(vfs, operation, *, overlapping=(WALK,), **switches):
    allowances = Allowances(**switches)
    return alternatives(vfs.state, operation, overlapping=overlapping, scratch="scratch", allowances=allowances)


@pytest.fixture
def mounted(vfs):
    vfs.dirs("/a", "/b")
    vfs.ok(op.Mount("init", "/a", filesystem="M"))
    return vfs


@pytest.mark.parametrize(
    "operation", [op.Umount("init", "/a"), op.Remount("init", "/a", read_only=True), op.Stat("init", "/a/.."), WALK], ids=repr
)
def test_by_default_nothing_more_is_allowed(mounted, operation):
    assert ask(mounted, operation) == ()


@pytest.mark.parametrize("switch", ["busy_umount", "busy_remount", "stepwise_dotdot", "torn_stat"])
@pytest.mark.parametrize(
    "operation", [op.Umount("init", "/a"), op.Remount("init", "/a", read_only=True), op.Stat("init", "/a/..")], ids=repr
)
def test_without_overlap_nothing_more_is_allowed(mounted, operation, switch):
    assert ask(mounted, operation, overlapping=(), **{switch: True}) == ()


def test_busy_umount_allows_ebusy_only_to_an_eager_umount_that_would_succeed(mounted):
    assert ask(mounted, op.Umount("init", "/a"), busy_umount=True) == ((mounted.state, "EBUSY"),)
    assert ask(mounted, op.Umount("init", "/a"), busy_umount=True, overlapping=[op.Umount("init", "/a")])
    assert ask(mounted, op.Umount("init", "/a", lazy=True), busy_umount=True) == ()
    assert ask(mounted, op.Umount("init", "/b"), busy_umount=True) == ()
    assert ask(mounted, op.Umount("init", "/a"), busy_umount=True, overlapping=[op.EndWrite("h")]) == ()


def test_busy_remount_allows_ebusy_only_to_read_only_beside_a_call_that_begins_a_write(mounted):
    begin = [op.BeginWrite("h")]
    read_only = op.Remount("init", "/a", read_only=True)
    assert ask(mounted, read_only, busy_remount=True, overlapping=begin) == ((mounted.state, "EBUSY"),)
    assert ask(mounted, read_only, busy_remount=True) == ()
    assert ask(mounted, op.Remount("init", "/a", read_only=False), busy_remount=True, overlapping=begin) == ()


def test_stepwise_dotdot_allows_a_parent_that_was_left_before_the_rest_was_done(mounted):
    mounted.ok(op.Mkdir("init", "/a/x"), op.GetDentry("init", "/a/x", handle="cwd"))
    call = op.Stat("init", "../../b", start="cwd")
    rests = [(after, rest) for after, rest in ask(mounted, call, stepwise_dotdot=True) if isinstance(rest, Unfinished)]
    assert [rest.operation.path for _, rest in rests] == ["../b", "b"]
    outside, rest = rests[1]
    assert step(mounted.state, op.Umount("init", "/a", lazy=True))[1] == ("ok", None)
    detached, _ = step(outside, op.Umount("init", "/a", lazy=True))
    assert step(detached, call)[1] == "ENOENT"
    after, result = resume(detached, rest)
    assert result == ("ok", ("directory", 2, 0, "root"))
    assert "scratch" not in {handle.name for handle in after.handles}


def test_the_rest_of_a_stepwise_walk_can_be_split_again(mounted):
    mounted.ok(op.Mkdir("init", "/a/x"), op.GetDentry("init", "/a/x", handle="cwd"))
    after, rest = ask(mounted, op.Stat("init", "../../b", start="cwd"), stepwise_dotdot=True)[0]
    mounted.state = after
    again = ask(mounted, rest.operation, stepwise_dotdot=True)
    assert resume(*again[0])[1] == ("ok", ("directory", 2, 0, "root"))


def test_torn_stat_allows_an_nlink_and_a_size_of_different_instants(vfs):
    """S16: stat reads nlink 1, unlink drops the file's data, stat reads size 0."""
    vfs.file("/f", b"12345")
    vfs.ok(op.Open("init", "/f", handle="f", access="w"))
    (found,) = ask(vfs, op.Stat("init", "/f"), torn_stat=True)
    vfs.state, fstat = found
    assert resume(*found)[1] == ("ok", ("file", 1, 5, "root"))
    nlink_first, size_first = ask(vfs, fstat.operation, torn_stat=True)
    vfs.state = nlink_first[0]
    vfs.ok(op.Unlink("init", "/f"), op.Write("f", data=b"1234567"))
    assert resume(vfs.state, nlink_first[1])[1] == ("ok", ("file", 1, 7, "root"))
    assert resume(vfs.state, size_first[1])[1] == ("ok", ("file", 0, 5, "root"))


def test_torn_stat_splits_the_callers_own_handle_without_dropping_it(vfs):
    vfs.file("/f", b"1")
    vfs.ok(op.Open("init", "/f", handle="f"))
    for found in ask(vfs, op.StatHandle("f"), torn_stat=True):
        assert resume(*found) == (vfs.state, ("ok", ("file", 1, 1, "root")))
    assert ask(vfs, op.StatHandle("unknown"), torn_stat=True) == ()


def test_a_walk_that_fails_has_no_first_part(vfs):
    assert ask(vfs, op.Stat("init", "/missing/.."), stepwise_dotdot=True, torn_stat=True) == ()
