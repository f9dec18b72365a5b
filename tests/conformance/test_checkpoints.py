"""A search that is saved and taken up again ends with the counts of one that was not."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from stress.bench.miniature import race
from tests.programs.making import slugs
from weft import AtomicInt64, Scenario, Setting, UsageError, scenario
from weft.search import compiled_loop, crew
from weft.search.budget import Budget
from weft.search.checkpoint import Checkpoint, checkpoint_of
from weft.search.exhaustive import explore
from weft.search.pulse import LookAhead
from weft.search.reduction import ALL, NONE, Reduction
from weft.search.result import Exploration

pytestmark = pytest.mark.skipif(
    not compiled_loop.AVAILABLE, reason="the compiled loop was not built: no C compiler at installation"
)


def counts(found: Exploration) -> tuple[object, ...]:
    return (
        (found.verdict, found.states, found.transitions, found.finals, found.nodes, found.executions, found.passes),
        found.interleavings,
        sorted(found.outcomes, key=repr),
        [(v.slug, v.schedule) for v in found.violations],
    )


def checkpoint(folder: Path, options: str = "none") -> Checkpoint:
    return checkpoint_of(folder, "a race", {"options": options}, resume=True)


def in_pieces(
    scenario: Scenario, folder: Path, *, piece: int, reduction: Reduction = NONE, cores: int = 1
) -> tuple[Exploration, int]:
    """Search with a limit that moves up by ``piece`` states each time; the last result, and in how many pieces."""
    for k in range(1, 1_000):
        found = explore(
            scenario,
            stop_at_first=False,
            reduction=reduction,
            cores=cores,
            budget=Budget(max_states=k * piece),
            checkpoint=checkpoint(folder),
        )
        if not found.stopped_by:
            return found, k
    raise AssertionError


@pytest.mark.parametrize("reduction", [NONE, ALL], ids=["full", "reduced"])
@pytest.mark.parametrize(("word", "piece"), [("wu", 40), ("wwu", 300), ("wuu", 900)])
def test_pieces_count_what_the_whole_counts(tmp_path: Path, word: str, piece: int, reduction: Reduction) -> None:
    whole = explore(race(word), stop_at_first=False, reduction=reduction)
    found, pieces = in_pieces(race(word), tmp_path, piece=piece, reduction=reduction)
    assert counts(found) == counts(whole)
    assert pieces > 2
    assert not list(tmp_path.iterdir()), "a search that has ended leaves no checkpoint"


def test_pieces_on_several_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_loop, "SHARED_FROM", 1)
    monkeypatch.setattr(compiled_loop, "QUOTA", 5)
    monkeypatch.setattr(crew, "QUOTA", 40)
    whole = explore(race("wuu"), stop_at_first=False)
    found, pieces = in_pieces(race("wuu"), tmp_path, piece=1_500, cores=3)
    assert (found.states, found.transitions, found.finals) == (whole.states, whole.transitions, whole.finals)
    assert set(found.outcomes) == set(whole.outcomes)
    assert pieces > 4


def test_outcomes_and_violations_of_earlier_pieces_are_kept(tmp_path: Path) -> None:
    @scenario(expect="VIOLATED", violates="assertion:first", why="")
    def lost_update(s: Setting) -> None:
        counter, noise = AtomicInt64(0), AtomicInt64(0)

        def first() -> None:
            counter.add(1)
            assert counter.load() == 1

        s.thread(first, name="first")
        s.thread(lambda: counter.add(1), name="second")
        s.thread(lambda: [noise.add(1) for _ in range(30)] and None, name="third")

    whole = explore(lost_update, stop_at_first=False)
    found, pieces = in_pieces(lost_update, tmp_path, piece=20)
    assert counts(found) == counts(whole)
    assert slugs(found) == {"assertion:first"}
    assert pieces > 4


def test_other_options_are_refused(tmp_path: Path) -> None:
    explore(race("wu"), budget=Budget(max_states=50), checkpoint=checkpoint(tmp_path))
    with pytest.raises(UsageError, match="was saved with options none, now it is reduced; delete it to begin anew"):
        explore(race("wu"), checkpoint=checkpoint(tmp_path, "reduced"))


def test_other_code_is_refused(tmp_path: Path) -> None:
    explore(race("wu"), budget=Budget(max_states=50), checkpoint=checkpoint(tmp_path))
    with pytest.raises(UsageError, match="the code does other steps than when it was saved"):
        explore(race("uw"), checkpoint=checkpoint(tmp_path))


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    checkpoint(tmp_path).file.write_bytes(b"nonsense")
    with pytest.raises(UsageError, match="is not a checkpoint of this version"):
        explore(race("wu"), checkpoint=checkpoint(tmp_path))


@pytest.fixture
def python_hears_ctrl_c() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals arrive in the main thread only")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("python_hears_ctrl_c")
@pytest.mark.parametrize("cores", [1, 2])
def test_ctrl_c_saves_and_resume_goes_on(tmp_path: Path, cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_loop, "SHARED_FROM", 1_000)
    monkeypatch.setattr(compiled_loop, "QUOTA", 1_000)
    monkeypatch.setattr(crew, "QUOTA", 1_000)
    pressed = []

    def press(states: int, _transitions: int, _seconds: float, _ahead: LookAhead | None = None) -> None:
        if states > 3_000 and not pressed:
            pressed.append(states)
            signal.raise_signal(signal.SIGINT)

    cut = explore(race("wwu"), cores=cores, pulse=press, checkpoint=checkpoint(tmp_path))
    assert (cut.verdict, cut.stopped_by) == ("INCONCLUSIVE", "Ctrl-C")
    assert 3_000 < cut.states < 6_071
    assert len(list(tmp_path.iterdir())) == 1
    found = explore(race("wwu"), cores=cores, checkpoint=checkpoint(tmp_path))
    assert (found.verdict, found.states, found.transitions, found.finals) == ("HOLDS", 6_071, 15_996, 5)
