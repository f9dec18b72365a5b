"""The sequential specification of the VFS: what each call does when nothing overlaps it.

``step(state, operation) -> (state, result)`` is a pure function over immutable, hashable values. A result is ``("ok", payload)`` or
the name of an errno; an operation that fails changes nothing. The one user may do anything, so there is no EACCES, and no EPERM
of permissions. Nothing is said about locks, reference counts or progress, nor about inode numbers: a place is identified by
the label its filesystem was given.

What an implementation may do beyond this while calls overlap is in ``allowances``; nothing, by default.

Source: gVisor VFS2, era E1 (2019-11 to 2022-10), read as a sequential specification.
"""

from model.allowances import Allowances, Unfinished, alternatives, resume
from model.operations import CreateNamespace, Operation
from model.specification import Result, step
from model.state import State

__all__ = ["Allowances", "Operation", "Result", "State", "Unfinished", "alternatives", "initial", "resume", "step"]


def initial(namespace: str = "init", filesystem: str = "root") -> State:
    """One namespace, whose root is an empty memfs."""
    return step(State(), CreateNamespace(namespace, filesystem=filesystem))[0]
