"""The prepare/abort/commit protocol on its own."""

from errno import EBUSY, ENOENT

import pytest

from impl.drops import Drops
from impl.errors import FsError
from tests.unit.impl.mount_layer import errno_of


def held(dentry):
    """Whether somebody holds the dentry's ``mu``."""
    if dentry.mu.try_lock():
        dentry.mu.unlock()
        return False
    return True


def test_prepare_holds_the_dentry_until_abort(layer):
    layer.vfs.prepare_delete_dentry(layer.ns, layer.a)
    assert held(layer.a)
    layer.vfs.abort_delete_dentry(layer.a)
    assert not held(layer.a)
    assert not layer.a.is_disowned()
    layer.mount(layer.root, layer.a, "M")


def test_commit_makes_the_dentry_unmountable(layer):
    layer.vfs.prepare_delete_dentry(layer.ns, layer.a)
    layer.vfs.commit_delete_dentry(layer.a, Drops())
    assert layer.a.is_disowned()
    assert not held(layer.a)
    with pytest.raises(FsError) as failed:
        layer.mount(layer.root, layer.a, "M")
    assert failed.value.errno == ENOENT


def test_a_mount_point_of_the_callers_namespace_cannot_be_deleted(layer):
    layer.mount(layer.root, layer.a, "M")
    assert errno_of(layer.vfs.prepare_delete_dentry, layer.ns, layer.a) == EBUSY
    assert not held(layer.a)


def test_a_caller_without_a_namespace_may_delete_anything(layer):
    m = layer.mount(layer.root, layer.a, "M")
    layer.vfs.prepare_delete_dentry(None, layer.a)
    drops = Drops()
    layer.vfs.commit_delete_dentry(layer.a, drops)
    assert m.refs.load() == 1
    drops.run()
    assert m.refs.load() == 0


@pytest.mark.parametrize("which", ["source", "target"])
def test_neither_end_of_a_rename_may_be_a_mount_point(layer, which):
    layer.mount(layer.root, layer.a if which == "source" else layer.b, "M")
    assert errno_of(layer.vfs.prepare_rename_dentry, layer.ns, layer.a, layer.b) == EBUSY
    assert not held(layer.a)
    assert not held(layer.b)


def test_an_aborted_rename_lets_both_go(layer):
    layer.vfs.prepare_rename_dentry(layer.ns, layer.a, layer.b)
    assert held(layer.a)
    assert held(layer.b)
    layer.vfs.abort_rename_dentry(layer.a, layer.b)
    assert not held(layer.a)
    assert not held(layer.b)


@pytest.mark.parametrize("replaces", [False, True])
def test_a_committed_rename_deletes_only_the_target(layer, replaces):
    target = layer.b if replaces else None
    layer.vfs.prepare_rename_dentry(layer.ns, layer.a, target)
    layer.vfs.commit_rename_replace_dentry(layer.a, target, Drops())
    assert (layer.a.is_disowned(), layer.b.is_disowned()) == (False, replaces)
    assert not held(layer.a)
    assert not held(layer.b)


def test_an_exchange_deletes_nothing(layer):
    layer.vfs.prepare_rename_dentry(layer.ns, layer.a, layer.b)
    layer.vfs.commit_rename_exchange_dentry(layer.a, layer.b)
    assert (layer.a.is_disowned(), layer.b.is_disowned()) == (False, False)
    assert not held(layer.a)


def test_an_invalidated_dentry_loses_its_mounts_everywhere(layer):
    m = layer.mount(layer.root, layer.a, "M")
    b = layer.bind(m, layer.root, layer.b, "B")
    sub = layer.new_dentry("FM:/sub")
    x = layer.mount(m, sub, "X")
    y = layer.mount(b, sub, "Y")
    drops = Drops()
    layer.vfs.invalidate_dentry(sub, drops)
    layer.check(x, y, m, b)  # what is to be dropped is still held
    drops.run()
    layer.check()
    assert (x.refs.load(), y.refs.load(), sub.mounts.load()) == (0, 0, 0)
