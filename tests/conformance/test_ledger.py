"""What the ledger refuses on the spot. Each rule is broken here once, by hand, in a VFS that is otherwise in order."""

from typing import NamedTuple

import pytest

from impl.dentry import new_counted_dentry
from impl.errors import InvariantError
from impl.mount import Mount
from impl.vfs import VirtualFilesystem
from stress.adapters.calls import VfsAdapter
from stress.adapters.ledger import Ledger
from weft.cells.world import activate


class Scene(NamedTuple):
    vfs: VirtualFilesystem
    root: Mount


@pytest.fixture
def scene():
    with activate(Ledger()):
        vfs = VfsAdapter().vfs
        yield Scene(vfs, vfs.create_mount_namespace("memfs", source="root", name="init").root_mount)


def test_a_count_that_reached_zero_stays_there(scene):
    dentry = new_counted_dentry("d")
    dentry.dec_ref()
    with pytest.raises(InvariantError, match="destroyed-once"):
        dentry.impl.refs.add(1)


def test_a_lock_that_comes_first_is_not_taken_second(scene):
    dentry = new_counted_dentry("d")
    scene.vfs.mount_mu.lock()
    dentry.mu.lock()
    dentry.mu.unlock()
    scene.vfs.mount_mu.unlock()
    dentry.mu.lock()
    with pytest.raises(InvariantError, match=r"lock-order.*mount_mu is taken with .*d\.mu.* held"):
        scene.vfs.mount_mu.lock()


def test_a_filesystem_lock_is_not_taken_under_mount_mu(scene):
    scene.vfs.mount_mu.lock()
    with pytest.raises(InvariantError, match="lock-order"):
        scene.root.fs.impl.mu.read_lock()


def test_two_dentries_are_locked_together_only_under_mount_mu(scene):
    one, two = new_counted_dentry("one"), new_counted_dentry("two")
    scene.vfs.mount_mu.lock()
    one.mu.lock()
    two.mu.lock()
    two.mu.unlock()
    scene.vfs.mount_mu.unlock()
    with pytest.raises(InvariantError, match="lock-order"):
        two.mu.lock()


def test_no_reference_is_dropped_under_mount_mu(scene):
    scene.root.inc_ref()
    scene.vfs.mount_mu.lock()
    with pytest.raises(InvariantError, match="drop-under-lock"):
        scene.root.dec_ref()


def test_a_step_that_would_wait_for_ever_is_an_error(scene):
    scene.vfs.mounts.seq.begin_write()
    with pytest.raises(InvariantError, match="no-deadlock"):
        scene.vfs.mounts.lookup(scene.root, scene.root.root)
