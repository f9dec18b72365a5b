"""What an implementation may do beyond ``step`` while other operations overlap, each a switch that is off by default.

``step`` stays one deterministic instant per call. A linearizability monitor also asks ``alternatives``, at any instant of a call
that something overlaps, for further transitions from there. One either ends the call, or does its first part and leaves an
``Unfinished`` rest, which the monitor places later with ``resume``; a scratch handle holds its place, as a walker's references do.
Only a ".." written in the path is split off, not one in a symlink's target, and only for Stat, GetDentry and Open.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

from model import operations as op
from model.specification import Result, step
from model.state import Handle, Refused, State

BEGINS_WRITE = op.BeginWrite | op.Open | op.Mkdir | op.Rmdir | op.Unlink | op.Rename | op.Link | op.Symlink


class Allowances(NamedTuple):
    busy_umount: bool = False  # EBUSY from an eager umount that any walk overlaps: the walker may pin the mount for a moment
    busy_remount: bool = False  # EBUSY from a remount read-only that overlaps a call beginning a write: one may count that fails
    stepwise_dotdot: bool = False  # ".." may be resolved at an instant before that of the rest, so its result may be stale by then
    torn_stat: bool = False  # a stat may find the inode, read nlink and read the size at different instants


class Unfinished(NamedTuple):  # the rest of a call whose first part has been done; ``scratch`` is dropped at the end
    operation: op.Operation
    scratch: op.HandleName


Transition = tuple[State, Result | Unfinished]


def alternatives(
    state: State, operation: op.Operation, *, overlapping: Collection[op.Operation], scratch: op.HandleName, allowances: Allowances
) -> tuple[Transition, ...]:
    """Further transitions of ``operation``, now. ``scratch`` is a handle name of the calling thread's own."""
    found, now = list[Transition](), step(state, operation)[1]
    match operation:
        case op.Umount(lazy=False) if allowances.busy_umount and any(isinstance(o, op.PathOperation) for o in overlapping):
            found += [] if isinstance(now, str) else [(state, "EBUSY")]
        case op.Remount(read_only=True) if allowances.busy_remount and any(isinstance(o, BEGINS_WRITE) for o in overlapping):
            found += [] if isinstance(now, str) else [(state, "EBUSY")]
        case op.StatHandle(nlink=None, size_bytes=None) if allowances.torn_stat and not isinstance(now, str):
            parts = replace(operation, nlink=now[1][1]), replace(operation, size_bytes=now[1][2])
            found += [(state, Unfinished(rest, scratch)) for rest in parts]
        case op.Stat() | op.GetDentry() | op.Open() if allowances.stepwise_dotdot:
            names = operation.path.split("/")
            for end in (k + 1 for k, name in enumerate(names) if name == ".."):
                rest = replace(operation, start=scratch, path="/".join(names[end:]).lstrip("/") or ".")
                found += walk_first(state, replace(operation, path="/".join(names[:end])), rest, scratch)
    if allowances.torn_stat and isinstance(operation, op.Stat):
        found += walk_first(state, operation, op.StatHandle(scratch), scratch)
    return tuple(found) if overlapping else ()


def walk_first(state: State, o: op.PathOperation, rest: op.Operation, scratch: op.HandleName) -> list[Transition]:
    """Walk now, and do the ``rest`` from there later; impossible if the walk fails."""
    try:
        walk = state.walk(o.namespace, o.path, o.start)
        handle = Handle(scratch, walk.to_end(follow_final=not isinstance(o, op.Stat) or o.follow))
    except Refused:
        return []
    return [(state.put("handles", handle).tidy(), Unfinished(rest, scratch))]


def resume(state: State, unfinished: Unfinished) -> tuple[State, Result]:
    after, result = step(state, unfinished.operation)
    return step(after, op.Close(unfinished.scratch))[0], result
