"""Operations over the whole alphabet, as Hypothesis strategies that look at where the run stands.

Few names and few handles, so that calls meet; most paths exist; a relative path mostly starts at a handle in use. Weights are how
often a strategy stands in its list. ``st.runner()`` is whoever runs the sequence: it has ``state``, the model's.
"""

from hypothesis import strategies as st

from model import operations as op
from stress.visible import model_tree

NAMES = ["a", "b", "c"]
HANDLES = [1, 2, 3, 4]
SPACES = ["init", "three", "two"]
LABELS = "FGHIJKLMNOPQRSTUVWXYZ"


def on_state(choices):
    """One of ``choices(state)``."""
    return st.runner().flatmap(lambda runner: st.sampled_from(choices(runner.state)))


def tree(state):
    return model_tree(state, min(state.namespaces).name) if state.namespaces else (("/", "", "directory", b""),)


def existing(*kinds):
    """Paths of such files; "/" less often than others."""
    return on_state(lambda state: [path for path, _, kind, _ in tree(state) if kind in kinds for _ in path[:3]] or ["/a"])


def roots_of_mounts(state):
    """The paths at which the label changes."""
    labels = {path: label for path, label, _, _ in tree(state)}
    return [path for path, label in labels.items() if labels[path.rpartition("/")[0] or "/"] != label] or ["/"]


def inside(parents):
    return st.builds(lambda parent, name: f"{parent.rstrip('/')}/{name}", parents, names)


def taken(rows):
    return sorted(row.name for row in rows)


flag = st.booleans()
seldom = st.sampled_from([False] * 7 + [True])
names = st.sampled_from(NAMES)
directories, files, symlinks = existing("directory"), existing("file"), existing("symlink")
mounted = on_state(roots_of_mounts)
new = inside(directories)
through = inside(existing("file", "symlink"))
odd = st.builds(
    lambda parts, absolute, slash: "/" * absolute + "/".join(parts) + "/" * slash,
    st.lists(st.sampled_from([*NAMES, ".", ".."]), max_size=3),
    flag,
    seldom,
)
absolute = st.one_of(directories, directories, files, symlinks, new, new, through, odd)
relative = st.sampled_from([".", "..", "a", "b", "c", "../a", "../..", "../../..", "a/b", "b/a", "./", "a/", "b/..", "../b"])
targets = st.one_of(names, names, absolute, st.sampled_from(["", "/", "../a", "b/c", "/a/", "..", "a/"]))

starts = on_state(lambda state: taken(state.handles) * 9 + ([None, *HANDLES] if state.handles else [None] * 9))
in_use = on_state(lambda state: taken(state.handles) * 9 + HANDLES[:1])
unused = on_state(lambda state: [h for h in HANDLES if h not in taken(state.handles)] * 9 + HANDLES[:1])
spaces = on_state(lambda state: taken(state.namespaces) * 9 + ["two"])
to_make = on_state(lambda state: [name for name in SPACES if name not in taken(state.namespaces)] * 4 + ["init"])
to_release = on_state(lambda state: taken(state.namespaces)[1:] * 9 or ["two"] * 9 + ["init"])
labels = on_state(lambda state: [each for each in LABELS if each not in {m.filesystem for m in state.mounts}][:1])
offsets = st.none() | st.integers(-1, 4)


def place(path):
    """A namespace, a path and where it starts."""
    anywhere = st.fixed_dictionaries({"namespace": spaces, "path": path, "start": st.none() | starts})
    from_handle = st.fixed_dictionaries({"namespace": spaces, "path": relative, "start": starts})
    return st.one_of(anywhere, anywhere, from_handle)


def call(kind, path=absolute, *, to=None, **arguments):
    if to is not None:
        arguments["second"] = place(to).map(lambda at: {"new": at["path"], "new_start": at["start"]})
    return st.builds(
        lambda at, second=None, **rest: kind(**at, **(second or {}), **rest),
        place(path),
        **arguments,
    )


LOOKS = [
    call(op.Stat, follow=flag),
    call(op.Readlink, symlinks),
    call(op.Readlink),
]
OPENS = [
    call(op.GetDentry, handle=unused, follow=flag),
    call(op.GetDentry, directories, handle=unused),
    call(
        op.Open,
        handle=unused,
        access=st.sampled_from(["r", "w", "rw"]),
        create=flag,
        exclusive=seldom,
        truncate=seldom,
        directory=seldom,
        nofollow=seldom,
    ),
    call(op.Open, files, handle=unused, access=st.sampled_from(["r", "w", "rw"]), truncate=seldom),
    call(op.Open, new, handle=unused, access=st.sampled_from(["w", "rw"]), create=st.just(value=True)),
]
ON_HANDLES = [
    *(st.builds(kind, in_use) for kind in (op.Close, op.Readdir, op.BeginWrite, op.EndWrite, op.StatHandle)),
    st.builds(op.Read, in_use, size_bytes=st.integers(0, 4), offset=offsets),
    st.builds(op.Write, in_use, data=st.binary(max_size=3), offset=offsets),
]
FILES = [
    *(call(op.Mkdir, path) for path in (new, new, absolute)),
    *(call(op.Rmdir, path) for path in (directories, absolute)),
    *(call(op.Unlink, path) for path in (files, symlinks, absolute)),
    *(call(op.Rename, to=to) for to in (new, absolute)),
    call(op.Rename, directories, to=directories),
    *(call(op.Link, path, to=to) for path, to in ((files, new), (absolute, absolute))),
    *(call(op.Symlink, path, target=targets) for path in (new, absolute)),
]
MOUNTS = [
    *(call(op.Mount, path, filesystem=labels, read_only=seldom) for path in (directories, absolute)),
    *(call(op.Bind, path, to=to) for path, to in ((directories, directories), (absolute, absolute))),
    *(call(op.Umount, path, lazy=seldom) for path in (mounted, mounted, absolute)),
    *(call(op.Remount, path, read_only=flag) for path in (mounted, absolute)),
]
NAMESPACES = [
    st.builds(op.CreateNamespace, to_make, filesystem=labels),
    st.builds(op.CloneNamespace, to_make, source=spaces),
    st.builds(op.AcquireNamespace, spaces),
    st.builds(op.ReleaseNamespace, to_release),
]

operations = st.one_of(*LOOKS, *OPENS, *OPENS, *ON_HANDLES, *FILES, *FILES, *MOUNTS, *MOUNTS, *NAMESPACES)

preludes = st.sampled_from(
    [
        [],
        [op.Mkdir("init", "/a"), op.Mkdir("init", "/b"), op.Mount("init", "/a", filesystem="F"), op.Mkdir("init", "/a/c")],
        [  # a symlink to itself, a file and a link to it
            op.Symlink("init", "/c", target="c"),
            op.Open("init", "/b", handle=1, create=True, access="rw"),
            op.Link("init", "/b", new="/a"),
            op.GetDentry("init", "/", handle=2),
        ],
        [  # a mount point of another namespace, with a mount below
            op.Mkdir("init", "/a"),
            op.CloneNamespace("two", source="init"),
            op.Mount("two", "/a", filesystem="F"),
            op.Mkdir("two", "/a/b"),
            op.Mount("two", "/a/b", filesystem="G"),
            op.GetDentry("two", "/a/b", handle=1),
        ],
        [  # one directory at two places
            op.Mkdir("init", "/a"),
            op.Mkdir("init", "/a/b"),
            op.Mkdir("init", "/b"),
            op.Bind("init", "/a", new="/b"),
            op.CloneNamespace("two", source="init"),
        ],
    ]
)
"""What a sequence begins with."""
