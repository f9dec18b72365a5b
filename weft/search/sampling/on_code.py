"""Runs on the real code, each from its set-up. For programs that the automata refuse, and to compare with."""

from __future__ import annotations

from collections.abc import Sequence

from weft.scenario import Scenario
from weft.search.replay import conclude
from weft.search.sampling.course import Access, World
from weft.worlds.controlled import Execution
from weft.worlds.ending import Ending


class Moment:
    """Where an execution is; a ``Point`` that is true until its next step."""

    __slots__ = ("_execution", "able")

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self.able = execution.enabled()

    @property
    def wants(self) -> Sequence[Access | None]:
        """See ``Point``."""
        requests = (thread.request for thread in self._execution.threads)
        return [None if request is None else Access(request.cell.tag, not request.kind.reads_only) for request in requests]


class OnCode:
    """A ``Course`` of real executions."""

    world: World = "code"

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._execution = Execution(scenario)
        self.names = tuple(self._execution.setting.names)
        self.letters = self._execution.setting.letters()

    def begin(self) -> Moment:
        """See ``Course``."""
        self._execution.close()
        self._execution = Execution(self._scenario)
        return Moment(self._execution)

    def step(self, thread: int) -> Moment:
        """See ``Course``."""
        self._execution.step(thread)
        return Moment(self._execution)

    def ending(self) -> Ending:
        """See ``Course``."""
        ended = conclude(self._execution)
        assert ended is not None
        return ended

    def after(self, thread: int) -> None:
        """See ``Course``."""

    def stuck_since(self, taken: Sequence[int]) -> None:
        """See ``Course``."""

    def close(self) -> None:
        """See ``Course``."""
        self._execution.close()
