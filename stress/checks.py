"""The oracles that every race on the VFS carries.

Index coherence (O2), the tree (O10) and no writers on a read-only mount (O9) whenever ``mount_mu`` is free; seqcount
discipline; and lock discipline (O7): no reference is dropped while a lock is held under which dropping must not happen. That
nothing is mounted on a dead directory (O6) holds only once the deletion has returned, so races look at it at the end. Reference
safety (O1) is built into ``impl``, which raises; data races (O11) and deadlocks (O8) are the engine's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from impl import Dentry, MountNamespace, VirtualFilesystem, check_invariants
from impl.sync import Mutex
from stress.scene import Scene
from weft import Cell, Setting, require
from weft.cells.effects import Kind


def watch(s: Setting, scene: Scene, *dentries: Dentry) -> None:
    """Check the mount layer's invariants in every state of a race on a scene.

    Args:
        s: The race.
        scene: What it runs on.
        dentries: Directories of the race whose ``mu`` must not be held while references are dropped, besides the scene's.
    """
    watch_vfs(s, scene.vfs, [scene.ns], *(d.mu for d in (scene.a, scene.b, *dentries)))


def watch_vfs(s: Setting, vfs: VirtualFilesystem, namespaces: Sequence[MountNamespace], *locks: Mutex) -> None:
    """Check the mount layer's invariants in every state. ``locks`` forbid dropping references, as ``mount_mu`` does."""
    mount_mu, seq = vfs.mount_mu, vfs.mounts.seq
    spaces = tuple(namespaces)

    @s.invariant_when(lambda: not mount_mu.is_locked())
    def indexes_agree_while_mount_mu_is_free() -> None:
        check_invariants(vfs, namespaces=spaces, deleting=True)

    @s.invariant
    def written_only_under_mount_mu() -> None:
        require(mount_mu.is_locked() or not seq.is_writing(), "the table is being written and mount_mu is free")

    @s.never_while_holding(mount_mu, *locks)
    def dropping_a_reference(cell: Cell, kind: Kind, operands: tuple[Any, ...]) -> bool:
        return cell.label.endswith(".refs") and kind.name == "add" and operands == (-1,)
