"""State that threads share outside cells gives ``SharedStateError`` naming it, never a wrong verdict."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import types
from collections.abc import Callable
from typing import Any

import pytest

from tests.programs.making import merged, program
from weft import AtomicInt64, AtomicReference, Field, Setting, Shared, SharedDict, SharedList, SharedStateError, UsageError

LOG: list[int] = []
TABLE = {"a": [1]}
COUNT = 0
NUMBERS = itertools.count()
CONSTANTS = {"a": 1, "b": (2, 3)}


class Config:
    """A module's class with mutable attributes."""

    total = 0
    names: list[str] = []  # noqa: RUF012 - the point


class Mount(Shared):
    """A shared object with one attribute."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.refs = AtomicInt64(0)

    @functools.cached_property
    def late(self) -> int:
        return 5


def refused(work: Callable[[AtomicInt64], Any]) -> str:
    """The message with which a search of ``work``, as one of two threads, is refused."""

    def build(s: Setting) -> None:
        x = AtomicInt64(0)
        s.thread(work, x, name="worker")
        s.thread(x.store, 1, name="other")

    with pytest.raises(SharedStateError) as caught:
        merged(program("refused", build))
    return str(caught.value)


def refused_setting(build: Callable[[Setting], None]) -> str:
    """The message with which a set-up is refused."""
    with pytest.raises(SharedStateError) as caught:
        merged(program("refused", build))
    return str(caught.value)


# -- attributes ---------------------------------------------------------------------------------------------------


def test_setting_an_attribute_of_a_shared_object_later_names_class_and_attribute():
    def build(s: Setting) -> None:
        mount = Mount("m")

        def work() -> None:
            mount.refs.add(1)
            mount.owner = 5

        s.thread(work)

    assert "Mount.owner was set to 5 after __init__" in refused_setting(build)


def test_changing_an_attribute_of_a_shared_object_names_class_and_attribute():
    def build(s: Setting) -> None:
        mount = Mount("m")

        def work() -> None:
            mount.refs.add(1)
            mount.name = "n"

        s.thread(work)

    assert "Mount.name was set to 'n' after __init__" in refused_setting(build)


def test_deleting_an_attribute_of_a_shared_object_names_class_and_attribute():
    def build(s: Setting) -> None:
        mount = Mount("m")
        s.thread(lambda: mount.__delattr__("name"), name="worker")

    assert "Mount.name was deleted" in refused_setting(build)


@pytest.mark.parametrize(
    ("value", "kind"),
    [([1], "list"), ({}, "dict"), (set(), "set"), (bytearray(), "bytearray"), (Config(), "Config"), ((1, [2]), "tuple")],
    ids=lambda value: type(value).__name__,
)
def test_a_mutable_attribute_of_a_shared_object_names_class_and_attribute(value, kind):
    class Holder(Shared):
        def __init__(self) -> None:
            self.held = value

    message = refused_setting(lambda s: s.thread(lambda _: None, Holder()))
    assert f"Holder.held is a {kind}" in message


def test_a_bound_method_of_a_list_is_as_mutable_as_the_list():
    class Holder(Shared):
        def __init__(self) -> None:
            self.push = [].append

    assert "Holder.push" in refused_setting(lambda s: s.thread(lambda _: None, Holder()))


def test_an_attribute_that_a_cached_property_adds_later_is_named():
    def build(s: Setting) -> None:
        mount = Mount("m")

        def work() -> int:
            mount.refs.add(1)
            return mount.late + mount.refs.add(1)

        s.thread(work)

    message = refused_setting(build)
    assert "a Mount the attribute late" in message


def test_a_shared_class_that_defines_equality_is_refused_also_where_a_decorator_does():
    @dataclasses.dataclass(frozen=True)
    class Point(Shared):
        x: int

    with pytest.raises(SharedStateError, match=r"Point defines __eq__ or __hash__"):
        Point(1)


def test_a_shared_class_with_a_finaliser_is_refused():
    with pytest.raises(SharedStateError, match="defines __del__"):
        type("Final", (Shared,), {"__del__": lambda self: None})


# -- closures -----------------------------------------------------------------------------------------------------


def test_a_list_of_the_set_up_that_a_thread_reaches_is_named():
    def build(s: Setting) -> None:
        found: list[int] = []
        s.thread(lambda: found.append(1), name="worker")

    message = refused_setting(build)
    assert "thread worker reaches a list through the variable 'found' of the set-up" in message


def test_the_bound_method_of_a_list_of_the_set_up_is_refused_too():
    def build(s: Setting) -> None:
        push = [].append
        s.thread(lambda: push(1), name="worker")

    assert "the variable 'push' of the set-up" in refused_setting(build)


def test_assigning_a_variable_of_the_set_up_is_named():
    def build(s: Setting) -> None:
        total = 0

        def work() -> None:
            nonlocal total
            total += 1

        s.thread(work)

    assert "thread work assigns the variable 'total' of the set-up" in refused_setting(build)


def test_assigning_a_variable_of_the_set_up_two_functions_deep_is_named():
    def build(s: Setting) -> None:
        total = 0

        def work() -> None:
            def inner() -> None:
                nonlocal total
                total += 1

            inner()

        s.thread(work)

    assert "assigns the variable 'total' of the set-up" in refused_setting(build)


def test_a_mutable_default_argument_is_named():
    def build(s: Setting) -> None:
        def work(acc: list[int] = []) -> None:  # noqa: B006 - the point
            acc.append(1)

        s.thread(work)

    assert "a default argument of" in refused_setting(build)


def test_a_generator_of_the_set_up_is_refused():
    def build(s: Setting) -> None:
        running = (v for v in range(3))
        s.thread(lambda: next(running), name="worker")

    assert "the variable 'running'" in refused_setting(build)


def test_a_function_in_an_attribute_that_assigns_its_surroundings_is_refused():
    def build(s: Setting) -> None:
        total = 0

        def bump() -> None:
            nonlocal total
            total += 1

        class Holder(Shared):
            def __init__(self) -> None:
                self.bump = bump

        s.thread(lambda holder: holder.bump(), Holder(), name="worker")

    assert "Holder.bump" in refused_setting(build)


def test_a_function_over_variables_of_a_running_thread_is_refused_in_a_cell():
    """The thread may assign the variable later, and another thread that calls the function would see it."""

    def build(s: Setting) -> None:
        held: AtomicReference[Any] = AtomicReference(None)

        def make() -> None:
            value = 0
            held.store(lambda: value)
            value = held.exchange(None) is None

        s.thread(make)

    assert "closes over value of the thread that made it" in refused_setting(build)


def test_a_function_over_variables_of_the_set_up_may_be_in_a_cell():
    def build(s: Setting) -> None:
        value = 5
        held: AtomicReference[Any] = AtomicReference(lambda: value)
        s.thread(lambda: held.load()(), name="worker")

    assert [outcome[1] for outcome in merged(program("function", build)).outcomes] == [(5,)]


def test_a_class_derived_from_a_cell_is_refused():
    with pytest.raises(SharedStateError, match="Tagged derives from a cell"):
        type("Tagged", (AtomicInt64,), {})


# -- globals ------------------------------------------------------------------------------------------------------


def append_to_the_log(value: int) -> None:
    LOG.append(value)


def increment_the_global() -> None:
    global COUNT
    COUNT += 1


def test_a_global_list_that_a_helper_appends_to_is_named():
    def work(x: AtomicInt64) -> int:
        append_to_the_log(x.load())
        return x.load()

    try:
        assert "the global variable 'LOG' of " in refused(work)
    finally:
        LOG.clear()


def test_a_list_inside_a_global_dictionary_is_named():
    def work(x: AtomicInt64) -> int:
        TABLE["a"].append(x.load())
        return x.load()

    try:
        assert "the global variable 'TABLE' of " in refused(work)
    finally:
        TABLE["a"] = [1]


def test_assigning_a_global_variable_in_a_helper_without_steps_is_named():
    def work(x: AtomicInt64) -> int:
        increment_the_global()
        return x.load()

    assert "the global variable 'COUNT' of " in refused(work)


def test_assigning_a_global_variable_in_the_thread_function_is_named():
    def work(x: AtomicInt64) -> int:
        global COUNT
        COUNT = x.load()
        return x.load()

    assert "'COUNT'" in refused(work)


def test_a_changed_class_attribute_is_named():
    def work(x: AtomicInt64) -> int:
        Config.total += x.load() + 1
        return x.load()

    try:
        assert "the class attribute Config.total" in refused(work)
    finally:
        Config.total = 0


def test_a_list_in_a_class_attribute_is_named():
    def work(x: AtomicInt64) -> int:
        Config.names.append("a")
        return x.load()

    try:
        assert "the class attribute Config.names" in refused(work)
    finally:
        Config.names.clear()


def helper_with_an_attribute() -> None:
    """Counts its calls in itself."""
    helper_with_an_attribute.calls = getattr(helper_with_an_attribute, "calls", 0) + 1


def test_an_attribute_of_a_global_function_is_named():
    def work(x: AtomicInt64) -> int:
        helper_with_an_attribute()
        return x.load()

    try:
        assert "helper_with_an_attribute the attribute calls" in refused(work)
    finally:
        del helper_with_an_attribute.calls


def helper_with_a_mutable_default(acc: list[int] = []) -> int:  # noqa: B006 - the point
    acc.append(1)
    return len(acc)


def test_a_mutated_default_argument_of_a_global_function_is_named():
    def work(x: AtomicInt64) -> int:
        return helper_with_a_mutable_default() + x.load()

    assert "default argument of helper_with_a_mutable_default" in refused(work)


def test_a_global_iterator_is_refused_at_once():
    def work(x: AtomicInt64) -> int:
        return next(NUMBERS) + x.load()

    assert "the global variable 'NUMBERS'" in refused(work)


def test_an_attribute_of_another_module_is_named():
    module = types.ModuleType("other_module_of_this_test")
    module.total = 0

    def work(x: AtomicInt64) -> int:
        LATER.total += 1  # noqa: F821 - found in the globals it is given below
        return x.load()

    work = types.FunctionType(work.__code__, {"LATER": module, "__name__": __name__, "__builtins__": __builtins__})
    assert "the global variable 'total' of other_module_of_this_test" in refused(work)


def test_constants_in_global_tables_are_not_complained_about():
    def build(s: Setting) -> None:
        x = AtomicInt64(0)
        s.thread(lambda: CONSTANTS["a"] + x.load() + len(Config.names), name="worker")

    found = merged(program("constants", build))
    assert (found.verdict, found.states) == ("HOLDS", 2)


# -- values -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step",
    [
        lambda: AtomicReference(None).store([1]),
        lambda: AtomicReference(None).compare_and_swap(None, {}),
        lambda: Field(0).write([1]),
        lambda: Field([1]),
        lambda: SharedDict().__setitem__("a", []),
        lambda: SharedDict().__setitem__((1, []), 0),
        lambda: SharedDict([("a", [])]),
        lambda: SharedList().append({}),
        lambda: SharedList([[]]),
    ],
    ids=lambda step: "",
)
def test_a_mutable_value_in_a_cell_is_refused(step):
    with pytest.raises(SharedStateError, match="is mutable"):
        merged(program("refused", lambda s: s.thread(step, name="worker")))


class Publisher(Shared):
    """Hands itself out before it is finished."""

    def __init__(self, cell: AtomicReference[Any]) -> None:
        cell.store(self)
        self.value = 1


def test_an_object_that_publishes_itself_inside_its_own_init_is_named():
    def build(s: Setting) -> None:
        cell: AtomicReference[Any] = AtomicReference(None)
        s.thread(Publisher, cell, name="worker")

    assert "Publisher hands itself to other threads inside its own __init__" in refused_setting(build)


class Registered(Shared):
    """Puts itself into a list of its maker."""

    def __init__(self, registry: list[Any]) -> None:
        registry.append(self)


class Child(Shared):
    """Knows its parent."""

    def __init__(self, parent: Any) -> None:
        self.parent = parent


class Parent(Shared):
    """Makes a child that knows it."""

    def __init__(self) -> None:
        self.child = Child(self)


@pytest.mark.parametrize("make", [lambda: Registered([]), Parent], ids=["registered", "parent"])
def test_an_object_that_hands_itself_out_inside_its_own_init_where_a_thread_makes_it_is_named(make):
    def work(x: AtomicInt64) -> int:
        kept = make()
        x.load()
        return int(kept is None)

    with pytest.raises(SharedStateError, match=r"hands itself to something else inside its own __init__") as caught:
        merged(program("refused", lambda s: s.thread(work, AtomicInt64(0))))
    assert "thread makes it" in str(caught.value)


def test_the_set_up_may_make_objects_that_know_each_other():
    def build(s: Setting) -> None:
        parent = Parent()
        s.thread(lambda: parent.child.parent is parent, name="worker")

    found = merged(program("family", build))
    assert (found.verdict, [o[1] for o in found.outcomes]) == ("HOLDS", [(True,)])


def test_a_thread_that_returns_a_list_is_refused_in_every_world():
    from weft.search.naive import explore_naively

    scenario = program("list", lambda s: s.thread(lambda: [1], name="worker"))
    for search in (merged, explore_naively):
        with pytest.raises(UsageError, match="thread worker returned something mutable"):
            search(scenario)
