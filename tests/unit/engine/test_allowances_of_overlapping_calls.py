"""What a call may do while others overlap it, it may do until they have returned, also when they have taken effect."""

from __future__ import annotations

from weft.cells.monitor import Explanations, Inexplicable, Invoke, Monitor, Respond, Rest


def step(state: int, operation: str) -> tuple[int, object]:
    """A counter that ``add`` raises; ``take`` wants one."""
    if operation == "add":
        return state + 1, "ok"
    return (state - 1, "ok") if state else (state, "empty")


def busy(state: int, operation: str, overlapping: tuple[str, ...]):
    """Taking may be busy, if there is something and somebody adds."""
    return [(state, "busy")] if operation == "take" and state and "add" in overlapping else []


def after(monitor: Monitor, *events: tuple[int, object]) -> object:
    value = monitor.value
    for thread, event in events:
        value = monitor.advance(value, thread, [event])
    return value


OVERLAPPING = ((0, Invoke("add")), (1, Invoke("take")), (0, Respond("ok")), (1, Respond("busy")))
ONE_AFTER_THE_OTHER = ((0, Invoke("add")), (0, Respond("ok")), (1, Invoke("take")), (1, Respond("busy")))


def test_an_allowance_holds_until_the_other_call_has_returned() -> None:
    value = after(Monitor(0, step, busy), *OVERLAPPING)
    assert isinstance(value, Explanations)
    assert {c.state for c in value.configurations} == {1}


def test_and_not_a_step_longer() -> None:
    assert isinstance(after(Monitor(0, step, busy), *ONE_AFTER_THE_OTHER), Inexplicable)
    assert isinstance(after(Monitor(0, step), *OVERLAPPING), Inexplicable)


def in_two_steps(state: int, operation: str, overlapping: tuple[str, ...]):
    """Adding two may be one now and one later."""
    return [(state + 1, Rest("add"))] if operation == "add two" and overlapping else []


def step_of_two(state: int, operation: str) -> tuple[int, object]:
    return (state + 2, "ok") if operation == "add two" else (state, state) if operation == "look" else step(state, operation)


def test_a_call_may_leave_a_rest_for_a_later_instant() -> None:
    looks = ((0, Invoke("add two")), (1, Invoke("look")), (1, Respond(1)), (0, Respond("ok")))
    value = after(Monitor(0, step_of_two, in_two_steps), *looks)
    assert isinstance(value, Explanations)
    assert {c.state for c in value.configurations} == {2}
    assert isinstance(after(Monitor(0, step_of_two), *looks), Inexplicable)
