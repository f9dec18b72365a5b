"""A reference implementation of gVisor's VFS2, in ordinary Python: mounts, namespaces, path resolution and memfs.

The algorithm is the corrected one (era E1 of gVisor's history): the seed commit's data structures and names, with umount,
and without its known defects. It runs wherever its primitives run; ``sync.py`` is the only module that names them.

Lock order, outermost first::

    locks of filesystems > VfsState.mount_mu > Dentry.mu > inner locks of filesystems

Several ``Dentry.mu`` are locked together only under ``mount_mu``. References are dropped with ``mount_mu``, every ``Dentry.mu``
and the write section of the mount table free, since the last drop runs filesystem code.

Locked sections use ``lock``/``try``/``finally``/``unlock`` rather than ``with``, and one memory access a statement: a frame that
waits with nothing on its evaluation stack is one the checker can recognise again, which saves it states.

The whole VFS, by path::

    vfs = VirtualFilesystem()                                    # hash_function=... forces collisions in the mount table
    vfs.register_filesystem_type(MemfsType())
    ns = vfs.create_mount_namespace("memfs", source="R")         # one reference; root mount "ns/", filesystem "R"
    me = new_fs_context(ns)                                      # a process: root and working directory, with references
    vfs.mkdir_at(me.at("/a"))                                    # me.at(path, follow=True, start=None) is a path operand
    vfs.mount_at(me.at("/a"), "memfs", source="M")               # mount and filesystem are called "M"
    fd = vfs.open_at(me.at("/a/f"), flags=O_CREAT | O_RDWR)      # fd.read, write, seek, stat, iter_dirents; fd.dec_ref() closes
    vfs.stat_at(me.at("/a/f"))                                   # Stat(dev="M", ino, mode, nlink, size)
    place = vfs.get_dentry_at(me.at("/a"))                       # VirtualDentry with references; place.dec_ref()
    vfs.umount_at(me.at("/a"))                                   # flags=MNT_DETACH for lazy
    vfs.bind_at(me.at("/a"), me.at("/b"))
    vfs.remount_at(me.at("/a"), read_only=True)
    copy = vfs.clone_mount_namespace(ns, name="copy")            # one reference; new_fs_context(copy) is a process in it
    me.release(); ns.dec_ref()                                   # the last reference umounts everything

Also rmdir_at, unlink_at, rename_at, link_at, symlink_at, readlink_at. Operations fail with ``FsError(errno)``; what cannot
happen raises ``RefcountError`` or ``InvariantError``.

The mount layer alone, without paths, for small races::

    vfs = VirtualFilesystem()
    fs, root = Filesystem("R"), new_counted_dentry("R:/")        # one reference each, handed over below
    ns = vfs.new_mount_namespace(fs, root, name="ns")            # ns.root_mount is the mount "ns/"
    a = new_counted_dentry("R:/a")                               # a dentry of R to mount on; the caller holds one reference

    vd = VirtualDentry(ns.root_mount, a)
    vd.inc_ref()                                                 # new_mount takes over a reference on vd, fs and root
    m = vfs.new_mount(vd, Filesystem("F"), new_counted_dentry("F:/"), name="M")   # m is borrowed: the VFS holds it

    top = vfs.get_mount_at(ns.root_mount, a)                     # walk down: the topmost mount on (root, a), or None
    place = vfs.get_mountpoint_at(top, None)                     # walk up: VirtualDentry with references, or None
    vfs.umount_mount(top, ns)                                    # eager: the caller's reference and the VFS's, or FsError(EBUSY)
    vfs.umount_mount(top, ns, lazy=True)                         # lazy: never busy
    place.dec_ref(); top.dec_ref()                               # the last reference destroys

    m.check_begin_write(); m.end_write()                         # FsError(EROFS) on a read-only mount
    with vfs.mount_mu: m.set_read_only_locked(read_only=True)    # FsError(EBUSY) while somebody writes

Checks for quiet moments: ``check_invariants(vfs, namespaces=[ns], handles=[...])`` (one mount for each outside reference),
``check_released(m, fs, ...)``, ``check_memfs(fs.impl)``, ``check_memfs_released(fs.impl)``.
"""

from impl.context import FsContext, PathOperation, new_fs_context
from impl.dentry import CountedDentryImpl, Dentry, DentryImpl, new_counted_dentry
from impl.errors import FsError, InvariantError, RefcountError
from impl.file_description import FileDescription
from impl.filesystem import Filesystem, FilesystemImpl
from impl.filesystem_type import FilesystemType
from impl.invariants import check_invariants, check_released
from impl.memfs.filesystem import MemfsFilesystem, MemfsType
from impl.memfs.invariants import check_memfs, check_memfs_released
from impl.mount import EAGERLY_UMOUNTED, READ_ONLY, Mount
from impl.mount_table import MountTable
from impl.namespace import MountNamespace
from impl.resolving_path import ResolvingPath
from impl.stat import Dirent, Stat
from impl.vfs import VirtualFilesystem
from impl.virtual_dentry import VirtualDentry

__all__ = [
    "EAGERLY_UMOUNTED",
    "READ_ONLY",
    "CountedDentryImpl",
    "Dentry",
    "DentryImpl",
    "Dirent",
    "FileDescription",
    "Filesystem",
    "FilesystemImpl",
    "FilesystemType",
    "FsContext",
    "FsError",
    "InvariantError",
    "MemfsFilesystem",
    "MemfsType",
    "Mount",
    "MountNamespace",
    "MountTable",
    "PathOperation",
    "RefcountError",
    "ResolvingPath",
    "Stat",
    "VirtualDentry",
    "VirtualFilesystem",
    "check_invariants",
    "check_memfs",
    "check_memfs_released",
    "check_released",
    "new_counted_dentry",
    "new_fs_context",
]
