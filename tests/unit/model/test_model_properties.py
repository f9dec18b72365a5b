"""What holds for every sequence of operations: pure, deterministic, hashable, consistent."""

import pickle

from hypothesis import given, settings
from hypothesis import strategies as st

from model import Allowances, Unfinished, alternatives, initial, resume, step
from model import operations as op
from stress.visible import model_tree

NAMES = st.sampled_from(["a", "b", "c", ".", ".."])
PATHS = st.builds(
    lambda parts, absolute, slash: "/" * absolute + "/".join(parts) + "/" * slash,
    st.lists(NAMES, max_size=3),
    st.booleans(),
    st.sampled_from([False, False, False, True]),
)
HANDLES = st.sampled_from([1, 2, 3, "cwd"])
STARTS = st.none() | HANDLES
SPACES = st.sampled_from(["init", "init", "two"])
FLAG = st.booleans()
LABELS = st.sampled_from(["F", "G"])
AT = {"namespace": SPACES, "path": PATHS, "start": STARTS}
OPERATIONS = st.one_of(
    *(st.builds(kind, **AT) for kind in (op.Mkdir, op.Mkdir, op.Rmdir, op.Unlink, op.Readlink, op.Umount)),
    *(st.builds(kind, **AT, new=PATHS, new_start=STARTS) for kind in (op.Rename, op.Link, op.Bind)),
    st.builds(op.Stat, **AT, follow=FLAG),
    st.builds(op.GetDentry, **AT, handle=HANDLES, follow=FLAG),
    st.builds(
        op.Open,
        **AT,
        handle=HANDLES,
        access=st.sampled_from(["r", "w", "rw"]),
        create=FLAG,
        exclusive=FLAG,
        truncate=FLAG,
        directory=FLAG,
        nofollow=FLAG,
    ),
    st.builds(op.Symlink, **AT, target=PATHS),
    st.builds(op.Mount, **AT, filesystem=LABELS, read_only=FLAG),
    st.builds(op.Umount, **AT, lazy=st.just(True)),
    st.builds(op.Remount, **AT, read_only=FLAG),
    *(st.builds(kind, HANDLES) for kind in (op.Close, op.Readdir, op.BeginWrite, op.EndWrite, op.StatHandle)),
    st.builds(op.Read, HANDLES, size_bytes=st.integers(0, 4), offset=st.none() | st.integers(-1, 4)),
    st.builds(op.Write, HANDLES, data=st.binary(max_size=3), offset=st.none() | st.integers(-1, 4)),
    st.builds(op.CreateNamespace, SPACES, filesystem=LABELS),
    st.builds(op.CloneNamespace, SPACES, source=SPACES),
    *(st.builds(kind, st.just("two")) for kind in (op.AcquireNamespace, op.ReleaseNamespace)),
)
PRELUDE = [
    op.Mkdir("init", "/a"),
    op.Mkdir("init", "/b"),
    op.CloneNamespace("two", source="init"),
    op.Bind("two", "/", new="/a"),
    op.Mount("two", "/a/a", filesystem="F"),
]
SEQUENCES = st.lists(OPERATIONS, max_size=40)
EVERY = Allowances(busy_umount=True, busy_remount=True, stepwise_dotdot=True, torn_stat=True)


def check_consistent(state):
    """Every reference leads somewhere, and nothing is kept that nothing leads to."""
    names = [(record.parent, record.name) for k, record in enumerate(state.dentries) if not record.dead and record.parent != k]
    assert len(names) == len(set(names))
    assert {record.inode for record in state.dentries} == set(range(len(state.inodes)))
    for record in state.dentries:
        assert record.dead or not state.dentries[record.parent].dead
    points = [mount.point for mount in state.mounts if mount.point]
    assert len(points) == len(set(points))
    roots = {namespace.root: namespace.name for namespace in state.namespaces}
    for mount_id, mount in enumerate(state.mounts):
        assert mount.root < len(state.dentries)
        hung_in = state.namespace_of(mount_id)
        assert hung_in is None or (mount.point is None) == (mount_id in roots)
        assert hung_in is None or mount.namespace == hung_in
        assert mount.namespace is None or mount.namespace in roots.values()
        assert not mount.point or not state.dentries[mount.point.dentry].dead
        assert not mount.point or mount.point.dentry in state.tree(state.ancestry(mount.point.dentry)[0])
        writers = sum(h.writes + ("w" in h.access) for h in state.handles if h.at.mount == mount_id)
        assert not (mount.read_only and writers)
    for handle in state.handles:
        assert handle.at.mount < len(state.mounts)
        assert handle.at.dentry < len(state.dentries)
    assert state.tidy() == state


@settings(max_examples=400, deadline=None)
@given(SEQUENCES)
def test_no_sequence_raises_and_every_state_is_hashable_and_consistent(operations):
    state = initial()
    for operation in PRELUDE:
        state = step(state, operation)[0]
    for operation in operations:
        before, fingerprint = state, repr(state)
        state, result = step(before, operation)
        assert repr(before) == fingerprint, "step is pure"
        assert step(before, operation) == (state, result), "step is deterministic"
        assert isinstance(result, str) or result[0] == "ok"
        assert not isinstance(result, str) or state is before
        hash((state, result, operation))
        check_consistent(state)
        model_tree(state, "init")


@settings(max_examples=100, deadline=None)
@given(SEQUENCES)
def test_equal_states_hash_equally_whatever_way_they_were_built(operations):
    state = initial()
    for operation in operations:
        state = step(state, operation)[0]
    copy = pickle.loads(pickle.dumps(state))
    assert copy == state
    assert hash(copy) == hash(state)


@settings(max_examples=200, deadline=None)
@given(SEQUENCES, OPERATIONS)
def test_every_alternative_can_be_completed_and_leaves_no_scratch_handle(operations, last):
    state = initial()
    for operation in operations:
        state = step(state, operation)[0]
    for after, rest in alternatives(state, last, overlapping=[op.Mkdir("init", "/a")], scratch="!", allowances=EVERY):
        if isinstance(rest, Unfinished):
            after, _ = resume(after, rest)
        check_consistent(after)
        assert "!" not in {handle.name for handle in after.handles}


@settings(max_examples=200, deadline=None)
@given(SEQUENCES, OPERATIONS)
def test_a_split_call_that_nothing_interrupts_gives_the_atomic_result(operations, last):
    state = initial()
    for operation in operations:
        state = step(state, operation)[0]
    expected = step(state, last)
    for after, rest in alternatives(state, last, overlapping=[op.Mkdir("init", "/a")], scratch="!", allowances=EVERY):
        if isinstance(rest, Unfinished):
            assert resume(after, rest) == expected


def test_every_kind_of_operation_can_succeed_in_random_sequences():
    """The sometimes beside the nevers above: a fixed script reaches each kind's success."""
    script = [
        op.Mkdir("init", "/a"),
        op.Symlink("init", "/l", target="a"),
        op.Readlink("init", "/l"),
        op.Open("init", "/f", handle=1, create=True, access="rw"),
        op.Write(1, data=b"x"),
        op.Read(1, size_bytes=1, offset=0),
        op.StatHandle(1),
        op.Link("init", "/f", new="/g"),
        op.Rename("init", "/g", new="/h"),
        op.Unlink("init", "/h"),
        op.Close(1),
        op.Mount("init", "/a", filesystem="F"),
        op.GetDentry("init", "/a", handle=2),
        op.BeginWrite(2),
        op.EndWrite(2),
        op.Close(2),
        op.Remount("init", "/a", read_only=True),
        op.Stat("init", "/a"),
        op.Umount("init", "/a"),
        op.Mkdir("init", "/b"),
        op.Bind("init", "/a", new="/b"),
        op.Open("init", "/", handle=3),
        op.Readdir(3),
        op.CloneNamespace("two", source="init"),
        op.AcquireNamespace("two"),
        op.ReleaseNamespace("two"),
        op.CreateNamespace("three", filesystem="G"),
        op.Umount("init", "/b"),
        op.Rmdir("two", "/a"),
    ]
    state = initial()
    for operation in script:
        state, result = step(state, operation)
        assert not isinstance(result, str), operation
    kinds = {kind for base in (op.PathOperation, op.HandleOperation, op.NamespaceOperation) for kind in leaves(base)}
    assert kinds == {type(operation) for operation in script}


def leaves(kind):
    below = kind.__subclasses__()
    return {leaf for each in below for leaf in leaves(each)} if below else {kind}
