"""The example in the header of ``impl`` works as printed."""

import errno

import pytest

import impl
from impl import (
    Filesystem,
    FsError,
    MemfsType,
    VirtualDentry,
    VirtualFilesystem,
    check_invariants,
    check_released,
    new_counted_dentry,
    new_fs_context,
)
from impl.flags import MNT_DETACH, O_CREAT, O_RDWR


def test_everything_exported_exists():
    assert all(hasattr(impl, name) for name in impl.__all__)


def test_the_example_by_path():
    vfs = VirtualFilesystem()
    vfs.register_filesystem_type(MemfsType())
    ns = vfs.create_mount_namespace("memfs", source="R")
    me = new_fs_context(ns)
    vfs.mkdir_at(me.at("/a"))
    vfs.mkdir_at(me.at("/b"))
    vfs.mount_at(me.at("/a"), "memfs", source="M")
    fd = vfs.open_at(me.at("/a/f"), flags=O_CREAT | O_RDWR)
    assert vfs.stat_at(me.at("/a/f")).dev == "M"
    vfs.bind_at(me.at("/a"), me.at("/b"))
    with pytest.raises(FsError) as failed:
        vfs.umount_at(me.at("/a"))
    assert failed.value.errno == errno.EBUSY
    fd.dec_ref()
    vfs.remount_at(me.at("/a"), read_only=True)
    copy = vfs.clone_mount_namespace(ns, name="copy")
    vfs.umount_at(me.at("/a"), flags=MNT_DETACH)
    check_invariants(vfs, namespaces=[ns, copy], handles=[ns.root_mount, ns.root_mount])
    copy.dec_ref()
    me.release()
    ns.dec_ref()
    check_released(ns, copy, ns.root_mount, ns.root_mount.fs)
    assert len(vfs.mounts) == 0


def test_the_example_of_the_mount_layer():
    vfs = VirtualFilesystem()
    fs, root = Filesystem("R"), new_counted_dentry("R:/")
    ns = vfs.new_mount_namespace(fs, root, name="ns")
    a = new_counted_dentry("R:/a")
    vd = VirtualDentry(ns.root_mount, a)
    vd.inc_ref()
    m = vfs.new_mount(vd, Filesystem("F"), new_counted_dentry("F:/"), name="M")
    top = vfs.get_mount_at(ns.root_mount, a)
    place = vfs.get_mountpoint_at(top, None)
    assert (top, place) == (m, vd)
    vfs.umount_mount(top, ns)
    place.dec_ref()
    top.dec_ref()
    ns.dec_ref()
    check_released(ns, m, ns.root_mount, fs, m.fs)
