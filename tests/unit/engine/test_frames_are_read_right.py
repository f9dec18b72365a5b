"""What ``bytecode`` computes about a suspended frame is what ``peek`` finds there, on every interpreter and for a zoo of code.

- Where the interpreter has saved the depth of the stack, the computed one equals it.
- The values found below a pending call are those that the expression has computed so far.
- Leaving out dead locals changes no outcome.
"""

# Odd code is the subject here.
# ruff: noqa: B007, B008, B904, PIE804, PLC3002

from __future__ import annotations

import contextlib
import dis
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

import greenlet
import pytest

from tests.programs import gallery
from tests.programs.making import merged
from weft import Scenario
from weft.automaton import bytecode, local_state, peek
from weft.automaton.bytecode import waits

needs_frames = pytest.mark.skipif(not peek.AVAILABLE, reason="frames of this interpreter are not read")


class Probe:
    """Code under test calls ``pause``; whoever drives it looks at the frames meanwhile."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self._hub = greenlet.getcurrent()
        self._greenlet = greenlet.greenlet(work)

    def pause(self, value: Any = 0) -> Any:
        """Suspend the code under test; its call returns ``value``."""
        self._hub.switch()
        return value

    def frames(self) -> Iterator[list[FrameType]]:
        """The frames outside ``pause`` at each pause, innermost first, while they are suspended."""
        self._greenlet.switch(self.pause)
        while not self._greenlet.dead:
            frame, chain = self._greenlet.gr_frame.f_back, []
            while frame is not None:
                chain.append(frame)
                frame = frame.f_back
            yield chain
            self._greenlet.switch()


class Special:
    """Special methods that pause."""

    def __init__(self, pause):
        self.pause = pause

    def __enter__(self):
        return self.pause(1)

    def __exit__(self, *_):
        return bool(self.pause(True))

    def __add__(self, other):
        return self.pause(other)

    def __getitem__(self, key):
        return self.pause(key)

    def __call__(self, *arguments, **named):
        return self.pause(arguments)

    def __iter__(self):
        self.pause()
        return iter((1, 2))

    def __contains__(self, item):
        return self.pause(True)

    def __lt__(self, other):
        return self.pause(True)

    def __len__(self):
        return self.pause(2)

    def __format__(self, _):
        return self.pause("f")

    @property
    def value(self):
        return self.pause(3)


# -- the zoo: each calls pause() in the middle of something --------------------------------------------------------


def arithmetic(pause):
    return 1 + 2 * (3 - pause(4)) ** pause(1) // (5 if pause() else 6)


def calls(pause):
    return max(1, pause(2), *[pause(3)], key=lambda v: (v, pause())[0])


def keywords(pause):
    return dict(a=1, b=pause(), **{"c": pause()})


def subscripts(pause):
    held = {"a": [1, 2, 3]}
    held["a"][pause(0)] += pause(1)
    held["a"][pause(0) : pause(2)] = [pause(9)]
    del held["a"][pause(0)]
    return held


def displays(pause):
    return [1, pause(), *[pause()]], {2, pause()}, {3: pause(), 4: pause()}, (5, pause(), *(pause(),))


def strings(pause):
    return f"{pause()}-{1:{pause(3)}}-{pause()!r}" + "a" * pause()


def comparisons(pause):
    return 0 <= pause() < pause(5) != pause() in [pause()]


def loops(pause):
    total = 0
    for a in [1, 2]:
        for b, c in zip("ab", range(pause(2)), strict=False):
            if pause():
                continue
            total += a + c + pause()
        else:
            total -= pause(1)
    while pause(0):
        pass
    return total, b


def comprehensions(pause):
    return [a + pause() for a in (1, 2) if not pause()], {b: pause() for b in "a"}, {pause(c) for c in [3]}


def generators(pause):
    def inner():
        got = yield pause()
        try:
            yield from (pause(v) for v in range(2))
        finally:
            yield got, pause()

    return [1, *inner()], list(map(pause, [1])), sum(v for v in inner() if isinstance(v, int))


def unpacking(pause):
    def two():
        yield pause()
        yield pause()

    a, *b = (pause(), *two())
    c, d = two()
    return a, b, c, d


def exceptions(pause):
    try:
        try:
            raise KeyError(pause())
        except KeyError as error:
            pause()
            raise ValueError from error
        finally:
            pause()
    except (ValueError, TypeError):
        with contextlib.suppress(KeyError):
            pause()
            raise KeyError
        return pause()
    else:
        return pause()


def groups(pause):
    try:
        raise ExceptionGroup("g", [KeyError(pause()), ValueError()])
    except* KeyError:
        pause()
    except* ValueError as errors:
        pause(len(errors.exceptions))
    return pause()


def blocks(pause):
    special = Special(pause)
    with special as a, special, contextlib.nullcontext(pause()):
        pause()
        with special:
            raise KeyError(pause())
    return a


def special_methods(pause):
    special = Special(pause)
    shown = f"{special}{special:x}"
    return [special + 1, special[2], special(3, k=4), *special, 5 in special, special < special, len(special), special.value, shown]


def matches(pause):
    match (pause(), [1, pause()]):
        case (1, _) if pause():
            return 1
        case (a, [1, *rest]) if not pause():
            return a, rest, pause()


def functions(pause):
    cell = pause()

    def inner(a, b=pause(1), *c, d=pause(2), **e):
        nonlocal cell
        cell += pause(3)
        return (a, b, c, d, e, cell)

    return inner(0), (lambda v, w=pause(): v + w + pause())(1), inner(*[pause()], **{"z": pause()})


def classes(pause):
    class Inner(Special):
        a = pause(1)

        def __init__(self):
            super().__init__(pause)
            self.b = pause(2)

        def __getattr__(self, name):
            return pause(name)

    made = Inner()
    return made.a, made.b, made.c, made.value


def walrus_and_conditions(pause):
    return (a := pause(1)) and (pause() or a) and not pause() and (pause() if pause(1) else 2)


ZOO = (
    arithmetic,
    calls,
    keywords,
    subscripts,
    displays,
    strings,
    comparisons,
    loops,
    comprehensions,
    generators,
    unpacking,
    exceptions,
    groups,
    blocks,
    special_methods,
    matches,
    functions,
    classes,
    walrus_and_conditions,
)


@needs_frames
@pytest.mark.parametrize("work", ZOO, ids=lambda work: work.__name__)
def test_where_the_interpreter_saved_the_depth_it_is_the_computed_one(work):
    checked = 0
    for _ in range(3):  # the interpreter specialises code that it runs again
        for chain in Probe(work).frames():
            for frame in chain:
                facts, saved = waits(frame.f_code), peek.saved_depth(frame)
                if saved is None or frame.f_lasti not in facts.hidden:
                    continue
                assert facts.hidden[frame.f_lasti] == saved, f"{frame.f_code.co_qualname} at {frame.f_lasti}"
                assert len(peek.entries(frame, saved)) == peek.local_count(frame.f_code) + saved
                checked += 1
    assert checked >= 3


@needs_frames
@pytest.mark.parametrize("work", ZOO, ids=lambda work: work.__name__)
def test_locals_are_found_where_they_are(work):
    for chain in Probe(work).frames():
        for frame in chain:
            code = frame.f_code
            plain = {k: name for k, name in enumerate(code.co_varnames) if name not in code.co_cellvars}
            held = peek.entries(frame, 0)
            if code.co_flags & 1:
                seen = dict(frame.f_locals)
                for k, name in plain.items():
                    assert (held[k] is peek.NULL and name not in seen) or held[k] is seen[name]


@needs_frames
def test_the_values_below_a_pending_call_are_those_computed_so_far():
    def work(pause):
        return ["bottom", ("middle", pause(), {"top": pause()})]

    stacks = []
    for chain in Probe(work).frames():
        frame = chain[0]
        hidden = waits(frame.f_code).hidden[frame.f_lasti]
        stacks.append(peek.entries(frame, hidden)[peek.local_count(frame.f_code) :])
    assert stacks[0] == ["bottom", "middle"]
    assert stacks[1][:3] == ["bottom", "middle", 0]


@needs_frames
def test_frames_of_c_callers_and_of_python_callers_are_told_apart_by_the_saved_depth():
    def inner(pause):
        return pause()

    def work(pause):
        inner(pause)
        return sum(pause(v) for v in (1,))

    outer = [peek.saved_depth(chain[-1]) is None for chain in Probe(work).frames()]
    assert outer == [False, True]


def test_a_generator_argument_of_a_comprehension_has_the_stack_depth_of_its_start():
    code = next(c for c in work_with_generator.__code__.co_consts if isinstance(c, CodeType))
    yields = [i.offset for i in dis.get_instructions(code) if i.opname == "YIELD_VALUE"]
    assert all(waits(code).hidden[offset] >= 0 for offset in yields)


def work_with_generator():
    return (v for v in (1,))


def everything_is_live(code: CodeType, graph: Any) -> dict[int, frozenset[int]]:
    """A liveness analysis that finds nothing dead."""
    return {}


@needs_frames
@pytest.mark.parametrize("scenario", gallery.GALLERY, ids=lambda scenario: scenario.name)
def test_leaving_out_dead_locals_changes_no_outcome(scenario: Scenario, monkeypatch):
    with_liveness = merged(scenario)
    monkeypatch.setattr(bytecode, "_dead", everything_is_live)
    waits.cache_clear()
    try:
        without = merged(scenario)
    finally:
        waits.cache_clear()
    assert set(with_liveness.outcomes) == set(without.outcomes)
    assert with_liveness.interleavings == without.interleavings
    assert with_liveness.states <= without.states


def test_where_frames_cannot_be_read_histories_serve(monkeypatch):
    scenario = next(s for s in gallery.GALLERY if s.name == "objects_made_in_a_thread_and_published")
    before = merged(scenario)
    monkeypatch.setattr(local_state.peek, "AVAILABLE", False)
    without = merged(scenario)
    assert set(before.outcomes) == set(without.outcomes)
    assert before.interleavings == without.interleavings
    assert set(without.fallbacks) == {"this interpreter's frames cannot be read"}


def test_the_layout_is_known_on_the_interpreters_that_are_supported():
    if sys.implementation.name == "cpython" and sys.version_info[:2] in ((3, 11), (3, 12), (3, 13)):
        assert peek.layout_known() == peek.AVAILABLE
