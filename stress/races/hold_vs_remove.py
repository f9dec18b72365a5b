"""Taking a reference on a directory or file by path against its removal, and replacing by rename against a mount.

The walk finds the dentry in the tree, under the filesystem's lock, and must have its reference before the lock is free; the last
name may go at once afterwards.
"""

from __future__ import annotations

from impl import VirtualDentry
from impl.drops import Drops
from stress.machine import Machine
from weft import Results, Setting, require, scenario


@scenario(why="the reference is taken before the filesystem's lock is released")
def hold_vs_rmdir(s: Setting) -> None:
    """open(/d, O_PATH) || rmdir(/d)."""
    machine = Machine()
    process = machine.process
    require(process.mkdir("/d") == "ok", "the set-up fails")
    machine.watch(s)

    def holder() -> str:
        held = process.hold("/d")
        if isinstance(held, str):
            return held
        held.dec_ref()
        return "held"

    s.thread(holder)
    s.thread(process.rmdir, "/d", name="remover")

    @s.final
    def the_directory_is_gone(results: Results) -> None:
        require(results["holder"] in ("held", "ENOENT"), f"the holder got {results['holder']}")
        require(results["remover"] == "ok", f"rmdir answered {results['remover']}")
        machine.end()


@scenario(why="the parent is held before the filesystem's lock is released")
def rename_out_of_a_directory_vs_rmdir(s: Setting) -> None:
    """rename(/p/x, /y) || unlink(/p/x); rmdir(/p)."""
    machine = Machine()
    process = machine.process
    for made in (process.mkdir("/p"), process.create("/p/x")):
        require(made == "ok", f"the set-up fails: {made}")
    machine.watch(s)

    def remover() -> tuple[str, str]:
        return process.unlink("/p/x"), process.rmdir("/p")

    s.thread(process.rename, "/p/x", "/y", name="renamer")
    s.thread(remover)

    @s.final
    def the_file_went_one_way(results: Results) -> None:
        moved = results["renamer"] == "ok"
        require(results["renamer"] in ("ok", "ENOENT"), f"rename answered {results['renamer']}")
        require(results["remover"] == (("ENOENT" if moved else "ok"), "ok"), f"they answered {results!r}")
        require(process.exists("/y") == ("ok" if moved else "ENOENT"), "the file is not where the answers say")
        if moved:
            require(process.unlink("/y") == "ok", "unlink fails")
        machine.end()


@scenario(why="a rename holds the mu of what it replaces from its look at the mount points until that is dead")
def rename_over_vs_mount(s: Setting) -> None:
    """rename(/x, /d) || mount(/d)."""
    machine = Machine()
    process = machine.process
    for made in (process.mkdir("/x"), process.mkdir("/d")):
        require(made == "ok", f"the set-up fails: {made}")
    machine.watch(s)
    s.thread(process.rename, "/x", "/d", name="renamer")
    s.thread(process.mount, "/d", "M", name="mounter")

    @s.final
    def one_order_explains_it(results: Results) -> None:
        allowed = {("ok", "ok"), ("EBUSY", "ok"), ("ok", "ENOENT")}
        require(tuple(results) in allowed, f"they answered {results!r}")
        mounted = [mount.name for mount in machine.vfs.mounts.entries()]
        require(mounted == (["M"] if results["mounter"] == "ok" else []), f"mounted are {mounted}")
        found = process.where("/d")
        require(found == ("M" if results["mounter"] == "ok" else "R"), f"/d leads into {found}")
        machine.end()


@scenario(why="a mount point cannot be renamed in its namespace")
def rename_of_what_is_mounted_on(s: Setting) -> None:
    """rename(/d, /y) || mount(/d)."""
    machine = Machine()
    process = machine.process
    require(process.mkdir("/d") == "ok", "the set-up fails")
    machine.watch(s)
    s.thread(process.rename, "/d", "/y", name="renamer")
    s.thread(process.mount, "/d", "M", name="mounter")

    @s.final
    def one_order_explains_it(results: Results) -> None:
        require(tuple(results) in {("EBUSY", "ok"), ("ok", "ENOENT"), ("ok", "ok")}, f"they answered {results!r}")
        renamed, mounted = (answered == "ok" for answered in results)
        require(process.where("/y") == ("ENOENT" if not renamed else "M" if mounted else "R"), "the directory is elsewhere")
        machine.end()


@scenario(why="an aborted deletion leaves the directory as it was, with its mu free")
def aborted_deletion_vs_mount(s: Setting) -> None:
    """prepare and abort deleting /d, and renaming it over /e || mount(/d)."""
    machine = Machine()
    process, vfs = machine.process, machine.vfs
    for made in (process.mkdir("/d"), process.mkdir("/e")):
        require(made == "ok", f"the set-up fails: {made}")
    d, e = process.hold("/d"), process.hold("/e")
    assert isinstance(d, VirtualDentry)
    assert isinstance(e, VirtualDentry)
    machine.watch(s)

    def deleter() -> None:
        vfs.prepare_delete_dentry(None, d.dentry)
        vfs.abort_delete_dentry(d.dentry)
        vfs.prepare_rename_dentry(None, d.dentry, e.dentry)
        vfs.abort_rename_dentry(d.dentry, e.dentry)
        vfs.prepare_rename_dentry(None, d.dentry, e.dentry)
        vfs.commit_rename_exchange_dentry(d.dentry, e.dentry)

    s.thread(deleter)
    s.thread(process.mount, "/d", "M", name="mounter")

    @s.final
    def nothing_was_deleted(results: Results) -> None:
        require(results["mounter"] == "ok", f"mount answered {results['mounter']}")
        require(not d.dentry.is_disowned() and not e.dentry.is_disowned(), "a directory was deleted")
        drops = Drops()
        vfs.invalidate_dentry(e.dentry, drops)
        drops.run()
        d.dec_ref()
        e.dec_ref()
        machine.end()
