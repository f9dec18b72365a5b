"""Every errno that an operation's docstring lists has a case here that provokes it, in the order of the docstring."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import impl
from impl import FsError, VirtualFilesystem
from impl.file_description import FileDescription
from impl.flags import (
    O_APPEND,
    O_CREAT,
    O_DIRECTORY,
    O_EXCL,
    O_NOFOLLOW,
    O_PATH,
    O_RDONLY,
    O_RDWR,
    O_TMPFILE,
    O_TRUNC,
    O_WRONLY,
    TMPFILE,
)
from impl.memfs.filesystem import MemfsType
from tests.unit.impl.machine import Machine


def prepare(m):
    """Something of every kind: directories, a file, symlinks, a mount, and a bind of a file."""
    m.mkdir("/d", "/d/sub", "/empty", "/mnt", "/dead")
    m.create("/f", b"data")
    m.create("/g")
    m.symlink("/l", "f")
    m.symlink("/ld", "d")
    m.symlink("/loop", "loop")
    m.mount("/mnt")
    m.mkdir("/mnt/d")
    m.create("/mnt/f")


def dead(m):
    """A handle on a directory that was deleted."""
    vd = m.handle("/dead")
    m.rmdir("/dead")
    return vd


def read_only(m):
    m.remount("/")


# -- one function for each operation, so that cases stay short ----------------------------------------------------


def get(path, **options):
    def case(m):
        m.vfs.get_dentry_at(m.at(path, **options))

    return case


def stat(path, **options):
    return lambda m: m.vfs.stat_at(m.at(path, **options))


def readlink(path):
    return lambda m: m.vfs.readlink_at(m.at(path))


def open_(path, flags=O_RDONLY, **options):
    return lambda m: m.vfs.open_at(m.at(path, **options), flags=flags)


def mkdir(path):
    return lambda m: m.mkdir(path)


def symlink(path, target="t"):
    return lambda m: m.symlink(path, target)


def link(old, new):
    return lambda m: m.link(old, new, follow=False)


def rmdir(path):
    return lambda m: m.rmdir(path)


def unlink(path):
    return lambda m: m.unlink(path)


def rename(old, new):
    return lambda m: m.rename(old, new)


def mount(path, fs_type="memfs"):
    return lambda m: m.vfs.mount_at(m.at(path), fs_type, source="N")


def bind(source, target):
    return lambda m: m.bind(source, target)


def umount(path, flags=0):
    return lambda m: m.vfs.umount_at(m.at(path), flags=flags)


def remount(path, *, read_only=True):
    return lambda m: m.remount(path, read_only=read_only)


def after(prelude, case):
    """``case``, once ``prelude`` has been done."""

    def both(m):
        prelude(m)
        case(m)

    return both


def in_dead(operation):
    """``operation(m, vd)`` with a handle on a deleted directory."""
    return lambda m: operation(m, dead(m))


def in_other_namespace(path, operation):
    """``operation(m, vd)`` in this namespace with a handle on ``path`` of another."""

    def case(m):
        other = m.clone_namespace()
        with m.as_process(other):
            vd = m.handle(path)
        try:
            operation(m, vd)
        finally:
            other.release()

    return case


def on_fd(path, flags, operation):
    return lambda m: operation(m.open(path, flags))


def link_deleted_meanwhile(m):
    vd = m.handle("/f")
    m.unlink("/f")
    m.vfs._resolve(m.vfs._start(m.at("/h")), lambda fs, rp: fs.link_at(rp, vd))


def mount_on_umounted(m):
    vd = m.handle("/mnt/d")
    m.umount("/mnt", lazy=True)
    m.vfs.mount_at(m.at(".", start=vd), "memfs")


def umount_of_umounted(m):
    vd = m.handle("/mnt")
    m.umount("/mnt", lazy=True)
    m.vfs.umount_at(m.at(".", start=vd))


def remount_of_umounted(m):
    vd = m.handle("/mnt")
    m.umount("/mnt", lazy=True)
    m.vfs.remount_at(m.at(".", start=vd), read_only=True)


def bind_onto_umounted(m):
    vd = m.handle("/mnt/d")
    m.umount("/mnt", lazy=True)
    m.vfs.bind_at(m.at("/d"), m.at(".", start=vd))


def bind_from_umounted(m):
    vd = m.handle("/mnt/d")
    m.umount("/mnt", lazy=True)
    m.vfs.bind_at(m.at(".", start=vd), m.at("/d"))


def open_file_then(flags, case):
    return after(lambda m: m.open("/mnt/f", flags), case)


def rename_mountpoint_elsewhere(m):
    m.rename("/mnt", "/elsewhere")


def walk_errors(case, *, last_must_exist=True):
    """The three lines every path has."""
    missing = [case(""), case("/missing/x")] + ([case("/missing")] if last_must_exist else [])
    return [("ENOENT", *missing), ("ENOTDIR", case("/f/x")), ("ELOOP", case("/loop/x"))]


def with_no_slash_after_file(case):
    return ("ENOTDIR", case("/f/x"), case("/f/"))


LOOKED_UP = lambda case: [  # noqa: E731 - a table of cases, like the others
    ("ENOENT", case(""), case("/missing"), case("/missing/x")),
    ("ENOTDIR", case("/f/x"), case("/f/")),
    ("ELOOP", case("/loop/x"), case("/loop")),
]

CASES = {
    "get_dentry_at": LOOKED_UP(get),
    "stat_at": LOOKED_UP(stat),
    "readlink_at": [
        ("ENOENT", readlink(""), readlink("/missing")),
        ("ENOTDIR", readlink("/f/x"), readlink("/l/")),
        ("ELOOP", readlink("/loop/x")),
        ("EINVAL", readlink("/f"), readlink("/d"), readlink("/")),
    ],
    "open_at": [
        ("EINVAL", open_("/d", TMPFILE | O_RDWR), open_("/d", O_TMPFILE | O_CREAT | O_RDWR), open_("/d", O_TMPFILE)),
        ("ENOENT", open_(""), open_("/missing"), in_dead(lambda m, vd: open_("x", O_CREAT, start=vd)(m))),
        ("ENOTDIR", open_("/f/x"), open_("/f", O_DIRECTORY), open_("/f/x", O_CREAT), open_("/l", O_DIRECTORY | O_NOFOLLOW)),
        ("ELOOP", open_("/loop"), open_("/loop", O_CREAT)),
        ("EEXIST", open_("/f", O_CREAT | O_EXCL), open_("/l", O_CREAT | O_EXCL), open_("/mnt", O_CREAT | O_EXCL)),
        ("EOPNOTSUPP", open_("/d", O_TMPFILE | O_RDWR)),
        ("ELOOP", open_("/l", O_NOFOLLOW), open_("/l", follow=False), open_("/l", O_NOFOLLOW | O_CREAT)),
        (
            "EISDIR",
            open_("/d", O_WRONLY),
            open_("/d", O_TRUNC),
            open_("/d/new/", O_CREAT),
            open_("/d/.", O_CREAT),
            open_("/d/..", O_CREAT),
            open_("/", O_CREAT),
        ),
        (
            "EROFS",
            after(read_only, open_("/f", O_WRONLY)),
            after(read_only, open_("/f", O_TRUNC)),
            after(read_only, open_("/f", O_RDWR | O_TRUNC)),
            after(read_only, open_("/new", O_CREAT)),
        ),
    ],
    "mkdir_at": [
        *walk_errors(mkdir, last_must_exist=False),
        ("EEXIST", mkdir("/d"), mkdir("/f"), mkdir("/l"), mkdir("/d/."), mkdir("/d/.."), mkdir("/"), mkdir("/mnt")),
        ("ENOENT", in_dead(lambda m, vd: m.vfs.mkdir_at(m.at("x", start=vd)))),
        ("EROFS", after(read_only, mkdir("/new"))),
    ],
    "symlink_at": [
        ("ENOENT", symlink("/new", "")),
        *walk_errors(symlink, last_must_exist=False),
        ("EEXIST", symlink("/d"), symlink("/d/."), symlink("/d/.."), symlink("/"), symlink("/d/")),
        ("ENOENT", in_dead(lambda m, vd: m.vfs.symlink_at(m.at("x", start=vd), "t")), symlink("/new/")),
        ("EROFS", after(read_only, symlink("/new"))),
    ],
    "link_at": [
        ("ENOENT", link("", "/h"), link("/missing", "/h"), link("/f", ""), link("/f", "/missing/x")),
        ("ENOTDIR", link("/f/x", "/h"), link("/f/", "/h"), link("/f", "/g/x")),
        ("ELOOP", link("/loop/x", "/h"), link("/f", "/loop/x")),
        ("EEXIST", link("/f", "/g"), link("/f", "/f"), link("/f", "/d/."), link("/f", "/d/.."), link("/f", "/")),
        ("ENOENT", link("/f", "/h/"), in_dead(lambda m, vd: m.vfs.link_at(m.at("/f"), m.at("x", start=vd)))),
        ("EXDEV", link("/f", "/mnt/h"), link("/mnt/f", "/h"), after(bind("/d", "/empty"), link("/d/sub", "/empty/h"))),
        ("EROFS", after(read_only, link("/f", "/h"))),
        ("EPERM", link("/d", "/h")),
        ("ENOENT", link_deleted_meanwhile),
    ],
    "rmdir_at": [
        *walk_errors(rmdir)[:1],
        ("ENOTDIR", rmdir("/f/x"), rmdir("/f/")),
        ("ELOOP", rmdir("/loop/x")),
        ("EROFS", after(read_only, rmdir("/empty")), after(read_only, rmdir("/"))),
        ("EBUSY", rmdir("/")),
        ("EINVAL", rmdir("/d/."), rmdir(".")),
        ("ENOTEMPTY", rmdir("/d/.."), rmdir("..")),
        ("ENOTDIR", rmdir("/f"), rmdir("/ld")),
        ("ENOTEMPTY", rmdir("/d")),
        ("EBUSY", rmdir("/mnt")),
    ],
    "unlink_at": [
        *walk_errors(unlink)[:1],
        ("ENOTDIR", unlink("/f/x"), unlink("/f/"), unlink("/l/")),
        ("ELOOP", unlink("/loop/x")),
        ("EROFS", after(read_only, unlink("/f"))),
        ("EBUSY", unlink("/")),
        ("EISDIR", unlink("/d"), unlink("/d/"), unlink("/d/."), unlink("/d/..")),
        ("EBUSY", after(bind("/f", "/g"), unlink("/g"))),
    ],
    "rename_at": [
        ("ENOENT", rename("", "/x"), rename("/f", ""), rename("/missing/x", "/x"), rename("/f", "/missing/x")),
        ("ENOTDIR", rename("/f/x", "/x"), rename("/f", "/g/x")),
        ("ELOOP", rename("/loop/x", "/x"), rename("/f", "/loop/x")),
        ("EXDEV", rename("/f", "/mnt/x"), rename("/mnt/f", "/x"), after(bind("/d", "/empty"), rename("/d/sub", "/empty/x"))),
        ("EBUSY", rename("/", "/x"), rename("/f", "/"), rename("/d/.", "/x"), rename("/f", "/d/.."), rename("/d/..", "/x")),
        ("ENOENT", rename("/missing", "/x")),
        ("EROFS", after(read_only, rename("/f", "/x"))),
        ("ENOTDIR", rename("/f/", "/x"), rename("/f", "/x/"), rename("/f", "/d/")),
        ("EINVAL", rename("/d", "/d/sub/x"), rename("/d", "/d/x"), rename("/d", "/d/sub")),
        ("ENOTEMPTY", rename("/d/sub", "/d")),
        ("ENOENT", in_dead(lambda m, vd: m.vfs.rename_at(m.at("/f"), m.at("x", start=vd)))),
        ("ENOTDIR", rename("/d", "/f"), rename("/d", "/l")),
        ("EISDIR", rename("/f", "/d"), rename("/f", "/empty")),
        ("ENOTEMPTY", rename("/empty", "/d")),
        ("EBUSY", rename_mountpoint_elsewhere, rename("/empty", "/mnt"), after(bind("/f", "/g"), rename("/f", "/g"))),
    ],
    "mount_at": [
        ("ENODEV", mount("/d", "nofs"), mount("/missing", "nofs")),
        *LOOKED_UP(mount),
        ("ENOTDIR", mount("/f"), mount("/l")),
        ("ENOENT", in_dead(lambda m, vd: m.vfs.mount_at(m.at(".", start=vd), "memfs")), mount_on_umounted),
    ],
    "bind_at": [
        ("ENOENT", bind("", "/d"), bind("/missing", "/d"), bind("/d", ""), bind("/d", "/missing")),
        ("ENOTDIR", bind("/f/x", "/d"), bind("/d", "/f/x"), bind("/d", "/f/")),
        ("ELOOP", bind("/loop", "/d"), bind("/d", "/loop")),
        ("ENOTDIR", bind("/f", "/d"), bind("/d", "/f")),
        ("ENOENT", in_dead(lambda m, vd: m.vfs.bind_at(m.at("/d"), m.at(".", start=vd))), bind_onto_umounted),
        (
            "EINVAL",
            bind_from_umounted,
            in_other_namespace("/d", lambda m, vd: m.vfs.bind_at(m.at(".", start=vd), m.at("/d"))),
            in_other_namespace("/d", lambda m, vd: m.vfs.bind_at(m.at("/d"), m.at(".", start=vd))),
        ),
    ],
    "umount_at": [
        ("EINVAL", umount("/mnt", 4), umount("/mnt", 8)),
        *LOOKED_UP(umount),
        ("EINVAL", umount("/d"), umount("/f"), umount("/mnt/d")),
        ("EINVAL", umount_of_umounted, in_other_namespace("/mnt", lambda m, vd: m.vfs.umount_at(m.at(".", start=vd)))),
        ("EINVAL", umount("/"), umount("/", 2)),
        (
            "EBUSY",
            after(mount("/mnt/d"), umount("/mnt")),
            open_file_then(O_RDONLY, umount("/mnt")),
            open_file_then(O_RDONLY, umount("/mnt", 1)),
        ),
    ],
    "remount_at": [
        *LOOKED_UP(remount),
        ("EINVAL", remount("/d"), remount("/mnt/d")),
        ("EINVAL", remount_of_umounted),
        ("EBUSY", open_file_then(O_WRONLY, remount("/mnt")), open_file_then(O_RDWR, remount("/mnt"))),
    ],
    "create_mount_namespace": [("ENODEV", lambda m: m.vfs.create_mount_namespace("nofs"))],
    "register_filesystem_type": [("EBUSY", lambda m: m.vfs.register_filesystem_type(MemfsType()))],
}

NO_MATTER_WHAT = [("/f", O_RDONLY), ("/f", O_WRONLY), ("/d", O_RDONLY), ("/f", O_PATH)]

DESCRIPTION_CASES = {
    "read": [
        ("EINVAL", *(on_fd(path, flags, lambda fd: fd.read(1, offset=-1)) for path, flags in NO_MATTER_WHAT)),
        ("EBADF", on_fd("/f", O_WRONLY, lambda fd: fd.read(1)), on_fd("/d", O_PATH, lambda fd: fd.read(1))),
        ("EISDIR", on_fd("/d", O_RDONLY, lambda fd: fd.read(1))),
    ],
    "write": [
        ("EINVAL", *(on_fd(path, flags, lambda fd: fd.write(b"x", offset=-1)) for path, flags in NO_MATTER_WHAT)),
        ("EBADF", on_fd("/f", O_RDONLY, lambda fd: fd.write(b"x")), on_fd("/d", O_RDONLY, lambda fd: fd.write(b"x"))),
    ],
    "seek": [
        ("EBADF", on_fd("/f", O_PATH, lambda fd: fd.seek(0))),
        (
            "EINVAL",
            on_fd("/f", O_RDONLY, lambda fd: fd.seek(0, whence=9)),
            on_fd("/f", O_RDONLY, lambda fd: fd.seek(-1)),
            on_fd("/d", O_RDONLY, lambda fd: fd.seek(1)),
        ),
    ],
    "iter_dirents": [
        ("EBADF", on_fd("/d", O_PATH, lambda fd: fd.iter_dirents())),
        ("ENOTDIR", on_fd("/f", O_RDONLY | O_APPEND, lambda fd: fd.iter_dirents())),
    ],
}


def listed_errnos(function):
    """The errnos of a docstring's ``Errors, in the order checked:``, one a line."""
    section = re.search(r"Errors, in the order checked:\n((?: {4}.*\n)+)", inspect.cleandoc(function.__doc__) + "\n")
    return re.findall(r"^ {4}(E\w+):", section[1], flags=re.MULTILINE)


def operations(cls):
    return {
        name
        for name in dir(cls)
        if not name.startswith("_") and "Errors, in the order checked:" in (getattr(cls, name).__doc__ or "")
    }


MOUNT_LAYER = {
    "new_mount": ["ENOENT"],
    "connect_mount_at": ["ENOENT"],
    "umount_mount": ["EINVAL", "EINVAL", "EBUSY"],
    "prepare_delete_dentry": ["EBUSY"],
    "prepare_rename_dentry": ["EBUSY"],
}
"""Tested in ``test_mount_tree`` and ``test_deletion``: they have no paths."""


@pytest.mark.parametrize("name", MOUNT_LAYER)
def test_what_an_operation_of_the_mount_layer_refuses(name):
    assert listed_errnos(getattr(VirtualFilesystem, name)) == MOUNT_LAYER[name]


@pytest.mark.parametrize("name", CASES)
def test_the_cases_of_an_operation_are_the_lines_of_its_docstring(name):
    assert listed_errnos(getattr(VirtualFilesystem, name)) == [line[0] for line in CASES[name]]


@pytest.mark.parametrize("name", DESCRIPTION_CASES)
def test_the_cases_of_a_description_are_the_lines_of_its_docstring(name):
    assert listed_errnos(getattr(FileDescription, name)) == [line[0] for line in DESCRIPTION_CASES[name]]


def test_every_operation_that_lists_errors_has_cases():
    assert operations(VirtualFilesystem) == set(CASES) | set(MOUNT_LAYER)
    assert operations(FileDescription) == set(DESCRIPTION_CASES)


def every_case():
    for name, lines in {**CASES, **{f"fd.{name}": lines for name, lines in DESCRIPTION_CASES.items()}}.items():
        for k, (expected, *cases) in enumerate(lines):
            for j, case in enumerate(cases):
                yield pytest.param(expected, case, id=f"{name}-{k}-{expected}-{j}")


@pytest.mark.parametrize(("expected", "case"), list(every_case()))
def test_the_case_fails_with_its_errno_and_changes_no_invariant(m, expected, case):
    prepare(m)
    with pytest.raises(FsError) as failed:
        case(m)
    assert failed.value.name == expected
    m.check()


def create(path):
    return lambda m: m.create(path)


def make_in_read_only(m, vd):
    read_only(m)
    m.vfs.mkdir_at(m.at("x", start=vd))


def on_file_of_umounted(operation):
    """``operation(m, at)`` on the file of a mount that was umounted."""

    def case(m):
        vd = m.handle("/mnt")
        m.umount("/mnt", lazy=True)
        operation(m, m.at("f", start=vd))

    return case


def bind_from_another_namespace(m, vd):
    in_other_namespace("/d", lambda m, source: m.vfs.bind_at(m.at(".", start=source), m.at(".", start=vd)))(m)


ORDERS = {
    "an existing name before a read-only mount": ("EEXIST", after(read_only, mkdir("/d"))),
    "a missing name before a read-only mount": ("ENOENT", after(read_only, unlink("/missing"))),
    "a missing directory before a read-only mount": ("ENOENT", after(read_only, rmdir("/missing"))),
    "a missing source before a read-only mount": ("ENOENT", after(read_only, rename("/missing", "/x"))),
    "another mount before a read-only one": ("EXDEV", after(read_only, link("/mnt/f", "/h"))),
    "a read-only mount before not being a directory": ("EROFS", after(read_only, rmdir("/f"))),
    "a read-only mount before being a directory": ("EROFS", after(read_only, link("/d", "/h"))),
    "entries before being a mount point": ("ENOTEMPTY", after(lambda m: m.mount("/d", "N"), rmdir("/d"))),
    "being a directory before a read-only mount, when opening": ("EISDIR", after(read_only, open_("/d", O_WRONLY))),
    "an unknown type before a missing path": ("ENODEV", mount("/missing", "nofs")),
    "unknown flags before a missing path": ("EINVAL", umount("/missing", 4)),
    "another mount before a bad name": ("EXDEV", rename("/f", "/mnt/.")),
    "a bad name before a missing source": ("EBUSY", rename("/missing", "/d/..")),
    "an existing name before another mount": ("EEXIST", link("/f", "/mnt/f")),
    "a slash after a new name before another mount": ("ENOENT", link("/f", "/mnt/h/")),
    "a deleted directory before a read-only mount": ("ENOENT", in_dead(make_in_read_only)),
    "an empty target before a missing directory": ("ENOENT", symlink("/f/x", "")),
    "a read-only mount before a slash after a file": ("EROFS", after(read_only, rename("/f/", "/x"))),
    "a read-only mount before being inside itself": ("EROFS", after(read_only, rename("/d", "/d/x"))),
    "a slash after a file before being inside what it replaces": ("ENOTDIR", after(create("/d/f"), rename("/d/f/", "/d"))),
    "being inside what it replaces before the kinds": ("ENOTEMPTY", after(create("/d/f"), rename("/d/f", "/d"))),
    "the kinds before entries": ("EISDIR", rename("/f", "/d")),
    "entries before being a mount point, when renaming": ("ENOTEMPTY", after(lambda m: m.mount("/d", "N"), rename("/empty", "/d"))),
    "an existing name before being a directory, when opening": ("EEXIST", open_("/d", O_CREAT | O_EXCL | O_WRONLY)),
    "a symlink before a read-only mount, when opening": ("ELOOP", after(read_only, open_("/l", O_WRONLY | O_NOFOLLOW))),
    "bad flags before a missing path, when opening": ("EINVAL", open_("/missing", TMPFILE | O_RDWR)),
    "a file as mount point before its umounted mount": ("ENOTDIR", on_file_of_umounted(lambda m, at: m.vfs.mount_at(at, "memfs"))),
    "a file as bind's target before its umounted mount": (
        "ENOTDIR",
        on_file_of_umounted(lambda m, at: m.vfs.bind_at(m.at("/d"), at)),
    ),
    "a deleted target before another namespace": ("ENOENT", in_dead(bind_from_another_namespace)),
    "a negative offset before not being open for it": ("EINVAL", on_fd("/d", O_PATH, lambda fd: fd.read(1, offset=-1))),
}


@pytest.mark.parametrize("name", ORDERS)
def test_errors_are_checked_in_the_documented_order(m, name):
    expected, case = ORDERS[name]
    prepare(m)
    with pytest.raises(FsError) as failed:
        case(m)
    assert failed.value.name == expected


def places_that_refuse():
    """(file, line) of every ``raise FsError`` in ``impl``, and the function it is in."""
    for path in sorted(Path(impl.__file__).parent.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            for node in ast.walk(function) if isinstance(function, ast.FunctionDef) else ():
                if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and getattr(node.exc.func, "id", "") == "FsError":
                    yield (str(path), node.lineno), f"{path.stem}.{function.name}"


def place_of(failure):
    """Where an exception was raised."""
    while failure.tb_next is not None:
        failure = failure.tb_next
    return failure.tb_frame.f_code.co_filename, failure.tb_lineno


def test_every_place_in_impl_that_refuses_is_reached_by_a_case():
    reached = set()
    for case in [*(parameters.values[1] for parameters in every_case()), *(case for _, case in ORDERS.values())]:
        machine = Machine()
        prepare(machine)
        with pytest.raises(FsError) as failed:
            case(machine)
        reached.add(place_of(failed.tb))
        machine.shut_down()
    places = dict(places_that_refuse())
    assert len(places) > 40
    assert {places[missed] for missed in places.keys() - reached} == {
        "file_description.read",  # what a description does that overrides nothing; those of memfs override these three
        "file_description.write",
        "file_description.stat",
        "vfs.new_mount",  # has no path; see test_mount_tree
    }
