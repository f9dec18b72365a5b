"""What an implementation may do beyond ``step`` while other operations overlap, each a switch that is off by default.

``step`` stays one deterministic instant per call. A linearizability monitor that holds configurations (a state and, per
pending call, what is left of it) also asks ``alternatives``, at any instant of a call that something overlaps: they are
further transitions of a configuration, so permission needs no look at the past. A transition either ends the call, or
does the first part of it and leaves an ``Unfinished`` rest, which the monitor places later with ``resume``.
The rest holds its place by a scratch handle, which pins mounts as the real walker's references do.

Only a ".." written in the path is split off, not one in a symlink's target, and only for Stat, GetDentry and Open.
"""

# ruff: noqa: D101, D103 - where there is no docstring, the name and the types say it all

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import NamedTuple

from model import mounts, paths
from model import operations as op
from model.specification import Result, step
from model.state import Handle, HandleName, Refused, State

BEGINS_WRITE = (op.BeginWrite, op.Open, op.Mkdir, op.Rmdir, op.Unlink, op.Rename, op.Link, op.Symlink)


@dataclass(frozen=True, kw_only=True)
class Allowances:
    busy_umount: bool = False
    """EBUSY from an eager umount that any walk overlaps: the walker may pin the mount for a moment."""
    busy_remount: bool = False
    """EBUSY from a remount read-only that overlaps a call beginning a write: one that fails may count for a moment."""
    stepwise_dotdot: bool = False
    """".." may be resolved at an instant of the call before that of the rest, so its result may be stale by then."""
    torn_stat: bool = False
    """A stat may find the inode, read nlink and read the size at different instants: the tuple may never have been."""


class Unfinished(NamedTuple):
    """The rest of a call whose first part has been done; ``scratch`` is dropped at the end."""

    operation: op.Operation
    scratch: HandleName


Transition = tuple[State, Result | Unfinished]


def alternatives(
    state: State,
    operation: op.Operation,
    *,
    overlapping: Collection[op.Operation],
    scratch: HandleName,
    allowances: Allowances,
) -> tuple[Transition, ...]:
    """Further transitions of ``operation``, now. ``scratch`` is a handle name of the calling thread's own."""
    found = list[Transition]()
    eager = isinstance(operation, op.Umount) and not operation.lazy
    pinned = allowances.busy_umount and eager and any(isinstance(o, op.PathOperation) for o in overlapping)
    closing = isinstance(operation, op.Remount) and operation.read_only
    counted = allowances.busy_remount and closing and any(isinstance(o, BEGINS_WRITE) for o in overlapping)
    if (pinned or counted) and not isinstance(step(state, operation)[1], str):
        found.append((state, "EBUSY"))
    if overlapping and allowances.stepwise_dotdot and isinstance(operation, op.Stat | op.GetDentry | op.Open):
        found += split_dotdot(state, operation, scratch)
    torn = overlapping and allowances.torn_stat
    if torn and isinstance(operation, op.Stat):
        after = walk_first(state, operation, operation.path, scratch, follow=operation.follow)
        found += [(after, Unfinished(op.StatHandle(scratch), scratch))] if after else []
    if torn and isinstance(operation, op.StatHandle) and operation == op.StatHandle(operation.handle):
        now = step(state, operation)[1]
        if not isinstance(now, str):
            parts = replace(operation, nlink=now[1][1]), replace(operation, size_bytes=now[1][2])
            found += [(state, Unfinished(rest, scratch)) for rest in parts]
    return tuple(found)


def split_dotdot(state: State, o: op.Stat | op.GetDentry | op.Open, scratch: HandleName) -> list[Transition]:
    """Walk up to and including a ".." now, the rest later."""
    parts, found = o.path.split("/"), list[Transition]()
    for end in (i + 1 for i, part in enumerate(parts) if part == ".."):
        after = walk_first(state, o, "/".join(parts[:end]), scratch)
        rest = replace(o, start=scratch, path="/".join(parts[end:]).lstrip("/") or ".")
        found += [(after, Unfinished(rest, scratch))] if after else []
    return found


def walk_first(state: State, o: op.PathOperation, path: str, hold: HandleName, *, follow: bool = True) -> State | None:
    try:
        at = paths.to_end(state, paths.start(state, o.namespace, path, o.start), follow_final=follow)
    except Refused:
        return None
    return mounts.collect(state._replace(handles=state.handles.put(hold, Handle(at))))


def resume(state: State, unfinished: Unfinished) -> tuple[State, Result]:
    after, result = step(state, unfinished.operation)
    return mounts.collect(after._replace(handles=after.handles.without(unfinished.scratch))), result
