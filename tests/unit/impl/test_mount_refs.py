"""Reference and writer counts of mounts, and what their misuse raises."""

from errno import EBUSY, EROFS

import pytest

from impl import EAGERLY_UMOUNTED, READ_ONLY, Filesystem, Mount, RefcountError, VirtualFilesystem, new_counted_dentry
from tests.unit.impl.mount_layer import errno_of


@pytest.fixture
def mount():
    return Mount("M", VirtualFilesystem(), Filesystem("F"), new_counted_dentry("F:/"))


def test_a_new_mount_has_one_reference(mount):
    assert mount.refs.load() == 1


def test_the_last_reference_drops_root_and_filesystem(mount):
    mount.dec_ref()
    assert (mount.refs.load(), mount.root.impl.refs.load(), mount.fs.refs.load()) == (0, 0, 0)


def test_try_inc_mounted_ref_adds_one(mount):
    assert mount.try_inc_mounted_ref()
    assert mount.refs.load() == 2


def test_try_inc_mounted_ref_fails_on_a_destroyed_mount(mount):
    mount.dec_ref()
    assert not mount.try_inc_mounted_ref()
    assert mount.refs.load() == 0


def test_try_inc_mounted_ref_fails_on_an_eagerly_umounted_mount_but_inc_ref_does_not(mount):
    assert mount._mark_eagerly_umounted(1)
    assert not mount.try_inc_mounted_ref()
    mount.inc_ref()
    assert mount.refs.load() == EAGERLY_UMOUNTED + 2


def test_marking_needs_exactly_the_expected_references(mount):
    mount.inc_ref()
    assert not mount._mark_eagerly_umounted(1)
    assert not mount._mark_eagerly_umounted(3)
    assert mount.refs.load() == 2
    assert mount._mark_eagerly_umounted(2)


def test_an_eagerly_umounted_mount_is_destroyed_at_count_zero(mount):
    mount._mark_eagerly_umounted(1)
    mount.dec_ref()
    assert mount.refs.load() == EAGERLY_UMOUNTED
    assert mount.fs.refs.load() == 0


@pytest.mark.parametrize("eagerly", [False, True])
def test_inc_ref_from_zero_is_an_error(mount, eagerly):
    if eagerly:
        mount._mark_eagerly_umounted(1)
    mount.dec_ref()
    with pytest.raises(RefcountError, match="without holding one"):
        mount.inc_ref()


@pytest.mark.parametrize("eagerly", [False, True])
def test_dec_ref_below_zero_is_an_error(mount, eagerly):
    if eagerly:
        mount._mark_eagerly_umounted(1)
    mount.dec_ref()
    with pytest.raises(RefcountError, match="not held"):
        mount.dec_ref()


def test_counted_things_detect_misuse_too():
    for counted in (Filesystem("F"), new_counted_dentry("d")):
        counted.dec_ref()
        with pytest.raises(RefcountError, match="without holding one"):
            counted.inc_ref()
    for counted in (Filesystem("F"), new_counted_dentry("d")):
        counted.dec_ref()
        with pytest.raises(RefcountError, match="not held"):
            counted.dec_ref()


def test_a_dead_dentry_cannot_be_referenced():
    dentry = new_counted_dentry("d")
    assert dentry.try_inc_ref()
    dentry.dec_ref()
    dentry.dec_ref()
    assert not dentry.try_inc_ref()


def test_writers_are_counted(mount):
    mount.check_begin_write()
    mount.check_begin_write()
    assert mount.writers.load() == 2
    mount.end_write()
    mount.end_write()
    assert mount.writers.load() == 0


def test_a_read_only_mount_refuses_writers_and_does_not_count_them(mount):
    mount.set_read_only_locked(read_only=True)
    assert mount.is_read_only()
    assert errno_of(mount.check_begin_write) == EROFS
    assert mount.writers.load() == READ_ONLY


def test_read_only_is_refused_while_somebody_writes(mount):
    mount.check_begin_write()
    assert errno_of(mount.set_read_only_locked, read_only=True) == EBUSY
    mount.end_write()
    assert errno_of(mount.set_read_only_locked, read_only=True) == 0


def test_setting_what_is_set_already_changes_nothing(mount):
    mount.set_read_only_locked(read_only=False)
    assert mount.writers.load() == 0
    mount.set_read_only_locked(read_only=True)
    mount.set_read_only_locked(read_only=True)
    assert mount.writers.load() == READ_ONLY


def test_read_write_again_after_read_only(mount):
    mount.set_read_only_locked(read_only=True)
    mount.set_read_only_locked(read_only=False)
    assert mount.writers.load() == 0
    mount.check_begin_write()


@pytest.mark.parametrize("read_only", [False, True])
def test_end_write_without_begin_is_an_error(mount, read_only):
    mount.set_read_only_locked(read_only=read_only)
    with pytest.raises(RefcountError, match="without check_begin_write"):
        mount.end_write()
