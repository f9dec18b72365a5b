"""Values that a half-computed expression or statement keeps on the evaluation stack while a call in it takes a step.

See ``tests/programs/attacks.py`` for how an attack works.
"""

# Odd code is the subject here.
# ruff: noqa: B008, B904, C409, C416, F841, PIE800, PIE804, PLC3002, RUF015

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from tests.programs.attacks import Attack, assert_survives
from weft import AtomicInt64, Shared


def pack(*arguments, **named):
    return arguments, tuple(sorted(named.items()))


def left_of_a_sum(x, pause):
    return x.load() * 10 + pause.load()


def left_of_nested_arithmetic(x, pause):
    return (1 - x.load()) * (2 + (x.load() << pause.load()))


def first_argument(x, pause):
    return pack(x.load(), pause.load())


def keyword_argument(x, pause):
    return pack(a=x.load(), b=pause.load())


def star_argument(x, pause):
    return pack(*[x.load()], pause.load(), *(pause.load(),))


def double_star_argument(x, pause):
    return pack(**{"a": x.load()}, b=pause.load(), **{"c": pause.load()})


def callee_chosen_before_its_arguments(x, pause):
    return (str if x.load() else repr)(f"{pause.load()}")


def method_chosen_before_its_arguments(x, pause):
    return (5 + x.load()).__add__(pause.load())


def formatted_string(x, pause):
    return f"{x.load()}-{pause.load():0{pause.load() + 1}d}-{x.load()!r}"


def subscript_of_a_display(x, pause):
    return [x.load(), 7][pause.load()]


def slice_bounds(x, pause):
    return (1, 2, 3, 4)[x.load() : 3 + pause.load() : 1 + pause.load()]


def chained_comparison(x, pause):
    return 0 <= x.load() < 1 - pause.load() <= 1 + pause.load()


def membership_in_a_display(x, pause):
    return x.load() in (1, pause.load() + 5)


def conditional_expression(x, pause):
    return (x.load() or 5, pause.load() and 1, pause.load() or "x")


def list_display(x, pause):
    return tuple([x.load(), pause.load()])


def tuple_display_with_stars(x, pause):
    return (*[x.load()], pause.load(), *[pause.load()])


def set_display(x, pause):
    return frozenset({x.load(), pause.load() + 5})


def dict_display(x, pause):
    return tuple({x.load(): pause.load(), "k": pause.load()}.items())


def dict_display_with_stars(x, pause):
    return tuple({**{"a": x.load()}, "b": pause.load()}.items())


def walrus(x, pause):
    return (v := x.load()) + pause.load() + v


def starred_assignment(x, pause):
    first, *rest, last = x.load(), pause.load(), 3, pause.load()
    return first, tuple(rest), last


def augmented_assignment(x, pause):
    total = x.load()
    total += pause.load()
    return total


def augmented_subscript(x, pause):
    totals = [5, 6]
    totals[x.load()] += pause.load() + 1
    return tuple(totals)


def augmented_attribute(x, pause):
    class Box:
        pass

    boxes = [Box(), Box()]
    for box in boxes:
        box.value = 0
    boxes[x.load()].value += pause.load() + 1
    return tuple([box.value for box in boxes])


def swapped_targets(x, pause):
    a = [0, 0]
    a[x.load()], a[1 - pause.load()] = pause.load() + 1, 2
    return tuple(a)


def list_comprehension(x, pause):
    return tuple([c.load() for c in (x, pause, pause)])


def nested_comprehension(x, pause):
    return tuple([(a, b) for a in [x.load()] for b in [a + c.load() for c in (pause, pause)]])


def dict_comprehension(x, pause):
    return tuple({c is x: c.load() for c in (x, pause)}.items())


def comprehension_with_condition(x, pause):
    return tuple([c.load() for c in (x, pause, pause) if pause.load() == 0 if c.load() == 0])


def comprehension_hiding_an_outer_variable(x, pause):
    v = x.load()
    inner = [v for v in (pause.load(), pause.load())]
    return v, tuple(inner)


def for_loop(x, pause):
    total = 0
    for cell in [x, pause] if x.load() else [pause, pause, pause]:
        total = total * 2 + cell.load() + 1
    return total


def for_loop_over_a_range(x, pause):
    total = 0
    for k in range(x.load(), 3):
        total = total * 2 + k + 1 + pause.load()
    return total


def for_loop_over_a_string(x, pause):
    seen = ""
    for letter in "ab" if x.load() else "cd":
        seen += letter * (1 + pause.load())
    return seen


def for_loop_over_enumerate(x, pause):
    seen = []
    for k, v in enumerate("ab", x.load()):
        seen.append((k, v, pause.load()))
    return tuple(seen)


def for_loop_over_zip(x, pause):
    seen = []
    for a, b in zip([1, 2], [x.load(), 3], strict=True):
        seen.append((a, b, pause.load()))
    return tuple(seen)


def for_loop_over_reversed(x, pause):
    seen = []
    for v in reversed([x.load(), 5]):
        seen.append((v, pause.load()))
    return tuple(seen)


def for_loop_over_map_and_filter(x, pause):
    seen = []
    for v in filter(None, map((lambda v: v + 1) if x.load() else (lambda v: v + 2), [-1, 0])):
        seen.append((v, pause.load()))
    return tuple(seen)


def for_loop_with_else(x, pause):
    for v in (0, x.load()):
        if pause.load() or v:
            break
    else:
        return pause.load(), "none"
    return pause.load(), v


def nested_loops_with_continue_and_break(x, pause):
    seen = []
    for a in range(2):
        for b in (x.load(), 1):
            if pause.load() == b:
                continue
            if a:
                break
            seen.append((a, b))
    return tuple(seen)


def while_with_else(x, pause):
    left = x.load() + 1
    while left:
        left -= 1 + pause.load()
    else:
        left = 9
    return left, x.load()


class Holding:
    """A context manager that remembers a value in its ``__exit__``."""

    def __init__(self, value: int, log: list[Any], *, swallow: bool = False) -> None:
        self.value = value
        self.log = log
        self.swallow = swallow

    def __enter__(self) -> int:
        return 0

    def __exit__(self, kind: object, *_: object) -> bool:
        self.log.append((self.value, kind is not None))
        return self.swallow


def with_exit_that_remembers(x, pause):
    log: list[Any] = []
    with Holding(x.load(), log):
        pause.load()
    return tuple(log)


def nested_with_in_one_statement(x, pause):
    log: list[Any] = []
    with Holding(x.load(), log) as a, Holding(1 - x.load(), log):
        pause.load()
    return a, tuple(log)


def with_that_swallows_an_exception(x, pause):
    log: list[Any] = []
    with Holding(x.load(), log, swallow=True):
        pause.load()
        raise KeyError(x.load())
    return tuple(log)


def context_manager_from_a_generator(x, pause):
    @contextlib.contextmanager
    def holding(value):
        pause.load()
        try:
            yield value
        finally:
            pause.load()

    with holding(x.load()) as v:
        pause.load()
    return v


def suspended_in_the_exit_of_with_because_of_an_exception(x, pause):
    class Stepping:
        def __enter__(self):
            return None

        def __exit__(self, kind, error, trace):
            pause.load()
            return False

    try:
        with Stepping():
            raise KeyError(x.load())
    except KeyError as error:
        return error.args[0]


def exception_in_flight_through_finally(x, pause):
    try:
        try:
            raise KeyError(x.load())
        finally:
            pause.load()
    except KeyError as error:
        return error.args[0]


def return_value_held_by_finally(x, pause):
    try:
        return x.load()
    finally:
        pause.load()


def pending_jump_held_by_finally(x, pause):
    for k in range(2):
        try:
            if x.load() == k:
                continue
            break
        finally:
            pause.load()
    return k


def handled_exception_without_a_name(x, pause):
    import sys

    try:
        raise KeyError(x.load())
    except KeyError:
        pause.load()
        return sys.exc_info()[1].args[0]


def handled_exception_raised_again(x, pause):
    def attempt():
        try:
            raise KeyError(x.load())
        except KeyError:
            pause.load()
            raise

    try:
        attempt()
    except KeyError as error:
        return error.args[0]


def exception_raised_from_another(x, pause):
    try:
        try:
            raise KeyError(x.load())
        except KeyError:
            pause.load()
            raise ValueError
    except ValueError as error:
        pause.load()
        return error.__context__.args[0]


def nested_handlers(x, pause):
    try:
        raise KeyError(x.load())
    except KeyError:
        try:
            raise ValueError(pause.load())
        except ValueError as inner:
            pause.load()
            return inner.__context__.args[0]


def handled_exception_of_a_suspended_generator(x, pause):
    def failing():
        try:
            raise KeyError(x.load())
        except KeyError:
            yield 1
            raise

    running = failing()
    next(running)
    pause.load()
    try:
        next(running)
    except KeyError as error:
        return error.args[0]


def handled_exception_behind_a_generator_that_handles_one(x, pause):
    import sys

    def handling():
        try:
            raise KeyError(5)
        except KeyError:
            yield 1
            pause.load()
            yield 2

    running = handling()
    next(running)
    try:
        raise ValueError(x.load())
    except ValueError:
        next(running)
        return sys.exception().args[0]


def handled_exception_while_a_generator_runs(x, pause):
    import sys

    def stepping():
        yield pause.load()

    try:
        raise ValueError(x.load())
    except ValueError:
        for _ in stepping():
            pass
        return sys.exception().args[0]


def handled_exception_left_in_a_helper(x, pause):
    import sys

    def helper():
        pause.load()
        return sys.exception().args[0]

    try:
        raise ValueError(x.load())
    except ValueError:
        return helper()


def exception_group(x, pause):
    try:
        raise ExceptionGroup("two", [KeyError(x.load()), ValueError(1)])
    except* KeyError as errors:
        pause.load()
        seen = errors.exceptions[0].args[0]
    except* ValueError:
        pause.load()
    return seen


def rest_of_an_exception_group(x, pause):
    try:
        try:
            raise ExceptionGroup("two", [KeyError(1), ValueError(x.load())])
        except* KeyError:
            pause.load()
    except* ValueError as errors:
        seen = errors.exceptions[0].args[0]
    return seen


def match_subject(x, pause):
    match (x.load(), 5, [6]):
        case (a, b, [c]) if pause.load() == 1:
            return a, b, c
        case (0, *rest) if pause.load() == 0:
            return tuple(rest)[0]
        case (a, _, _):
            return a, pause.load()


def match_mapping(x, pause):
    match {"a": x.load(), "b": 2}:
        case {"a": v, **rest} if pause.load() == 0:
            return v, tuple(rest)


def match_class(x, pause):
    class Point:
        __match_args__ = ("v",)

        def __init__(self, v):
            self.v = v

    match Point(x.load()):
        case Point(0) if pause.load() == 1:
            return "never"
        case Point(v=v):
            pause.load()
            return v


def match_attribute_that_steps(x, pause):
    class Point:
        __match_args__ = ("a", "b")

        @property
        def a(self):
            return x.load()

        @property
        def b(self):
            return pause.load()

    match Point():
        case Point(a, b):
            return a, b


def assertion_message(x, pause):
    try:
        assert pause.load() + x.load() == 5, x.load() * 2 + pause.load()
    except AssertionError as error:
        return error.args


def default_arguments_of_a_nested_function(x, pause):
    def inner(a=x.load(), *, b=pause.load()):
        return a, b

    pause.load()
    return inner()


def decorator_and_class_body(x, pause):
    def keep(value, _):
        return lambda cls: (value, cls)

    @keep(x.load(), pause.load())
    class Inner:
        seen = pause.load()

    return Inner[0], Inner[1].seen


def class_body_variables(x, pause):
    class Inner:
        a = x.load()
        b = pause.load()

    return Inner.a, Inner.b


def lambda_in_a_call(x, pause):
    return (lambda v: v + pause.load())(x.load())


def recursion(x, pause):
    def down(k):
        return k if k == 2 else down(k + 1) * 10 + (x if k == 0 else pause).load()

    def first(k):
        return x.load() * 10 + (first(k - 1) if k else pause.load())

    return down(0), first(1)


def print_to_a_local_stream(x, pause):
    import io

    out = io.StringIO()
    print(x.load(), file=out)
    print(pause.load(), file=out)
    return out.getvalue()


class Base(Shared):
    """A shared object whose subclass reaches it through ``super()`` only."""

    def __init__(self, value: int) -> None:
        self.value = value

    def own(self) -> int:
        return self.value


class Derived(Base):
    """Does not mention ``self`` after its step: only ``super()`` needs it."""

    def own(self, pause: AtomicInt64 | None = None) -> int:
        pause.load()
        return super().own()

    def own_by_name(self, pause: AtomicInt64) -> int:
        pause.load()
        parent = super()
        return parent.own()


def self_reached_through_super(x, pause):
    return (Derived(5) if x.load() else Derived(6)).own(pause)


def self_reached_through_a_bare_super(x, pause):
    return (Derived(5) if x.load() else Derived(6)).own_by_name(pause)


def variable_read_by_name_only(x, pause):
    hidden = x.load()
    pause.load()
    return locals()["hidden"]


def variable_read_by_eval(x, pause):
    hidden = x.load()
    pause.load()
    return eval("hidden")


def variable_read_from_the_frame(x, pause):
    import inspect

    hidden = x.load()
    pause.load()
    return inspect.currentframe().f_locals["hidden"]


def deleted_variable(x, pause):
    value = 3
    if x.load():
        del value
    pause.load()
    try:
        return value
    except UnboundLocalError:
        return "unbound"


def deleted_closure_variable(x, pause):
    value = 3

    def look():
        try:
            return value
        except NameError:
            return "unbound"

    if x.load():
        del value
    pause.load()
    return look()


def executed_source(x, pause):
    namespace = {"x": x, "pause": pause}
    exec("a = x.load()\nb = pause.load()\nresult = (a, b)", namespace)
    return namespace["result"]


ATTACKS = tuple(
    value
    for value in list(globals().values())
    if getattr(value, "__code__", None) is not None and value.__code__.co_varnames[:2] == ("x", "pause")
)

MORE_OUTCOMES = {
    "formatted_string": 3,
    "left_of_nested_arithmetic": 3,
    "comprehension_with_condition": 3,
    "nested_with_in_one_statement": 3,
    "with_that_swallows_an_exception": 2,
    "while_with_else": 2,
    "recursion": 4,
    "assertion_message": 3,
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_value_on_the_stack_tells_local_states_apart(attack: Attack):
    assert_survives(attack, outcomes=MORE_OUTCOMES.get(attack.__name__, 2))
