"""A reference implementation of gVisor's VFS2 mount layer, in ordinary Python.

The algorithm is the corrected one (era E1 of gVisor's history): the seed commit's data structures and names, with umount,
and without its known defects. It runs wherever its primitives run; ``sync.py`` is the only module that names them.

Lock order, outermost first::

    locks of filesystems > VfsState.mount_mu > Dentry.mu > inner locks of filesystems

Several ``Dentry.mu`` are locked together only under ``mount_mu``. References are dropped with ``mount_mu``, every ``Dentry.mu``
and the write section of the mount table free, since the last drop runs filesystem code.

Locked sections use ``lock``/``try``/``finally``/``unlock`` rather than ``with``, and one memory access a statement: a frame that
waits with nothing on its evaluation stack is one the checker can recognise again, which saves it states.

The mount layer without path resolution, enough to build and race things::

    vfs = VirtualFilesystem()                                    # hash_function=... forces collisions
    fs, root = Filesystem("R"), new_counted_dentry("R:/")        # one reference each, handed over below
    ns = vfs.new_mount_namespace(fs, root, name="ns")            # ns.root_mount is the mount "ns/"
    a = new_counted_dentry("R:/a")                               # a dentry of R to mount on; the caller holds one reference

    vd = VirtualDentry(ns.root_mount, a)
    vd.inc_ref()                                                 # new_mount takes over a reference on vd, fs and root
    m = vfs.new_mount(vd, Filesystem("F"), new_counted_dentry("F:/"), name="M")   # m is borrowed: the VFS holds it

    top = vfs.get_mount_at(ns.root_mount, a)                     # walk down: the topmost mount on (root, a), or None
    place = vfs.get_mountpoint_at(top, None)                     # walk up: VirtualDentry with references, or None
    place.dec_ref()
    vfs.umount_mount(top, ns)                                    # eager: the caller's reference and the VFS's, or FsError(EBUSY)
    vfs.umount_mount(top, ns, lazy=True)                         # lazy: never busy
    top.dec_ref()                                                # the last reference destroys

    m.check_begin_write(); m.end_write()                         # FsError(EROFS) on a read-only mount
    with vfs.mount_mu: m.set_read_only_locked(read_only=True)    # FsError(EBUSY) while somebody writes
    ns.dec_ref()                                                 # the last reference umounts the tree lazily
    check_invariants(vfs, namespaces=[ns], handles=[...])        # InvariantError; handles: one mount per outside reference
    check_released(m, fs, ...)                                   # nothing left

Operations fail with ``FsError(errno)``. What cannot happen raises ``RefcountError`` or ``InvariantError``.
"""

from impl.dentry import CountedDentryImpl, Dentry, DentryImpl, new_counted_dentry
from impl.errors import FsError, InvariantError, RefcountError
from impl.filesystem import Filesystem, FilesystemImpl
from impl.invariants import check_invariants, check_released
from impl.mount import EAGERLY_UMOUNTED, READ_ONLY, Mount
from impl.mount_table import MountTable
from impl.namespace import MountNamespace
from impl.vfs import VirtualFilesystem
from impl.virtual_dentry import VirtualDentry

__all__ = [
    "EAGERLY_UMOUNTED",
    "READ_ONLY",
    "CountedDentryImpl",
    "Dentry",
    "DentryImpl",
    "Filesystem",
    "FilesystemImpl",
    "FsError",
    "InvariantError",
    "Mount",
    "MountNamespace",
    "MountTable",
    "RefcountError",
    "VirtualDentry",
    "VirtualFilesystem",
    "check_invariants",
    "check_released",
    "new_counted_dentry",
]
