"""memfs: a filesystem in memory, complete enough to make every mount race real.

Directories, regular files, symlinks, hard links. No permissions, times or limits. Lock order inside::

    MemfsTree.mu > (RegularFileDescription.mu > RegularFile.mu)

``MemfsTree.mu`` guards the whole tree: walks hold it for reading, changes for writing. References are dropped after it is released.

Source: gVisor ``fsimpl/memfs`` at the seed, with the tree kept by the filesystem (9b5e305e0), rename as in ``tmpfs``, and
without the defects S9, S10, S12, S13, S14, S16.
"""
