"""Thread-local objects that differ in something a careless description would leave out.

Order of dictionaries and sets, aliasing, types of equal values, state of iterators and generators, slots, function
attributes, addresses that are used again. See ``tests/programs/attacks.py`` for how an attack works.
"""

# Odd code is the subject here.
# ruff: noqa: B006, B023, F841

from __future__ import annotations

import collections
import contextvars
import copy
import dataclasses
import enum
import functools
import itertools
import math
import operator
import types
from typing import Any, NamedTuple

import pytest

from tests.programs.attacks import Attack, assert_survives
from weft import AtomicInt64, AtomicReference, Shared


class Plain:
    """A plain thread-local object."""


class Slotted:
    """Attributes in slots only."""

    __slots__ = ("__private", "left")

    def __init__(self, left: int, private: int) -> None:
        self.left = left
        self.__private = private

    def private(self) -> int:
        return self.__private


class SlottedChild(Slotted):
    """Slots and a dictionary."""

    def __init__(self, left: int, private: int, extra: int) -> None:
        super().__init__(left, private)
        self.extra = extra


class First(enum.IntEnum):
    """Equal to 1."""

    ONE = 1


class Second(enum.IntEnum):
    """Equal to 1 as well."""

    ONE = 1


class Pair(NamedTuple):
    """A named tuple."""

    a: int
    b: int


class Tagged(tuple):
    """A tuple with attributes."""


@dataclasses.dataclass(frozen=True)
class Frozen:
    """A frozen dataclass."""

    value: Any


@dataclasses.dataclass
class Mutable:
    """A mutable dataclass."""

    values: list[int] = dataclasses.field(default_factory=list)


def type_of_an_equal_number(x, pause):
    v = (1, True, 1.0)[x.load()] if x.load() < 2 else 0
    pause.load()
    return type(v).__name__


def sign_of_zero(x, pause):
    v = -0.0 if x.load() else 0.0
    pause.load()
    return math.copysign(1, v)


def text_or_bytes(x, pause):
    v = "a" if x.load() else b"a"
    pause.load()
    return v


def complex_or_float(x, pause):
    v = 1.0 if x.load() else 1 + 0j
    pause.load()
    return repr(v)


def not_a_number_by_identity(x, pause):
    nan, other = float("nan"), float("nan")
    held = [nan if x.load() else other]
    pause.load()
    return nan in held


def members_of_equal_enums(x, pause):
    v = First.ONE if x.load() else Second.ONE
    pause.load()
    return type(v).__name__


def enum_or_number(x, pause):
    v = First.ONE if x.load() else 1
    pause.load()
    return repr(v)


def ellipsis_none_or_not_implemented(x, pause):
    v = ... if x.load() else NotImplemented
    pause.load()
    return repr(v)


def tuple_or_named_tuple(x, pause):
    v = Pair(1, 2) if x.load() else (1, 2)
    pause.load()
    return type(v).__name__


def tuple_with_attributes(x, pause):
    v = Tagged((1, 2))
    v.tag = x.load()
    pause.load()
    return v.tag


def frozen_dataclass_with_something_mutable_inside(x, pause):
    v = Frozen([x.load()])
    pause.load()
    return v.value[0]


def order_of_a_dictionary(x, pause):
    d = {1: 0, 2: 0} if x.load() else {2: 0, 1: 0}
    pause.load()
    return tuple(d)


def order_of_a_set_with_collisions(x, pause):
    members = {0, 8} if x.load() else {8, 0}
    pause.load()
    return tuple(members)


def order_of_a_frozen_set(x, pause):
    members = frozenset([0, 8]) if x.load() else frozenset([8, 0])
    pause.load()
    return tuple(members)


def set_that_remembers_what_was_removed(x, pause):
    members = {8, 0, 16}
    if x.load():
        members = {0, 16}
    members.discard(8)
    pause.load()
    members.add(24)
    return tuple(members)


def next_victim_of_pop(x, pause):
    members = {1, 2, 3, 4}
    if x.load():
        members.pop()
        members.add(1)
    pause.load()
    return members.pop()


def order_of_instance_attributes(x, pause):
    p = Plain()
    for name in ("ab", "ba")[x.load()]:
        setattr(p, name, 1)
    pause.load()
    return tuple(vars(p))


def dictionary_of_an_instance(x, pause):
    p = Plain()
    p.a = 1
    d = p.__dict__ if x.load() else dict(p.__dict__)
    pause.load()
    d["a"] = 2
    return p.a


def aliased_lists(x, pause):
    a = [1]
    b = a if x.load() else [1]
    pause.load()
    b.append(2)
    return len(a)


def aliased_nested_lists(x, pause):
    row = [0]
    rows = [row, row] if x.load() else [[0], [0]]
    del row
    pause.load()
    rows[0].append(1)
    return len(rows[1])


def list_that_contains_itself(x, pause):
    a: list[Any] = [1]
    a.append(a if x.load() else [1])
    pause.load()
    return a[1] is a


def aliased_instances(x, pause):
    p = Plain()
    p.v = 0
    q = p if x.load() else copy.copy(p)
    pause.load()
    q.v = 1
    return p.v


def aliased_bound_methods(x, pause):
    a, b = [1], [1]
    push = a.append if x.load() else b.append
    pause.load()
    push(2)
    return len(a), len(b)


def content_behind_a_bound_builtin(x, pause):
    pop = [x.load(), x.load()].pop
    pause.load()
    return pop() + 2 * pop()


def bound_method_of_an_instance(x, pause):
    method = Slotted(1, x.load()).private
    pause.load()
    return method()


def method_wrapper(x, pause):
    add = x.load().__add__
    pause.load()
    return add(1)


def slots(x, pause):
    v = Slotted(1, x.load())
    pause.load()
    return v.private()


def slots_of_a_base(x, pause):
    v = SlottedChild(5, x.load(), 6)
    pause.load()
    return v.private()


def missing_slot(x, pause):
    v = Slotted(5, 6)
    if x.load():
        del v.left
    pause.load()
    return hasattr(v, "left")


def class_of_an_instance(x, pause):
    v = Plain()
    if x.load():
        v.__class__ = type("Other", (Plain,), {})
    pause.load()
    return type(v).__name__


def class_made_in_the_thread(x, pause):
    seen = x.load()

    class Local:
        value = seen

    pause.load()
    return Local.value, Local().value


def class_attribute_changed_in_the_thread(x, pause):
    class Local:
        value = 0

    Local.value = x.load()
    pause.load()
    return Local.value


def attribute_of_a_local_function(x, pause):
    def inner():
        return inner.value

    inner.value = x.load()
    pause.load()
    return inner()


def name_of_a_local_function(x, pause):
    def inner():
        return None

    inner.__name__ = "ab"[x.load()]
    pause.load()
    return inner.__name__


def code_of_a_local_function(x, pause):
    def one():
        return 1

    def two():
        return 2

    if x.load():
        one.__code__ = two.__code__
    pause.load()
    return one()


def mutated_default_argument(x, pause):
    def inner(v=None, acc=[]):
        acc.append(v)
        return tuple(acc)

    inner(x.load())
    pause.load()
    return inner(5)


def mutated_keyword_default(x, pause):
    def inner(*, acc=[]):
        acc.append(1)
        return len(acc)

    if x.load():
        inner()
    pause.load()
    return inner()


def closure_cell_shared_by_two_functions(x, pause):
    def make():
        n = 0

        def up():
            nonlocal n
            n += 1

        def get():
            return n

        return up, get

    up, get = make()
    if x.load():
        _, get = make()
    pause.load()
    up()
    return get()


def closure_made_in_a_loop(x, pause):
    functions = [lambda: k for k in range(2)] if x.load() else [lambda k=k: k for k in range(2)]
    pause.load()
    return functions[0]()


def closure_in_a_partial(x, pause):
    v = functools.partial(lambda *a, **k: (a, tuple(k)), x.load(), key=1)
    pause.load()
    return v(2)


def partial_with_an_attribute(x, pause):
    v = functools.partial(int)
    v.tag = x.load()
    pause.load()
    return v.tag


def state_of_a_generator(x, pause):
    def count():
        yield from range(3)

    running = count()
    for _ in range(x.load()):
        next(running)
    pause.load()
    return next(running)


def new_or_exhausted_generator(x, pause):
    def one():
        yield 1

    running = one()
    if x.load():
        list(running)
    pause.load()
    return tuple(running)


def new_generator_with_an_argument(x, pause):
    def give(v):
        yield v

    running = give(x.load())
    pause.load()
    return next(running)


def generator_expression_over_a_list(x, pause):
    values = [1, 2]
    running = (v for v in (values if x.load() else list(values)))
    pause.load()
    values.append(3)
    return tuple(running)


def position_of_a_list_iterator(x, pause):
    values = iter([1, 2, 3])
    for _ in range(x.load()):
        next(values)
    pause.load()
    return next(values)


def list_behind_an_iterator(x, pause):
    values = [1, 2]
    left = iter(values if x.load() else list(values))
    pause.load()
    values.append(3)
    return tuple(left)


def dictionary_behind_an_iterator(x, pause):
    values = {1: 1, 2: 2}
    left = iter((values if x.load() else dict(values)).values())
    pause.load()
    values[1] = 5
    return tuple(left)


def dictionary_behind_an_iterator_that_grows(x, pause):
    values = {1: 1, 2: 2}
    left = iter(values if x.load() else dict(values))
    pause.load()
    values[3] = 3
    try:
        return tuple(left)
    except RuntimeError:
        return "changed"


def set_behind_an_iterator(x, pause):
    values = {1, 2}
    left = iter(values if x.load() else set(values))
    pause.load()
    values.add(3)
    try:
        return tuple(left)
    except RuntimeError:
        return "changed"


def two_dictionary_iterators(x, pause):
    first, second = iter({1: 1, 2: 2}), iter({1: 1, 2: 2})
    if x.load():
        first, second = iter({1: 1, 2: 2}), iter({1: 1, 3: 3})
    pause.load()
    return tuple(first), tuple(second)


def exhausted_iterators(x, pause):
    first, second = iter([]), iter([5])
    next(first, None)
    for _ in range(x.load()):
        next(second)
    next(iter(()), None)
    pause.load()
    return tuple(first), tuple(second)


def dictionary_views(x, pause):
    values = {1: 1}
    view = values.keys() if x.load() else dict(values).keys()
    pause.load()
    values[2] = 2
    return tuple(view)


def iterator_of_zip_enumerate_and_map(x, pause):
    a, b, c = zip("ab", "cd", strict=False), enumerate("ab"), map(str, [1, 2])
    for _ in range(x.load()):
        next(a), next(b), next(c)
    pause.load()
    return next(a), next(b), next(c)


def strictness_of_zip(x, pause):
    pairs = zip([1], [1, 2], strict=bool(x.load()))
    pause.load()
    try:
        return len(list(pairs))
    except ValueError:
        return "strict"


def iterator_from_itertools(x, pause):
    numbers, cycle = itertools.count(), itertools.cycle("ab")
    for _ in range(x.load()):
        next(numbers), next(cycle)
    pause.load()
    return next(numbers), next(cycle)


def iterator_of_a_callable(x, pause):
    left = [3, 2, 1]
    values = iter(left.pop, 3)
    for _ in range(x.load()):
        next(values)
    pause.load()
    return next(values)


def shared_iterator_in_zip(x, pause):
    values = iter(range(6))
    pairs = zip(values, values if x.load() else iter(range(6)), strict=False)
    pause.load()
    return next(pairs)


def range_and_slice(x, pause):
    r, s = range(0, 6, 1 + x.load()), slice(0, 6, 1 + x.load())
    pause.load()
    return r[1], s.step


def collections_in_c(x, pause):
    d = collections.deque([1, 2])
    o = collections.OrderedDict(a=1, b=2)
    c = collections.Counter("aab")
    f = collections.defaultdict(list)
    if x.load():
        d.rotate()
        o.move_to_end("a")
        c["a"] = 0
        f["k"].append(1)
    pause.load()
    return d[0], tuple(o), c["a"], len(f)


def bytearray_and_memoryview(x, pause):
    b = bytearray(b"ab")
    view = memoryview(b if x.load() else bytearray(b"ab"))
    pause.load()
    b[0] = 5
    return view[0]


def subclass_of_list(x, pause):
    v = type("Mine", (list,), {})([1])
    v.tag = x.load()
    pause.load()
    return v.tag


def subclass_of_int(x, pause):
    v = type("Mine", (int,), {})(1)
    v.tag = x.load()
    pause.load()
    return v.tag


def subclass_of_dict(x, pause):
    v = type("Mine", (dict,), {"__missing__": lambda self, key: key})()
    v["k"] = x.load()
    pause.load()
    return v["k"]


def itemgetter(x, pause):
    get = operator.itemgetter(x.load())
    pause.load()
    return get("ab")


def compiled_pattern(x, pause):
    import re

    pattern = re.compile("ab"[x.load()])
    pause.load()
    return pattern.pattern


def simple_namespace(x, pause):
    v = types.SimpleNamespace(a=x.load())
    pause.load()
    return v.a


def cached_property(x, pause):
    class Local:
        @functools.cached_property
        def v(self):
            return x.load()

    local = Local()
    first = local.v
    pause.load()
    return first, local.v


def cache_of_a_local_function(x, pause):
    @functools.lru_cache
    def look(_):
        return x.load()

    first = look(1)
    pause.load()
    return first, look(1)


def fields_of_an_exception_in_c(x, pause):
    error = OSError(2, "no", "ab"[x.load()])
    pause.load()
    return error.filename


def name_of_an_attribute_error(x, pause):
    error = AttributeError("no", name="ab"[x.load()])
    pause.load()
    return error.name


def notes_of_an_exception(x, pause):
    error = KeyError(1)
    error.add_note(str(x.load()))
    pause.load()
    return error.__notes__[0]


def attributes_of_an_exception(x, pause):
    error = KeyError(1)
    error.extra = x.load()
    pause.load()
    return error.extra


def place_where_an_exception_was_raised(x, pause):
    try:
        if x.load():
            raise KeyError(1)
        raise KeyError(1)
    except KeyError as error:
        pause.load()
        return error.__traceback__.tb_lineno - error.__traceback__.tb_frame.f_code.co_firstlineno


def cause_of_an_exception(x, pause):
    error = KeyError(1)
    error.__cause__ = ValueError(x.load())
    pause.load()
    return error.__cause__.args


def dead_object_with_a_finaliser(x, pause):
    log: list[int] = []

    class Finalised:
        def __init__(self, value):
            self.value = value

        def __del__(self):
            log.append(self.value)

    held = Finalised(x.load())
    pause.load()
    held = None
    return tuple(log)


def dead_closure_over_an_object_with_a_finaliser(x, pause):
    log: list[int] = []

    class Finalised:
        def __init__(self, value):
            self.value = value

        def __del__(self):
            log.append(self.value)

    def make(value):
        kept = Finalised(value)
        return lambda: kept

    held = make(x.load())
    pause.load()
    held = None
    return tuple(log)


VARIABLE: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=9)


def context_variable(x, pause):
    VARIABLE.set(x.load())
    pause.load()
    return VARIABLE.get()


def decimal_context(x, pause):
    import decimal

    decimal.getcontext().prec = 3 + x.load()
    pause.load()
    return str(decimal.Decimal(1) / 3)


def weak_reference(x, pause):
    import weakref

    p, q = Plain(), Plain()
    ref = weakref.ref(p if x.load() else q)
    pause.load()
    del p
    return ref() is None


def function_with_other_globals(x, pause):
    def read():
        return NUMBER  # noqa: F821 - found in the globals it is given

    f = types.FunctionType(read.__code__, {"NUMBER": x.load()})
    pause.load()
    return f()


def address_that_is_used_again(x, pause):
    def temporary(value):
        return [value, value].pop

    pops = [temporary(9) for _ in range(3)]
    pops[0] = temporary(x.load())
    pause.load()
    return pops[0]()


def very_deep_structure(x, pause):
    deep: list[Any] = [x.load()]
    for _ in range(3000):
        deep = [deep]
    pause.load()
    while isinstance(deep[0], list):
        deep = deep[0]
    return deep[0]


def mutable_dataclass(x, pause):
    v = Mutable()
    v.values.append(x.load())
    pause.load()
    return tuple(v.values)


class Node(Shared):
    """A shared object with its attribute in a slot."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value


class Link(Shared):
    """A shared object with ordinary attributes."""

    def __init__(self, value: int, following: Any = None) -> None:
        self.value = value
        self.following = following


def shared_object_with_slots_made_in_the_thread(x, pause):
    made = Node(x.load())
    pause.load()
    return made.value


def shared_object_made_in_the_thread(x, pause):
    made = Link(x.load(), Link(5))
    pause.load()
    return made.value, made.following.value


def one_of_two_shared_objects(x, pause):
    made = [Link(1), Link(1)]
    chosen = made[x.load()]
    pause.load()
    return chosen is made[0]


def how_many_objects_were_made(x, pause):
    kept = [Link(0) for _ in range(x.load())]
    kept.clear()
    pause.load()
    return repr(Link(5))


def cells_made_in_the_thread(x, pause):
    cells = [AtomicInt64(x.load()), AtomicInt64(0)]
    pause.load()
    return cells[0].load()


def lambda_identity_by_default_argument(x, pause):
    held = AtomicReference(None)
    held.store((lambda v=0: v) if x.load() else (lambda v=1: v))
    pause.load()
    return held.load()()


ATTACKS = tuple(
    value
    for value in list(globals().values())
    if getattr(value, "__code__", None) is not None and value.__code__.co_varnames[:2] == ("x", "pause")
)

MORE_OUTCOMES = {"type_of_an_equal_number": 2, "content_behind_a_bound_builtin": 3, "range_and_slice": 3}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_difference_inside_an_object_tells_local_states_apart(attack: Attack):
    assert_survives(attack, outcomes=MORE_OUTCOMES.get(attack.__name__, 2))
