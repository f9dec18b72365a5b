"""The model against Linux: the same operations as system calls on tmpfs, in mount namespaces of their own.

``machine`` executes operations, ``worker`` isolates them in a child process, ``sequences`` generates them,
``comparison`` compares results and visible trees with the model's, ``differences`` lists what is meant to differ.
It needs the right to unshare a mount namespace (root, or CAP_SYS_ADMIN); without it ``Unavailable`` says why.

Nothing outside is touched: every mount is made private and every sequence has its own process, namespaces and tmpfs,
which vanish with the process.
"""
