"""Defects of memfs: looking at files, removing and renaming them, symlinks, directories."""

from __future__ import annotations

from impl.file_description import FileDescription
from impl.memfs.descriptions import DirectoryDescription
from impl.memfs.remove import MemfsRemove
from impl.memfs.rename import MemfsRename
from impl.memfs.tree import MemfsTree
from impl.resolving_path import ResolvingPath
from weft import Edit, Planted

S16 = Planted(
    slug="S16",
    source="the seed, memfs StatAt",
    what="the inode is read after the filesystem's lock is released, and without a reference",
    function=MemfsTree.stat_at,
    change=Edit(
        """
        try:
            dentry = self._walk_existing_locked(rp)
            found = self._stat_locked(inode_of(dentry))
        finally:
            self.mu.read_unlock()
        return found
        """,
        """
        try:
            dentry = self._walk_existing_locked(rp)
        finally:
            self.mu.read_unlock()
        return self._stat_locked(inode_of(dentry))
        """,
    ),
    oracle="O11, O5",
    race="stat_vs_unlink",
    check="final:what_was_seen_existed",
)

S9 = Planted(
    slug="S9",
    source="the seed, vfs/dentry.go CommitRenameReplaceDentry; gone with 9b5e305e0",
    what="a rename leaves the old name, so the file has two",
    function=MemfsRename._move_entry_locked,
    change=Edit("self._remove_child_locked(move.old_parent, move.old_name)", "pass"),
    oracle="O5",
    race="rename_vs_stat",
    check="final:nothing_is_left",
)

S10 = Planted(
    slug="S10",
    source="the seed, vfs/resolving_path.go Advance; fixed by 471b15b21 (2020-02-25)",
    what="after a symlink that is not the last component, a component of the rest is skipped",
    function=ResolvingPath._replace_component,
    change=Edit("*self.remaining[1:]", "*self.remaining[2:]"),
    oracle="the model",
    race="side_by_side",
    check="final:model_and_impl_agree",
)

S11 = Planted(
    slug="S11",
    source="gVisor until fe562179f (2023-01-22)",
    what='a symlink to "/" that is not the last component swallows the rest of the path',
    function=ResolvingPath._replace_component,
    change=Edit(
        "self.remaining = (*path.components, *self.remaining[1:])",
        "self.remaining = (*path.components, *self.remaining[1:]) if path.components else ()",
    ),
    oracle="the model",
    race="side_by_side",
    check="final:model_and_impl_agree",
)

S12 = Planted(
    slug="S12",
    source="the seed, memfs; fixed by 06102af65",
    what="unlink does not remove the entry from the directory",
    function=MemfsRemove._unlink_locked,
    change=Edit("self._remove_child_locked(parent, rp.component())", "pass"),
    oracle="the model",
    race="side_by_side",
    check="final:model_and_impl_agree",
)

S12_LINKS = Planted(
    slug="S12-links",
    source="the seed, memfs; corrected in tmpfs and by 32021bce9",
    what="rmdir does not count the parent's links down",
    function=MemfsRemove._drop_directory_locked,
    change=Edit("self._add_links_locked(above, -1)", "pass"),
    oracle="the model",
    race="side_by_side",
    check="final:model_and_impl_agree",
)

S12_SEEK = Planted(
    slug="S12-seek",
    source="the seed, memfs directoryFD.Seek; fixed by 06102af65",
    what="rewinding a directory writes its cursor without the lock under which reading it moves it",
    function=DirectoryDescription.seek,
    change=Edit(
        """
        self.fs.mu.write_lock()
        try:
            self.cursor.write(BEGINNING)
        finally:
            self.fs.mu.write_unlock()
        """,
        "self.cursor.write(BEGINNING)",
    ),
    oracle="O11",
    race="rewind_vs_read_directory",
    check="data-race:",
)

S14 = Planted(
    slug="S14",
    source="the seed, memfs PRead",
    what="a negative offset is used instead of refused",
    function=FileDescription.read,
    change=Edit("_require_not_negative(offset)", "pass"),
    oracle="the model",
    race="side_by_side",
    check="final:model_and_impl_agree",
)
