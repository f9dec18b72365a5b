"""Races of the gate with one function as the seed has it (``stress.planted.seed``).

Each is what it is in the gate but for that function; ``weft replay`` shows the interleavings that ``reports/seed.md`` names.
"""

from __future__ import annotations

from dataclasses import replace

from stress.planted.seed import SEED
from stress.races.dot_dot_vs_lazy_umount import dot_dot_vs_lazy_umount
from stress.races.last_reference_vs_walk import last_reference_vs_walk
from stress.races.mount_vs_mount import mount_vs_delete, mount_vs_mount
from stress.races.namespace_release import namespace_release
from stress.races.namespace_release_vs_walk import namespace_release_vs_walk
from stress.races.read_only_vs_writers import remounts_vs_writer
from stress.races.walk_vs_eager_umount import walk_vs_eager_umount
from stress.races.walk_vs_lazy_umount import walk_up_a_stack_vs_lazy_umount
from weft import Scenario
from weft.scenario import Verdict


def _as_seeded(name: str, function: str, race: Scenario, *, violates: str | None = None, why: str) -> Scenario:
    """``race`` with the seed's ``function``; ``violates`` is how the slug of what it shows begins, ``None`` if it holds."""
    expect: Verdict = "HOLDS" if violates is None else "VIOLATED"
    within = SEED[function]
    line = _as_seeded.__code__.co_firstlineno
    return replace(
        race, name=name, expect=expect, violates=violates or "", within=within, why=why, slow=False, file=__file__, line=line
    )


new_mount = _as_seeded(
    "new_mount",
    "NewMount",
    mount_vs_delete,
    violates="forbidden:dropping_a_reference",
    why="S4: climbing drops references with mountMu held, where that may take filesystem locks",
)
new_mount_twice = _as_seeded("new_mount_twice", "NewMount", mount_vs_mount, violates="", why="S4 again, with nothing but counts")
get_mount_at = _as_seeded(
    "get_mount_at", "getMountAt", walk_vs_eager_umount, why="right as long as umount tests and marks in one step"
)
get_mount_at_stack = _as_seeded(
    "get_mount_at_stack", "getMountAt", walk_up_a_stack_vs_lazy_umount, why="each mount is dropped only when the next is held"
)
get_mountpoint_at = _as_seeded(
    "get_mountpoint_at",
    "getMountpointAt",
    dot_dot_vs_lazy_umount,
    violates="final:the_mount_point_was_one_when_it_was_taken",
    why="S1: the first block does not check the sequence counter again once the references are taken",
)
try_inc_mounted_ref = _as_seeded(
    "try_inc_mounted_ref", "Mount.tryIncMountedRef", walk_vs_eager_umount, why="one compare-and-swap decides"
)
inc_ref = _as_seeded(
    "inc_ref", "Mount.incRef", last_reference_vs_walk, why="nobody increments from zero, which it would not notice (S18)"
)
dec_ref = _as_seeded(
    "dec_ref",
    "Mount.decRef",
    last_reference_vs_walk,
    violates="",
    why="S3: the last reference frees a mount that is still in the table",
)
check_begin_write = _as_seeded(
    "check_begin_write",
    "Mount.CheckBeginWrite",
    remounts_vs_writer,
    violates="",
    why="S5: a refused writer counts for an instant",
)
end_write = _as_seeded("end_write", "Mount.EndWrite", remounts_vs_writer, why="one addition")
set_read_only_locked = _as_seeded(
    "set_read_only_locked", "Mount.setReadOnlyLocked", remounts_vs_writer, why="right once refused writers do not count (S5)"
)
namespace_inc_ref = _as_seeded("namespace_inc_ref", "MountNamespace.IncRef", namespace_release, why="one addition")
namespace_dec_ref = _as_seeded(
    "namespace_dec_ref",
    "MountNamespace.DecRef",
    namespace_release,
    violates="final:the_tree_is_released",
    why="S2: it adds 0, so nobody is ever the last",
)
root = _as_seeded("root", "MountNamespace.Root", namespace_release_vs_walk, why="a reference on an immutable pair")
