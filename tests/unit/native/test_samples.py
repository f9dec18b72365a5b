"""Samples: parsed from what py-spy writes, taken from inside the process, written and read again."""

from __future__ import annotations

import json
import threading
from collections import Counter
from pathlib import Path

import pytest

from weft.errors import UsageError
from weft.native import workers
from weft.native.samples import Frame, InProcess, Samples, read, write

WORK = Frame("Workers._work", workers.__file__, 90)
A, B = Frame("a", "impl/a.py", 1), Frame("b", "impl/b.py", 2)


def speedscope(**profile: object) -> dict[str, object]:
    """As py-spy 0.4.3 writes it, cut to what matters."""
    frames = [{"name": f.function, "file": f.file, "line": f.line, "col": None} for f in (WORK, A, B)]
    base = {"type": "sampled", "name": 'Thread 22227 "thread-1"', "unit": "seconds", "samples": [], "weights": []}
    return {"shared": {"frames": frames}, "profiles": [{**base, **profile}]}


def parsed(tmp_path: Path, document: object) -> Samples:
    file = tmp_path / "samples.json"
    file.write_text(json.dumps(document))
    return read(file)


def test_equal_stacks_of_a_thread_are_added_up(tmp_path: Path) -> None:
    found = parsed(tmp_path, speedscope(samples=[[0, 1], [0, 1], [0, 2]], weights=[0.01, 0.02, 0.04]))
    assert set(found.by_thread) == {"thread-1"}
    assert found.by_thread["thread-1"] == pytest.approx({(WORK, A): 0.03, (WORK, B): 0.04})


def test_units_are_honoured(tmp_path: Path) -> None:
    found = parsed(tmp_path, speedscope(samples=[[1]], weights=[250], unit="milliseconds"))
    assert found.by_thread["thread-1"][(A,)] == pytest.approx(0.25)


def test_a_worker_whose_name_pyspy_missed_is_the_one_that_is_missing(tmp_path: Path) -> None:
    document = speedscope(name='Thread 1 ""', samples=[[0, 1], [2]], weights=[1, 1])
    document["profiles"] += speedscope(samples=[[0, 2]], weights=[1])["profiles"]  # type: ignore[operator]
    found = parsed(tmp_path, document).of(["thread-0", "thread-1"])
    assert found.by_thread == {"thread-0": {(WORK, A): 1.0}, "thread-1": {(WORK, B): 1.0}}  # the main thread, [2], is none of them


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"shared": {"frames": []}, "profiles": [{"name": "x"}]}', json.dumps(speedscope(samples=[[7]], weights=[1]))],
)
def test_what_is_no_speedscope_file_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "samples.json"
    file.write_text(content)
    with pytest.raises(UsageError, match=r"samples\.json is no speedscope file"):
        read(file)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    samples = Samples({"one": Counter({(WORK, A): 2.0, (B,): 0.5}), "two": Counter({(WORK,): 1.0})})
    file = tmp_path / "samples.json"
    write(file, samples, exporter="test")
    assert read(file) == samples


def test_a_process_samples_its_other_threads() -> None:
    over, begun = threading.Event(), threading.Event()

    def waits_in_here() -> None:
        begun.set()
        over.wait()

    thread = threading.Thread(target=waits_in_here, name="the one")
    thread.start()
    begun.wait()
    with InProcess(rate=500) as sampler:
        while not sampler.samples.by_thread.get("the one"):
            pass
    over.set()
    thread.join()
    assert "sampler" not in sampler.samples.by_thread
    assert all("waits_in_here" in [frame.function for frame in stack] for stack in sampler.samples.by_thread["the one"])
