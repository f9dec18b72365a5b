"""Values held by C code while Python code that it called takes a step: frames do not show them.

``list(shared)`` holds a snapshot while it asks for the length; ``sum`` holds what it has added up; ``sorted`` holds its keys;
a call of a class holds the object under construction. See ``tests/programs/attacks.py`` for how an attack works.
"""

# Odd code is the subject here.
# ruff: noqa: C409, C414, C416, F841, PLC3002, UP031, UP032

from __future__ import annotations

import functools
import itertools
from typing import Any

import pytest

from tests.programs.attacks import Attack, assert_survives
from tests.programs.making import assert_all_engines_agree, program
from weft import AtomicInt64, Setting, Shared, SharedDict, SharedList, SharedSet


class Look:
    """A plain object whose special methods take steps."""

    def __init__(self, cell: AtomicInt64, rank: int = 0) -> None:
        self.cell = cell
        self.rank = rank

    def __len__(self) -> int:
        return self.cell.load()

    def __bool__(self) -> bool:
        return bool(self.cell.load())

    def __index__(self) -> int:
        return self.cell.load()

    def __eq__(self, other: object) -> bool:
        self.cell.load()
        return self is other

    __hash__ = object.__hash__

    def __lt__(self, other: Look) -> bool:
        self.cell.load()
        return self.rank < other.rank

    def __str__(self) -> str:
        return str(self.cell.load())

    def __format__(self, _: str) -> str:
        return str(self.cell.load())

    @property
    def now(self) -> int:
        return self.cell.load()

    @now.setter
    def now(self, value: int) -> None:
        self.cell.store(value + self.cell.load())

    def __getitem__(self, key: int) -> int:
        return key + self.cell.load()

    def __call__(self, value: int = 0) -> int:
        return value + self.cell.load()

    def __add__(self, other: int) -> int:
        return other + self.cell.load()

    __radd__ = __add__

    def __enter__(self) -> int:
        return self.cell.load()

    def __exit__(self, *_: object) -> None:
        self.cell.load()

    def __contains__(self, item: int) -> bool:
        return item == self.cell.load()


def both(x, pause):
    yield x.load()
    yield pause.load()


def sum_of_generator(x, pause):
    return sum(both(x, pause))


def sum_of_generator_expression(x, pause):
    return sum(cell.load() for cell in (x, pause))


def list_of_generator(x, pause):
    return tuple(list(both(x, pause)))


def tuple_of_generator(x, pause):
    return tuple(both(x, pause))


def set_of_generator(x, pause):
    return frozenset(v + 5 * k for k, v in enumerate(both(x, pause)))


def dict_of_generator(x, pause):
    return tuple(dict(enumerate(both(x, pause))).items())


def max_of_generator(x, pause):
    return max(both(x, pause))


def sorted_generator(x, pause):
    return tuple(sorted(both(x, pause)))


def join_of_generator(x, pause):
    return "".join(str(v) for v in both(x, pause))


def star_call_of_generator(x, pause):
    return max(*both(x, pause))


def star_list_of_generator(x, pause):
    return tuple([*both(x, pause)])


def star_set_of_generator(x, pause):
    return frozenset({*both(x, pause), 7})


def unpacked_generator(x, pause):
    a, b = both(x, pause)
    return a, b


def starred_unpacked_generator(x, pause):
    a, *rest = both(x, pause)
    return a, tuple(rest)


def list_extended_by_generator(x, pause):
    found = [9]
    found.extend(both(x, pause))
    found += both(x, pause)
    return tuple(found)


def dict_updated_from_generator(x, pause):
    found: dict[int, int] = {}
    found.update((k, v) for k, v in enumerate(both(x, pause)))
    return tuple(found.items())


def slice_assigned_from_generator(x, pause):
    found = [9]
    found[1:] = both(x, pause)
    return tuple(found)


def map_over_bound_methods(x, pause):
    return tuple(map(AtomicInt64.load, (x, pause)))


def sum_of_map(x, pause):
    return sum(map(AtomicInt64.load, [x, pause]))


def loop_over_map_of_two_generators(x, pause):
    found = []
    for pair in map(lambda a, b: (a, b), (c.load() for c in (x, x)), (c.load() for c in (pause, pause))):
        found.append(pair)
    return tuple(found)


def loop_over_zip_of_generators(x, pause):
    found = []
    for pair in zip((c.load() for c in (x,)), (c.load() for c in (pause,)), strict=True):
        found.append(pair)
    return tuple(found)


def loop_over_filter_holding_the_item(x, pause):
    def wanted(item):
        item = pause.load()
        return item == 0

    return tuple([item for item in filter(wanted, (c.load() for c in (x,)))])


def loop_over_enumerate(x, pause):
    return tuple([pair for pair in enumerate((c.load() for c in (x, pause)), x.load())])


def reduced(x, pause):
    return functools.reduce(lambda total, cell: 2 * total + cell.load(), (x, pause), 1)


def accumulated(x, pause):
    return tuple(itertools.accumulate(c.load() for c in (x, pause)))


def chained_iterators(x, pause):
    return tuple([v for v in itertools.chain(both(x, pause), both(pause, pause))])


def sorted_by_a_key_that_steps(x, pause):
    return tuple(sorted([1, 2], key=lambda rank: (x if rank == 1 else pause).load() * 10 + rank))


def least_by_a_key_that_steps(x, pause):
    return min("ab", key=lambda name: (x if name == "a" else pause).load() * 2 + (name == "b"))


def any_of_generator_with_memory(x, pause):
    seen = []
    return any(seen.append(c.load()) for c in (x, pause)) or tuple(seen)


def isolated_partial(x, pause):
    return functools.partial(lambda a, b: (a, b + pause.load()), x.load())(1)


def search_in_a_list_by_eq(x, pause):
    looks = [Look(pause), Look(pause)]
    return looks.index(looks[1 if x.load() else 0])


def membership_in_a_list_by_eq(x, pause):
    wanted = Look(pause)
    return wanted in ([Look(pause), Look(pause)] if x.load() else [Look(pause)]), x.load()


def sort_by_lt(x, pause):
    looks = [Look(pause, 2), Look(pause, x.load() * 3), Look(pause, 1)]
    looks.sort()
    return tuple([look.rank for look in looks])


def operand_under_a_python_add(x, pause):
    return x.load() + Look(pause)


def operand_under_a_python_add_that_forgets_its_arguments(x, pause):
    class Forgetful:
        def __init__(self, value):
            self.value = value

        def __add__(self, other):
            self = other = None
            pause.load()
            return NotImplemented

        def __radd__(self, other):
            return other.value, self.value

    return Forgetful(x.load()) + type("Other", (), {"__radd__": Forgetful.__radd__, "value": 3})()


def reflected_comparison_of_objects_that_forget(x, pause):
    class Pair:
        def __init__(self, value):
            self.value = value

        def __eq__(self, other):
            mine, theirs = self.value, other.value
            self = other = None
            pause.load()
            return NotImplemented if mine < theirs else (mine, theirs)

        __hash__ = None

    return Pair(x.load()) == Pair(1)


def subscript_of_a_python_getitem(x, pause):
    return Look(pause)[x.load()]


def property_of_a_python_object(x, pause):
    return x.load(), Look(pause).now


def property_setter(x, pause):
    look = Look(pause)
    look.now = x.load()
    return pause.load()


def called_object(x, pause):
    return Look(pause)(x.load())


def called_object_by_keyword(x, pause):
    return Look(pause)(value=x.load())


def length_of_an_object(x, pause):
    return x.load(), len(Look(pause))


def truth_of_an_object(x, pause):
    seen = x.load()
    if Look(pause):
        return "true"
    return seen


def formatted_object(x, pause):
    return f"{x.load()}{Look(pause)}{x.load():>3}"


def percent_formatted_object(x, pause):
    return "%s-%s" % (x.load(), Look(pause))


def printed_object(x, pause):
    return str(x.load()) + str(Look(pause)) + "{}".format(Look(pause))


def text_converted_before_it_is_formatted(x, pause):
    class Text(str):
        def __format__(self, _):
            return str(pause.load()) + str(self)

    class Named:
        def __init__(self, value):
            self.value = value

        def __repr__(self):
            return Text(self.value)

    return f"{Named(x.load())!r:>3}"


def finaliser_of_an_argument(x, pause_in_del):
    log: list[int] = []

    class Final:
        def __init__(self, value):
            self.value = value

        def __del__(self):
            log.append(self.value + pause_in_del.load())

    isinstance(Final(x.load()), (Final, type(Final(5))))
    return tuple(log)


def object_as_index(x, pause):
    return [[10, 20], [30, 40]][x.load()][Look(pause)]


def context_manager_of_a_python_class(x, pause):
    with Look(pause) as entered:
        seen = x.load()
    return entered, seen


def membership_by_a_python_contains(x, pause):
    return x.load() in Look(pause), 0 in Look(x)


class WithStepInNew:
    """Its ``__new__`` steps, and its arguments wait in C for ``__init__``."""

    def __new__(cls, value: int, pause: AtomicInt64) -> WithStepInNew:
        made = super().__new__(cls)
        value = 0
        pause.load()
        return made

    def __init__(self, value: int, _: AtomicInt64) -> None:
        self.value = value


def arguments_between_new_and_init(x, pause):
    return WithStepInNew(x.load(), pause).value


class ForgetsItself:
    """Its ``__init__`` steps after it has lost its only reference to the object."""

    def __init__(self, value: int, pause: AtomicInt64) -> None:
        self.value = value
        self = None
        value = 0
        pause.load()


def object_under_construction_that_init_forgot(x, pause):
    return ForgetsItself(x.load(), pause).value


class Snapshot(Shared):
    """Its last use of ``self`` comes before its last step, so that a liveness analysis calls ``self`` dead there."""

    def __init__(self, x: AtomicInt64, pause: AtomicInt64) -> None:
        self.seen = x.load()
        pause.load()


def shared_object_under_construction(x, pause):
    return Snapshot(x, pause).seen


class SnapshotOfSnapshot(Shared):
    """Makes another one half-way."""

    def __init__(self, x: AtomicInt64, pause: AtomicInt64) -> None:
        self.first = x.load()
        self.inner = Snapshot(x, pause)
        pause.load()


def nested_shared_objects_under_construction(x, pause):
    made = SnapshotOfSnapshot(x, pause)
    return made.first, made.inner.seen


class Subclass(Snapshot):
    """Steps after the base's ``__init__``."""

    def __init__(self, x: AtomicInt64, pause: AtomicInt64) -> None:
        super().__init__(x, pause)
        pause.load()


def shared_subclass_under_construction(x, pause):
    return Subclass(x, pause).seen


class Meta(type):
    """A metaclass whose ``__call__`` steps after the object is made."""

    def __call__(cls, x: AtomicInt64, pause: AtomicInt64) -> Any:
        made = super().__call__(x.load())
        pause.load()
        return made


class Made(metaclass=Meta):
    """Made by ``Meta``."""

    def __init__(self, value: int) -> None:
        self.value = value


def object_held_by_a_metaclass(x, pause):
    return Made(x, pause).value


def generator_that_is_sent_values(x, pause):
    def total():
        seen = 0
        while True:
            seen += (yield seen + pause.load()) or 0

    adding = total()
    next(adding)
    adding.send(x.load())
    return adding.send(1)


def exception_thrown_into_a_generator(x, pause):
    def catching():
        while True:
            try:
                yield pause.load()
            except KeyError as error:
                pause.load()
                yield error.args[0]

    running = catching()
    next(running)
    return running.throw(KeyError(x.load()))


def delegating_generators(x, pause):
    def inner():
        seen = yield x.load()
        return seen, pause.load()

    def outer():
        first = yield from inner()
        second = yield from inner()
        yield (first, second)

    return tuple([v for v in outer()])


ATTACKS = tuple(
    value
    for value in list(globals().values())
    if callable(value)
    and getattr(value, "__code__", None) is not None
    and value.__code__.co_varnames[:2] == ("x", "pause")
    and value is not both
)

MORE_OUTCOMES = {
    "list_extended_by_generator": 3,
    "loop_over_map_of_two_generators": 3,
    "loop_over_enumerate": 3,
    "membership_by_a_python_contains": 3,
    "formatted_object": 3,
    "membership_in_a_list_by_eq": 2,
    "context_manager_of_a_python_class": 2,
    "chained_iterators": 2,
    "delegating_generators": 3,
    "nested_shared_objects_under_construction": 3,
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_value_hidden_while_c_code_runs_tells_local_states_apart(attack: Attack):
    assert_survives(attack, outcomes=MORE_OUTCOMES.get(attack.__name__, 2))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # __del__ swallows what unwinds a thread
def test_a_step_in_a_finaliser_tells_local_states_apart():
    assert_survives(finaliser_of_an_argument)


@pytest.mark.parametrize(
    "copy",
    [list, tuple, sorted, lambda shared: [*shared], lambda shared: (lambda *a: a)(*shared)],
    ids=["list", "tuple", "sorted", "display", "arguments"],
)
@pytest.mark.parametrize(
    ("make", "change"),
    [
        (SharedList, lambda shared: shared.append(2)),
        (SharedSet, lambda shared: shared.add(2)),
        (lambda: SharedDict([(1, 1)]), lambda shared: shared.__setitem__(2, 2)),
    ],
    ids=["list", "set", "dict"],
)
def test_copying_a_shared_container_holds_its_snapshot_while_it_asks_for_the_length(copy, make, change):
    def build(s: Setting) -> None:
        shared = make()
        s.thread(lambda: tuple(copy(shared)), name="reader")
        s.thread(change, shared, name="writer")

    found = assert_all_engines_agree(program("copy", build))
    assert found.verdict == "HOLDS"
    assert len(found.outcomes) == 2
