"""The gate: races on the reference VFS, each with the verdict it must have.

Where the groups of the smallest useful scenario suite are, each with two and with three threads and with a planted defect that the
same race finds:

- 1 open against umount: ``open_vs_umount``, ``walk_vs_eager_umount``, and against the model ``calls_are_linearizable``
- 2 ".." against umount and mount elsewhere: ``dot_dot_vs_lazy_umount`` (strict), ``dot_dot_vs_move``; up a stack:
  ``walk_vs_lazy_umount``
- 3 lookup against growth and removal, all keys colliding: ``lookup_vs_remove``
- 4 mount against mount, and rmdir: ``mount_vs_mount``, ``mount_vs_rmdir``
- 5 rmdir against mount, in one and in two namespaces: ``mount_vs_rmdir``
- 6 lazy umount against a mount inside: ``lazy_umount_vs_mount_inside``
- 7 writers against remounts: ``read_only_vs_writers``, ``create_vs_remount``
- 8 release of a namespace: ``namespace_release``, ``namespace_release_vs_walk``
- 9 umount against umount: ``umount_vs_umount``
- 10 rmdir against last closes: ``rmdir_vs_last_closes``, ``last_reference_vs_walk``
- 12 stat and rename: ``stat_vs_unlink``

Group 11 needs pivot_root, which the reference does not have.
"""
