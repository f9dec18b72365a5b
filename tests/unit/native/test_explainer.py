"""Explanations of histories against trying all orders, and against the monitor that the search runs."""

from __future__ import annotations

from functools import reduce
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from weft.cells.monitor import Explanations, Inexplicable, Invoke, Monitor, Respond
from weft.native.explainer import Explainer

OPERATIONS = st.sampled_from(["add", "take", "get", ("set", 1), ("set", 2), "reset"])
RESULTS = st.sampled_from([0, 1, 2, 3, None, "EMPTY"])


def model(state: int, operation: Any) -> tuple[int, Any]:
    """A counter that cannot go below zero: calls that change it, read it, fail, and change it or not with one result."""
    match operation:
        case "add":
            return state + 1, state + 1
        case "take":
            return (state - 1, state - 1) if state else (state, "EMPTY")
        case "get":
            return state, state
        case ("set", value):
            return value, None
    return 0, None


def allowances(state: int, operation: Any, overlapping: tuple[Any, ...]) -> list[tuple[int, Any]]:
    """A take may fail while a set is under way."""
    return [(state, "EMPTY")] if operation == "take" and any(type(other) is tuple for other in overlapping) else []


def counting_twice(state: int, operation: Any, overlapping: tuple[Any, ...]) -> list[tuple[int, Any]]:
    """An add may count twice while a reset is under way."""
    return [(state + 2, state + 1)] if operation == "add" and "reset" in overlapping else []


@st.composite
def histories(draw: st.DrawFn, threads: int = 3, calls: int = 5) -> list[tuple[int, Any]]:
    """Complete histories: beginnings and ends in any order, results often right."""
    events: list[tuple[int, Any]] = []
    under_way: dict[int, Any] = {}
    begun, guess = 0, 0
    while begun < calls or under_way:
        free = [t for t in range(threads) if t not in under_way] if begun < calls else []
        thread = draw(st.sampled_from([*free, *under_way]))
        if thread in under_way:
            guess, result = model(guess, under_way.pop(thread))
            events.append((thread, Respond(draw(RESULTS) if draw(st.integers(0, 5)) == 0 else result)))
        else:
            begun += 1
            under_way[thread] = draw(OPERATIONS)
            events.append((thread, Invoke(under_way[thread])))
    return events


def by_brute_force(events: list[tuple[int, Any]]) -> set[int]:
    """The final states of all orders that respect real time and give the results."""
    calls: list[tuple[int, int, Any, Any]] = []
    open_calls: dict[int, tuple[int, Any]] = {}
    for position, (thread, event) in enumerate(events):
        if isinstance(event, Invoke):
            open_calls[thread] = position, event.operation
        else:
            began, operation = open_calls.pop(thread)
            calls.append((began, position, operation, event.result))
    ends = set()
    for order in permutations(calls):
        if any(later[1] < earlier[0] for k, earlier in enumerate(order) for later in order[k + 1 :]):
            continue
        state: int | None = 0
        for _, _, operation, result in order:
            state, given_back = model(state, operation)
            if given_back != result:
                state = None
                break
        if state is not None:
            ends.add(state)
    return ends


def followed(explainer: Explainer, events: list[tuple[int, Any]]) -> frozenset[int]:
    for thread, event in events:
        if explainer.advance(thread, event) is not None:
            return frozenset()
    return explainer.states()


@given(histories())
@settings(deadline=None, max_examples=400, derandomize=True)
def test_it_finds_the_final_states_that_trying_all_orders_finds(events: list[tuple[int, Any]]) -> None:
    assert followed(Explainer(Monitor(0, model), [0]), events) == by_brute_force(events)


@given(histories(threads=4, calls=7))
@settings(deadline=None, max_examples=300, derandomize=True)
def test_it_agrees_with_the_monitor_also_where_overlapping_calls_may_do_more(events: list[tuple[int, Any]]) -> None:
    monitor = Monitor(0, model, allowances)
    value = reduce(lambda value, event: monitor.advance(value, event[0], (event[1],)), events, monitor.value)
    expected = frozenset(c.state for c in value.configurations) if isinstance(value, Explanations) else frozenset()
    assert followed(Explainer(monitor, [0]), events) == expected


def test_both_kinds_of_history_are_among_those_tried() -> None:
    """One call reads what the other has not written, and then one that does."""
    overlapping = [(0, Invoke("add")), (1, Invoke("get")), (1, Respond(1)), (0, Respond(1))]
    assert followed(Explainer(Monitor(0, model), [0]), overlapping) == {1}
    after = [(0, Invoke("add")), (0, Respond(1)), (1, Invoke("get")), (1, Respond(0))]
    assert followed(Explainer(Monitor(0, model), [0]), after) == frozenset()


def test_an_allowance_lasts_until_the_overlapping_call_has_returned() -> None:
    """Zero where the add came before the reset."""
    begun = [(0, Invoke("add")), (1, Invoke("reset"))]
    while_it_lasts = [*begun, (1, Respond(None)), (0, Respond(1))]  # reset, then an add that counts twice before reset returns
    assert followed(Explainer(Monitor(0, model, counting_twice), [0]), while_it_lasts) == {0, 1, 2}
    too_late = [(1, Invoke("reset")), (1, Respond(None)), (0, Invoke("add")), (0, Respond(1))]
    assert followed(Explainer(Monitor(0, model, counting_twice), [0]), too_late) == {1}


def test_a_call_that_cannot_be_explained_is_told_with_what_was_allowed() -> None:
    explainer = Explainer(Monitor(0, model), [0])
    for thread, event in [(0, Invoke("add")), (1, Invoke("get"))]:
        assert explainer.advance(thread, event) is None
    wrong = explainer.advance(1, Respond(7))
    assert isinstance(wrong, Inexplicable)
    assert (wrong.thread, wrong.call, wrong.allowed) == (1, "'get' = 7", ("'get' = 0", "'get' = 1"))


def test_forgetting_at_a_rest_keeps_the_states(monkeypatch: Any) -> None:
    monkeypatch.setattr("weft.native.explainer.MOST_KEPT", 0)
    explainer = Explainer(Monitor(0, model), [0])
    assert followed(explainer, [(0, Invoke("add")), (0, Respond(1))]) == {1}
    explainer.rest()
    assert explainer.states() == {1}
    assert followed(explainer, [(0, Invoke("get")), (0, Respond(1))]) == {1}
