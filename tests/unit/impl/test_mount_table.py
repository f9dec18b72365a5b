"""The mount table against a dictionary, with friendly and with hostile hashes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impl import Filesystem, InvariantError, Mount, MountTable, VirtualFilesystem, new_counted_dentry
from impl.mount_table import INITIAL_ORDER


def constant(parent, point):
    return 0


def last_slot(parent, point):
    return 3  # at home in the last slot of a table of four: every probe wraps around


def by_point(parent, point):
    return int(point.name[1:])


HASHES = {"names": None, "constant": constant, "last slot": last_slot, "by point": by_point}


class Table:
    """A table and the dictionary it must agree with."""

    def __init__(self, hash_function=None) -> None:
        self.vfs = VirtualFilesystem()
        self.table = MountTable(hash_function) if hash_function else MountTable()
        self.parent = self.new_mount("P")
        self.points = [new_counted_dentry(f"d{k}") for k in range(40)]
        self.expected = {}

    def new_mount(self, name):
        return Mount(name, self.vfs, Filesystem("F"), new_counted_dentry("F:/"))

    def insert(self, k):
        mount = self.new_mount(f"m{k}")
        mount.parent.store(self.parent)
        mount.point.store(self.points[k])
        self.table.seq.begin_write()
        self.table.insert_locked(mount)
        self.table.seq.end_write()
        self.expected[k] = mount
        return mount

    def remove(self, k):
        mount = self.expected.pop(k)
        self.table.seq.begin_write()
        self.table.remove_locked(mount)
        self.table.seq.end_write()
        mount.parent.store(None)
        mount.point.store(None)

    def check(self):
        for k, point in enumerate(self.points):
            assert self.table.lookup(self.parent, point) is self.expected.get(k)
        assert len(self.table) == len(self.expected)
        assert set(self.table.entries()) == set(self.expected.values())


@pytest.mark.parametrize("hash_name", HASHES)
@settings(max_examples=60, deadline=None)
@given(keys=st.lists(st.integers(0, 39), max_size=80))
def test_table_agrees_with_a_dictionary(hash_name, keys):
    table = Table(HASHES[hash_name])
    for k in keys:
        if k in table.expected:
            table.remove(k)
        else:
            table.insert(k)
        table.check()


@pytest.mark.parametrize(
    ("entries", "capacity"),
    [(0, 4), (3, 4), (4, 8), (6, 8), (7, 16), (13, 16), (14, 32), (26, 32), (27, 64)],
)
def test_capacity_doubles_when_13_sixteenths_are_full(entries, capacity):
    table = Table()
    for k in range(entries):
        table.insert(k)
    assert table.table.capacity() == capacity
    table.check()


def test_capacity_never_shrinks():
    table = Table()
    for k in range(14):
        table.insert(k)
    for k in range(14):
        table.remove(k)
    assert table.table.capacity() == 32
    assert len(table.table) == 0


def words(table):
    array = table.table._slots.load()
    return [(slot.value.load(), slot.hash.load()) for slot in array.slots]


def test_a_richer_entry_gives_way_to_a_poorer_one():
    table = Table(by_point)
    first = table.insert(0)  # hash 0, slot 0
    at_home = table.insert(1)  # hash 1, slot 1
    poor = table.insert(4)  # hash 4, home slot 0: takes slot 1 from the entry that is at home there
    assert [value for value, _ in words(table)] == [first, poor, at_home, None]


def test_removal_shifts_later_entries_back_and_leaves_no_hole():
    table = Table(constant)
    first, second, third = table.insert(0), table.insert(1), table.insert(2)
    assert [value for value, _ in words(table)] == [first, second, third, None]
    table.remove(0)
    assert [value for value, _ in words(table)] == [second, third, None, None]
    table.check()


def test_the_shift_stops_at_an_entry_that_is_at_home():
    table = Table(by_point)
    table.insert(0)
    at_home = table.insert(1)
    table.remove(0)
    assert [value for value, _ in words(table)] == [None, at_home, None, None]


def test_an_entry_may_wrap_around_the_end():
    table = Table(last_slot)
    first, second = table.insert(0), table.insert(1)
    assert [value for value, _ in words(table)] == [second, None, None, first]
    table.remove(0)
    assert [value for value, _ in words(table)] == [None, None, None, second]


def test_the_initial_capacity_is_four():
    assert 1 << INITIAL_ORDER == 4


def test_a_lookup_in_an_empty_table_finds_nothing():
    table = Table()
    assert table.table.lookup(table.parent, table.points[0]) is None


def test_equal_hashes_of_different_keys_are_told_apart_by_the_key():
    table = Table(constant)
    table.insert(0)
    other_parent = table.new_mount("Q")
    assert table.table.lookup(other_parent, table.points[0]) is None


def test_removing_what_is_not_there_is_an_invariant_error():
    table = Table()
    table.insert(0)
    stranger = table.new_mount("s")
    stranger.parent.store(table.parent)
    stranger.point.store(table.points[1])
    with pytest.raises(InvariantError, match="table-entry"):
        table.table.remove_locked(stranger)


def test_removing_after_the_key_was_cleared_is_an_invariant_error():
    table = Table()
    mount = table.insert(0)
    mount.parent.store(None)
    with pytest.raises(InvariantError, match="key-pair"):
        table.table.remove_locked(mount)


def test_default_hashes_are_the_same_in_every_run():
    table = Table()
    assert table.table.hash_of(table.parent, table.points[0]) == 507627684264170993
    assert table.table.hash_of(table.parent, table.points[1]) == 8896924800069746056
