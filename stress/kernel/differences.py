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

from model import Operation, Result, State, step
from model import operations as op
from model.state import MountId, Refused, VirtualDentry, named
from stress.kernel.places import NO_NAMES, end, reached

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
    if not isinstance(at, VirtualDentry) or c.before.is_directory(at.dentry):
        return False
    linux = "ENOENT" if c.before.namespace_of(at.mount) is None else "EINVAL"
    return isinstance(c.operation, op.Mount) and results(c) == ("ENOTDIR", linux)


def mounts_in_another_namespace(c: Comparison) -> bool:
    o, at = c.operation, end(c.before, c.operation)
    if not isinstance(o, op.Mount) or isinstance(at, str):
        return False
    return c.before.namespace_of(c.before.follow(at).mount) != o.namespace and results(c) in {("ok", "EINVAL"), ("ok", "ENOTDIR")}


def umounts_the_root(c: Comparison) -> bool:
    o, at = c.operation, end(c.before, c.operation)
    if not isinstance(o, op.Umount) or isinstance(at, str):
        return False
    root = named(c.before.namespaces, o.namespace, "ESRCH").root
    return c.before.follow(at).mount == root and results(c) in {("EINVAL", "ok"), ("EINVAL", "EBUSY")}


def remounts_a_covered_place(c: Comparison) -> bool:
    at = end(c.before, c.operation)
    covered = isinstance(at, VirtualDentry) and c.before.follow(at) != at
    return isinstance(c.operation, op.Remount) and covered


def lives_in_a_detached_hierarchy(c: Comparison) -> bool:
    """Linux: the parent keeps its connected children, they do not keep it, and they are no mount points any more."""
    match c.operation:
        case op.Close():
            return c.found == c.expected and leaves_a_detached_hierarchy(c.before, c.operation)
        case op.Rmdir() | op.Unlink() | op.Rename() if c.expected == "EBUSY" != c.found:
            ended = (mount._replace(namespace=c.before.namespace_of(MountId(k))) for k, mount in enumerate(c.before.mounts))
            return step(c.before._replace(mounts=tuple(ended)), c.operation)[1] == c.found
        case op.Rmdir() | op.Unlink() | op.Rename() if name_of(c.expected) == "ok":
            return detaches_a_hierarchy(c.before, c.operation)
    return False


def leaves_a_detached_hierarchy(before: State, o: op.Close) -> bool:
    """The last handle in a detached mount that is connected to others is closed."""
    closed = [handle.at.mount for handle in before.handles if handle.name == o.handle]
    left = [handle.at.mount for handle in before.handles if handle.name != o.handle]
    ended = [mount for mount in closed if before.namespace_of(mount) is None and mount not in left]
    return any(before.mounts[mount].point or before.subtree(mount)[1:] for mount in ended)


def detaches_a_hierarchy(before: State, o: op.Rmdir | op.Unlink | op.Rename) -> bool:
    """What is deleted carries, elsewhere, mounts upon mounts, and not each of them has a handle in it."""
    deleted = (
        (before.walk(o.namespace, o.new, o.new_start) if isinstance(o, op.Rename) else before.walk(o.namespace, o.path, o.start))
        .to_last()
        .child
    )
    on_it = [] if deleted is None else before.mounted_on(deleted)
    hierarchies = [set(tree) for m in on_it if (tree := before.subtree(m))[1:]]
    in_use = {handle.at.mount for handle in before.handles}
    return any(not hierarchy <= in_use for hierarchy in hierarchies)


# -- open --------------------------------------------------------------------------------------------------------------


def creates_a_directory_by_open(c: Comparison) -> bool:
    o = c.operation
    return isinstance(o, op.Open) and o.create and o.directory and c.expected != c.found == "EINVAL"


def opens_a_directory_to_create(c: Comparison) -> bool:
    o, at = c.operation, end(c.before, c.operation)
    directory = isinstance(at, VirtualDentry) and c.before.inode(at.dentry).kind == "directory"
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
        return c.before.walk(o.namespace, o.path, o.start)._replace(must_be_directory=False).to_end(follow_final=False)

    at = reached(without_slash)
    symlink = isinstance(at, VirtualDentry) and c.before.inode(at.dentry).kind == "symlink"
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
    if not isinstance(o, op.Readdir) or (c.expected, c.found) != (("ok", ()), "ENOENT"):
        return False
    return c.before.dentries[named(c.before.handles, o.handle, "EBADF").at.dentry].dead


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
    unknown = o.new[:1] != "/" and o.new_start is not None and o.new_start not in {handle.name for handle in c.before.handles}
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
        old, new = (before.walk(o.namespace, *at).to_last() for at in ((o.path, o.start), (o.new, o.new_start)))
    except Refused as refused:
        return str(refused)
    if old.at.mount != new.at.mount:
        return "EXDEV"
    if old.name in NO_NAMES or new.name in NO_NAMES:
        return "EBUSY"
    if before.mounts[old.at.mount].read_only:
        return "EROFS"
    if before.dentries[new.at.dentry].dead:
        return "ENOENT"
    return "ENOTEMPTY" if new.child in before.ancestry(old.at.dentry) else None


def binds_by_its_own_order(c: Comparison) -> bool:
    o = c.operation
    return isinstance(o, op.Bind) and isinstance(c.expected, str) and c.found == linux_bind_error(c.before, o)


def linux_bind_error(before: State, o: op.Bind) -> str | None:
    """The first error of mount(2) with MS_BIND: target, source, then the target's state before the two kinds."""
    try:
        target = before.follow(before.walk(o.namespace, o.new, o.new_start).to_end())
        source = before.walk(o.namespace, o.path, o.start).to_end()
    except Refused as refused:
        return str(refused)
    namespaces = before.namespace_of(target.mount), before.namespace_of(source.mount)
    if before.dentries[target.dentry].dead or namespaces[0] is None:
        return "ENOENT"
    return None if namespaces == (o.namespace, o.namespace) else "EINVAL"


DIFFERENCES = (
    Difference(
        "mount-on-file", "facts 1.5 leave it open: ENOTDIR at once, as for bind (2.3); Linux ENOENT or EINVAL", mounts_on_a_file
    ),
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
