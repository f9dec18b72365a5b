"""A VFS in the shape of gVisor's VFS1, written for comparison: the VFS owns a tree of counted entries and walks it itself.

Each component of a path costs what it cost there: the global rename lock and the directory's two locks are taken, the child is
looked up in the directory's cache, the child and its mount get a reference, the locks are given back, and the references on the
directory and on its mount are dropped. A mount replaces the entry it is mounted on, so crossing into it costs nothing. The VFS2
shape (``impl``) walks a whole filesystem under one lock and without references, and pays at each mount point instead.

Neither shape has permissions, which VFS1 read under a lock at every component. Left out here alone: symlinks, data, rename, links,
rmdir, lazy umount, negative entries, revalidation; none of them would make this shape cheaper. The primitives are those of
``impl``, and so are errors, the parsing of paths and the answer of stat; so what differs is the walk.

Lock order: ``Vfs1.mounts_mu`` > ``Vfs1.rename_mu`` > ``Dirent.dir_mu`` > ``Dirent.mu`` of an ancestor > of a descendant > the
locks of ``DirentCache`` and inodes.

Source: gVisor ``pkg/sentry/fs`` as of 2019: ``Dirent.Walk``, ``walk``, ``IncRef``, ``TryIncRef``, ``DecRef`` and ``destroy``,
``MountNamespace.FindLink``, ``Mount``, ``Unmount`` and ``withMountLocked``, ``DirentCache``; ``pkg/refs``. In our own words.
"""

from stress.baseline.vfs1.dirent import Dirent, DirentCache, MountSource
from stress.baseline.vfs1.inode import Directory, Inode, RegularFile
from stress.baseline.vfs1.vfs import Vfs1

__all__ = ["Directory", "Dirent", "DirentCache", "Inode", "MountSource", "RegularFile", "Vfs1"]
