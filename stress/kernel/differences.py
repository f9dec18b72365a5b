"""Where the model means to answer otherwise than Linux: data, one line each.

An entry is deliberate because a source says that gVisor does so; a difference that merely is there does not belong here.
A predicate looks at the model's state before the operation, so that it accepts no more than its sentence says. After
one, the states may differ and the sequence ends, unless both refused or the operation only looks: then nothing changes.

True of Linux 6.18. Older ones are known to answer otherwise twice: a mount in a detached mount was EINVAL there and is
ENOENT in both now, and ``open-create-directory`` came with 6.4.

An entry with ``silent`` applies although the results are equal: what differs is the state after it.
"""

from collections.abc import Callable
from typing import NamedTuple

from model import Operation, Result, State, paths, step
from model import operations as op
from model.mounts import check_mountable, descendants, is_attached_in
from model.state import Map, Refused, VirtualDentry
from stress.kernel.places import NO_NAMES, cursor, end, kind, lies_below, named, new_cursor, reached

E1_REFERENCES = "facts 2.2 (E1): in a detached hierarchy a mount lives by its handles, pins its parent, keeps its point busy"


class Comparison(NamedTuple):
    """One operation on both sides, and the model's state before it."""

    before: State
    operation: Operation
    expected: Result  # the model's
    found: Result  # the kernel's


class Difference(NamedTuple):
    """A deliberate difference."""

    name: str
    because: str
    applies: Callable[[Comparison], bool]
    silent: bool = False


def results(c: Comparison) -> tuple[str, str]:
    """The two errnos, or "ok"."""
    return name_of(c.expected), name_of(c.found)


def name_of(result: Result) -> str:
    return result if isinstance(result, str) else "ok"


# -- mounts ------------------------------------------------------------------------------------------------------------


def mounts_on_a_file(c: Comparison) -> bool:
    at = end(c.before, c.operation)
    on_file = isinstance(at, VirtualDentry) and kind(c.before, at.dentry) != "directory"
    return isinstance(c.operation, op.Mount) and on_file and results(c) in {("ok", "ENOTDIR"), ("ok", "EINVAL")}


def mounts_in_another_namespace(c: Comparison) -> bool:
    o, at = c.operation, end(c.before, c.operation)
    if not isinstance(o, op.Mount) or isinstance(at, str):
        return False
    mount = c.before.mounts[paths.follow(c.before, at).mount]
    return mount.namespace != o.namespace and results(c) in {("ok", "EINVAL"), ("ok", "ENOTDIR")}


def umounts_the_root(c: Comparison) -> bool:
    o, at = c.operation, end(c.before, c.operation)
    if not isinstance(o, op.Umount) or isinstance(at, str):
        return False
    root = c.before.namespaces[o.namespace].root
    return paths.follow(c.before, at).mount == root and results(c) in {("EINVAL", "ok"), ("EINVAL", "EBUSY")}


def remounts_a_covered_place(c: Comparison) -> bool:
    at = end(c.before, c.operation)
    covered = isinstance(at, VirtualDentry) and paths.follow(c.before, at) != at
    return isinstance(c.operation, op.Remount) and covered


def lives_in_a_detached_hierarchy(c: Comparison) -> bool:
    """Linux: the parent keeps its connected children, they do not keep it, and they are no mount points any more."""
    match c.operation:
        case op.Close():
            return c.found == c.expected and leaves_a_detached_hierarchy(c.before, c.operation)
        case op.Rmdir() | op.Unlink() | op.Rename() if c.expected == "EBUSY" != c.found:
            ended = {m: mount._replace(namespace=None) for m, mount in c.before.mounts.items() if mount.umounted}
            without = c.before._replace(mounts=Map({**c.before.mounts, **ended}))
            return step(without, c.operation)[1] == c.found
        case op.Rmdir() | op.Unlink() | op.Rename() if name_of(c.expected) == "ok":
            return detaches_a_hierarchy(c.before, c.operation)
    return False


def leaves_a_detached_hierarchy(before: State, o: op.Close) -> bool:
    """The last handle in a detached mount that is connected to others is closed."""
    if o.handle not in before.handles:
        return False
    mount = before.handles[o.handle].at.mount
    left = [handle.at.mount for name, handle in before.handles.items() if name != o.handle]
    connected = before.mounts[mount].point or descendants(before, mount)
    return before.mounts[mount].umounted and mount not in left and bool(connected)


def detaches_a_hierarchy(before: State, o: op.Rmdir | op.Unlink | op.Rename) -> bool:
    """What is deleted carries, elsewhere, mounts upon mounts, and not each of them has a handle in it."""
    deleted = named(before, paths.to_last(before, new_cursor(before, o) if isinstance(o, op.Rename) else cursor(before, o)))
    on_it = [m for m, mount in before.mounts.items() if mount.point and mount.point.dentry == deleted]
    hierarchies = [{m, *below} for m in on_it if (below := descendants(before, m))]
    in_use = {handle.at.mount for handle in before.handles.values()}
    return any(not hierarchy <= in_use for hierarchy in hierarchies)


# -- open --------------------------------------------------------------------------------------------------------------


def creates_a_directory_by_open(c: Comparison) -> bool:
    o = c.operation
    return isinstance(o, op.Open) and o.create and o.directory and c.expected != c.found == "EINVAL"


def opens_a_directory_to_create(c: Comparison) -> bool:
    o, at = c.operation, end(c.before, c.operation)
    directory = isinstance(at, VirtualDentry) and kind(c.before, at.dentry) == "directory"
    return isinstance(o, op.Open) and o.create and directory and results(c) == ("ok", "EISDIR")


def creates_exclusively_what_is_no_name(c: Comparison) -> bool:
    o = c.operation
    no_name = isinstance(o, op.Open) and o.create and o.exclusive and o.path.rstrip("/").rpartition("/")[2] in NO_NAMES
    return no_name and results(c) == ("EISDIR", "EEXIST")


# -- paths -------------------------------------------------------------------------------------------------------------


def ends_in_slash_after_a_symlink(c: Comparison) -> bool:
    o = c.operation
    if not isinstance(o, op.GetDentry | op.Open | op.Stat | op.Readlink | op.Link) or not o.path.endswith("/"):
        return False

    def without_slash() -> VirtualDentry:
        walk = cursor(c.before, o)._replace(must_be_directory=False)
        return paths.to_end(c.before, walk, follow_final=False)

    at = reached(without_slash)
    symlink = isinstance(at, VirtualDentry) and kind(c.before, at.dentry) == "symlink"
    return symlink and c.expected == "ENOTDIR"


def binds_what_is_deleted(c: Comparison) -> bool:
    at = end(c.before, c.operation)
    dead = isinstance(at, VirtualDentry) and c.before.dentries[at.dentry].dead
    return isinstance(c.operation, op.Bind) and dead and results(c) == ("ok", "ENOENT")


def has_an_empty_path(c: Comparison) -> bool:
    """Linux: a bind of nothing is EINVAL; readlinkat of nothing is readlink of the descriptor."""
    o = c.operation
    return isinstance(o, op.Bind | op.Readlink) and not o.path and c.expected == "ENOENT"


# -- handles -----------------------------------------------------------------------------------------------------------


def reads_a_dead_directory(c: Comparison) -> bool:
    o = c.operation
    if not isinstance(o, op.Readdir) or o.handle not in c.before.handles:
        return False
    return c.before.dentries[c.before.handles[o.handle].at.dentry].dead and c.expected == ("ok", ()) and c.found == "ENOENT"


# -- both refuse: the order of checks ----------------------------------------------------------------------------------


def asks_last_for_write_access(c: Comparison) -> bool:
    o = c.operation
    in_walk = ("ENOENT", "ENOTDIR") if isinstance(o, op.PathOperation) and o.path.endswith("/") else ("ENOENT",)
    return isinstance(o, op.Rmdir | op.Unlink) and c.expected in in_walk and c.found == "EROFS"


def asks_for_write_access_before_the_name(c: Comparison) -> bool:
    o = c.operation
    no_name = isinstance(o, op.Rmdir | op.Unlink) and o.path.rstrip("/").rpartition("/")[2] in NO_NAMES
    return no_name and c.expected == "EROFS" and c.found in {"EBUSY", "EINVAL", "EISDIR", "ENOTEMPTY"}


def refuses_the_second_path_unwalked(c: Comparison) -> bool:
    o = c.operation
    if not isinstance(o, op.Link) or not isinstance(c.found, str):
        return False
    unknown = o.new[:1] != "/" and o.new_start is not None and o.new_start not in c.before.handles
    return (not o.new and c.expected == "ENOENT") or (unknown and c.expected == "EBADF")


def asks_last_for_mount_points(c: Comparison) -> bool:
    return isinstance(c.operation, op.Rmdir | op.Rename) and results(c) == ("ENOTEMPTY", "EBUSY")


def links_across_mounts_first(c: Comparison) -> bool:
    return isinstance(c.operation, op.Link) and results(c) == ("EXDEV", "EROFS")


def unlinks_a_root(c: Comparison) -> bool:
    o = c.operation
    return isinstance(o, op.Unlink) and not o.path.strip("/") and results(c) == ("EBUSY", "EISDIR")


def renames_the_old_path_first(c: Comparison) -> bool:
    o = c.operation
    return isinstance(o, op.Rename) and isinstance(c.expected, str) and c.found == linux_rename_error(c.before, o)


def linux_rename_error(before: State, o: op.Rename) -> str | None:
    """The first error of renameat(2) that comes before it looks at what is to be renamed."""
    try:
        old, new = paths.to_last(before, cursor(before, o)), paths.to_last(before, new_cursor(before, o))
    except Refused as refused:
        return str(refused)
    if old.at.mount != new.at.mount:
        return "EXDEV"
    if any((walk.rest or ("",))[0] in NO_NAMES for walk in (old, new)):
        return "EBUSY"
    if before.mounts[old.at.mount].read_only:
        return "EROFS"
    if before.dentries[new.at.dentry].dead:
        return "ENOENT"
    replaced = named(before, new)
    return "ENOTEMPTY" if replaced is not None and lies_below(before, old.at.dentry, replaced) else None


def binds_by_its_own_order(c: Comparison) -> bool:
    o = c.operation
    return isinstance(o, op.Bind) and isinstance(c.expected, str) and c.found == linux_bind_error(c.before, o)


def linux_bind_error(before: State, o: op.Bind) -> str | None:
    """The first error of mount(2) with MS_BIND: target, source, then the target's state before the two kinds."""
    try:
        target = paths.follow(before, paths.to_end(before, new_cursor(before, o)))
        source = paths.to_end(before, cursor(before, o))
        check_mountable(before, target)
    except Refused as refused:
        return str(refused)
    attached = (is_attached_in(before, at.mount, o.namespace) for at in (target, source))
    return None if all(attached) else "EINVAL"


DIFFERENCES = (
    Difference("mount-on-file", "facts 1.5: no check of type, a filesystem may be mounted on a file", mounts_on_a_file),
    Difference("mount-by-handle", "facts 1.5: a mount joins the namespace of the mount it is on", mounts_in_another_namespace),
    Difference("umount-root", "facts 2.3: no special case of the root; EINVAL since 97a36d169", umounts_the_root),
    Difference("remount-covered", "facts 2.3: remount climbs to the top as umount does", remounts_a_covered_place, silent=True),
    Difference("detached-hierarchy", E1_REFERENCES, lives_in_a_detached_hierarchy, silent=True),
    Difference("bind-dead", "facts 2.3: bind asks nothing about the source's name", binds_what_is_deleted),
    Difference("open-directory-create", "facts 1.9: O_CREAT opens an existing directory", opens_a_directory_to_create),
    Difference("open-create-directory", "facts 1.9: O_CREAT|O_DIRECTORY is a trailing slash", creates_a_directory_by_open),
    Difference("open-exclusive-dot", "facts 1.9: EISDIR for '.' and '..' precedes EEXIST", creates_exclusively_what_is_no_name),
    Difference("slash-after-symlink", "facts 1.8: a trailing slash does not follow a symlink", ends_in_slash_after_a_symlink),
    Difference("empty-path", "facts 1.8: an empty path is ENOENT wherever it stands", has_an_empty_path),
    Difference("readdir-dead", "facts 1.9: iteration asks nothing about the directory's name", reads_a_dead_directory),
    Difference("order-write-access", "facts 1.6: the whole path is resolved before any other check", asks_last_for_write_access),
    Difference("order-no-name", "facts 1.9: CheckBeginWrite precedes checkDelete", asks_for_write_access_before_the_name),
    Difference("order-second-path", "facts 1.8: a path is parsed before any is walked", refuses_the_second_path_unwalked),
    Difference("order-mount-point", "facts 1.9: ENOTEMPTY precedes the EBUSY of DeleteDentry", asks_last_for_mount_points),
    Difference("order-link", "facts 1.9: LinkAt compares the mounts before CheckBeginWrite", links_across_mounts_first),
    Difference("order-unlink-root", "facts 1.9: EBUSY for a filesystem's root, as for rmdir", unlinks_a_root),
    Difference("order-rename", "facts 1.6, 2.1 (f45df7505): the old path is resolved first, by itself", renames_the_old_path_first),
    Difference("order-bind", "facts 2.3: source, target, their kinds, and only then their mounts", binds_by_its_own_order),
)
