"""Mounting, walking and umounting on the mount layer, and the indexes after each."""

from errno import EBUSY, EINVAL, ENOENT

import pytest

from impl import FsError, InvariantError, RefcountError, VirtualDentry, check_invariants, new_counted_dentry
from impl.drops import Drops
from tests.unit.impl.mount_layer import MountLayer, errno_of


def test_nothing_is_mounted_at_first(layer):
    assert layer.vfs.get_mount_at(layer.root, layer.a) is None
    layer.check()


def test_a_walk_enters_the_mount_and_holds_a_reference(layer):
    m = layer.mount(layer.root, layer.a, "M")
    assert layer.vfs.get_mount_at(layer.root, layer.a) is m
    layer.check(m)
    m.dec_ref()
    layer.check()


def test_the_same_dentry_is_not_mounted_under_another_parent(layer):
    m = layer.mount(layer.root, layer.a, "M")
    assert layer.vfs.get_mount_at(m, layer.a) is None


def test_mounts_stack_and_a_walk_ends_on_top(layer):
    m = layer.mount(layer.root, layer.a, "M")
    n = layer.mount(layer.root, layer.a, "N")
    assert (n.parent.load(), n.point.load()) == (m, m.root)
    top = layer.vfs.get_mount_at(layer.root, layer.a)
    assert top is n
    layer.check(n)
    top.dec_ref()


def test_climbing_leaves_the_whole_stack(layer):
    layer.mount(layer.root, layer.a, "M")
    n = layer.mount(layer.root, layer.a, "N")
    place = layer.vfs.get_mountpoint_at(n, None)
    assert place == VirtualDentry(layer.root, layer.a)
    layer.check(layer.root)
    place.dec_ref()


def test_climbing_stops_at_the_walkers_root(layer):
    m = layer.mount(layer.root, layer.a, "M")
    n = layer.mount(layer.root, layer.a, "N")
    place = layer.vfs.get_mountpoint_at(n, VirtualDentry(m, m.root))
    assert place == VirtualDentry(m, m.root)
    place.dec_ref()


def test_climbing_from_a_root_mount_finds_nothing(layer):
    assert layer.vfs.get_mountpoint_at(layer.root, None) is None


def test_climbing_stops_at_the_root_mount_of_a_mount_on_its_root(layer):
    m = layer.mount(layer.root, layer.root.root, "M")
    place = layer.vfs.get_mountpoint_at(m, None)
    assert place == VirtualDentry(layer.root, layer.root.root)
    place.dec_ref()


def test_eager_umount_detaches_and_destroys(layer):
    m = layer.mount(layer.root, layer.a, "M")
    assert layer.umount(layer.root, layer.a) == 0
    assert layer.vfs.get_mount_at(layer.root, layer.a) is None
    assert m.fs.refs.load() == 0
    layer.check()


def test_umounting_the_top_of_a_stack_uncovers_what_is_below(layer):
    m = layer.mount(layer.root, layer.a, "M")
    layer.mount(layer.root, layer.a, "N")
    assert layer.umount(layer.root, layer.a) == 0
    top = layer.vfs.get_mount_at(layer.root, layer.a)
    assert top is m
    top.dec_ref()


def test_eager_umount_of_a_referenced_mount_is_busy_and_changes_nothing(layer):
    m = layer.mount(layer.root, layer.a, "M")
    m.inc_ref()
    assert layer.umount(layer.root, layer.a) == EBUSY
    layer.check(m)
    m.dec_ref()
    assert layer.umount(layer.root, layer.a) == 0


def test_eager_umount_of_a_mount_with_children_is_busy(layer):
    m = layer.mount(layer.root, layer.a, "M")
    sub = layer.new_dentry("FM:/sub")
    layer.mount(m, sub, "C")
    m.inc_ref()
    assert errno_of(layer.vfs.umount_mount, m, layer.ns) == EBUSY
    layer.check(m)
    m.dec_ref()


def test_after_an_eager_umount_no_walk_can_reference_the_mount(layer):
    layer.mount(layer.root, layer.a, "M")
    m = layer.vfs.get_mount_at(layer.root, layer.a)
    layer.vfs.umount_mount(m, layer.ns)
    assert not m.try_inc_mounted_ref()
    m.dec_ref()


def test_lazy_umount_detaches_a_busy_mount_and_its_subtree(layer):
    m = layer.mount(layer.root, layer.a, "M")
    sub = layer.new_dentry("FM:/sub")
    c = layer.mount(m, sub, "C")
    c.inc_ref()
    assert layer.umount(layer.root, layer.a, lazy=True) == 0
    assert m.refs.load() == 0
    assert c.refs.load() == 1
    assert c.parent.load() is None
    assert layer.vfs.get_mountpoint_at(c, None) is None
    layer.check(c)
    c.dec_ref()


def test_what_refers_to_a_lazily_umounted_mount_keeps_working(layer):
    m = layer.mount(layer.root, layer.a, "M")
    m.inc_ref()
    layer.umount(layer.root, layer.a, lazy=True)
    assert m.try_inc_mounted_ref()
    m.dec_ref()
    assert m.fs.refs.load() == 1
    m.dec_ref()
    assert m.fs.refs.load() == 0


@pytest.mark.parametrize("lazy", [False, True])
def test_umounting_twice_is_invalid(layer, lazy):
    m = layer.mount(layer.root, layer.a, "M")
    m.inc_ref()
    layer.umount(layer.root, layer.a, lazy=True)
    assert errno_of(layer.vfs.umount_mount, m, layer.ns, lazy=lazy) == EINVAL
    m.dec_ref()


@pytest.mark.parametrize("lazy", [False, True])
def test_the_root_of_a_namespace_cannot_be_umounted(layer, lazy):
    assert errno_of(layer.vfs.umount_mount, layer.root, layer.ns, lazy=lazy) == EINVAL


def test_a_mount_of_another_namespace_cannot_be_umounted(layer):
    other = layer.new_namespace("other")
    d = layer.new_dentry("Rother:/d")
    m = layer.mount(other.root_mount, d, "M")
    m.inc_ref()
    assert errno_of(layer.vfs.umount_mount, m, layer.ns) == EINVAL
    m.dec_ref()
    other.dec_ref()


def test_nothing_is_mounted_on_a_deleted_dentry(layer):
    layer.a.disowned.store(True)
    with pytest.raises(FsError, match="ENOENT"):
        layer.mount(layer.root, layer.a, "M")
    layer.check()
    assert layer.filesystems[-1].refs.load() == 0


def test_nothing_is_mounted_on_an_umounted_mount(layer):
    m = layer.mount(layer.root, layer.a, "M")
    m.inc_ref()
    layer.umount(layer.root, layer.a, lazy=True)
    sub = layer.new_dentry("FM:/sub")
    with pytest.raises(FsError) as failed:
        layer.mount(m, sub, "C")
    assert failed.value.errno == ENOENT
    layer.check(m)
    m.dec_ref()


def test_a_mount_connected_by_hand_survives_its_creator(layer):
    m = layer.mount(layer.root, layer.a, "M")
    assert m.refs.load() == 1
    assert layer.vfs.get_mount_at(layer.root, layer.a) is m
    m.dec_ref()


def test_two_mounts_on_one_dentry_are_counted_separately(layer):
    m = layer.mount(layer.root, layer.a, "M")
    b = layer.bind(m, layer.root, layer.b, "B")
    sub = layer.new_dentry("FM:/sub")
    layer.mount(m, sub, "X")
    layer.mount(b, sub, "Y")
    assert sub.mounts.load() == 2
    assert layer.umount(m, sub) == 0
    with layer.vfs.mount_mu:
        assert layer.ns.has_mountpoint_locked(sub)
    layer.check()
    assert layer.umount(b, sub) == 0
    with layer.vfs.mount_mu:
        assert not layer.ns.has_mountpoint_locked(sub)


def test_a_filesystem_lives_as_long_as_one_of_its_mounts(layer):
    m = layer.mount(layer.root, layer.a, "M")
    layer.bind(m, layer.root, layer.b, "B")
    assert layer.umount(layer.root, layer.a) == 0
    assert m.fs.refs.load() == 1
    assert layer.umount(layer.root, layer.b) == 0
    assert m.fs.refs.load() == 0


def test_releasing_a_namespace_umounts_its_tree(layer):
    other = layer.new_namespace("other")
    d = layer.new_dentry("Rother:/d")
    m = layer.mount(other.root_mount, d, "M")
    m.inc_ref()
    other.inc_ref()
    other.dec_ref()
    assert not m.umounted.read()
    other.dec_ref()
    assert m.umounted.read()
    assert (m.refs.load(), other.root_mount.refs.load()) == (1, 0)
    m.dec_ref()


def test_a_namespace_is_released_once_only():
    layer = MountLayer()
    layer.ns.dec_ref()
    with pytest.raises(RefcountError):
        layer.ns.inc_ref()
    other = MountLayer()
    other.ns.dec_ref()
    with pytest.raises(RefcountError):
        other.ns.dec_ref()


def test_the_root_of_a_namespace_comes_with_references(layer):
    root = layer.ns.root()
    assert root == VirtualDentry(layer.root, layer.root.root)
    layer.check(layer.root)
    root.dec_ref()


def test_mounts_left_connected_below_a_deleted_point_go_with_their_last_reference(layer):
    m = layer.mount(layer.root, layer.a, "M")
    sub = layer.new_dentry("FM:/sub")
    c = layer.mount(m, sub, "C")
    c.inc_ref()
    drops = Drops()
    with layer.vfs.mount_mu:
        layer.vfs.mounts.seq.begin_write()
        layer.vfs._umount_recursive_locked(m, disconnect_hierarchy=False, drops=drops)
        layer.vfs.mounts.seq.end_write()
    drops.run()
    assert (m.parent.load(), c.parent.load()) == (None, m)
    found = layer.vfs.get_mount_at(m, sub)
    assert found is c
    layer.check(c, c)
    c.dec_ref()
    c.dec_ref()
    assert (c.refs.load(), m.refs.load()) == (0, 0)


def test_many_mounts_grow_the_table_and_all_are_found(layer):
    points = [layer.new_dentry(f"R:/d{k}") for k in range(50)]
    mounts = [layer.mount(layer.root, point, f"M{k}") for k, point in enumerate(points)]
    layer.check()
    for point, mount in zip(points, mounts, strict=True):
        assert layer.vfs.get_mount_at(layer.root, point) is mount
        mount.dec_ref()
    assert all(layer.umount(layer.root, point) == 0 for point in points)
    layer.check()


def test_the_whole_life_with_every_key_colliding():
    layer = MountLayer(hash_function=lambda parent, point: 7)
    m = layer.mount(layer.root, layer.a, "M")
    layer.mount(layer.root, layer.b, "N")
    layer.mount(layer.root, layer.a, "O")
    layer.mount(m, layer.b, "Q")
    layer.check()
    assert layer.umount(layer.root, layer.a) == 0
    assert layer.umount(layer.root, layer.b) == 0
    layer.check()
    layer.release_everything()


def test_check_invariants_names_what_is_broken(layer):
    m = layer.mount(layer.root, layer.a, "M")
    layer.a.mounts.add(1)
    with pytest.raises(InvariantError, match="invariant:mounts-counted"):
        layer.check()
    layer.a.mounts.add(-1)
    layer.root.children.discard(m)
    with pytest.raises(InvariantError, match="invariant:children-parent"):
        layer.check()
    layer.root.children.add(m)
    with pytest.raises(InvariantError, match="invariant:mount-refs"):
        layer.check(m)
    layer.a.disowned.store(True)
    with pytest.raises(InvariantError, match="invariant:dead-not-mounted"):
        check_invariants(layer.vfs)


def test_dentry_names_are_what_traces_show():
    assert repr(new_counted_dentry("R:/a")) == "R:/a"
