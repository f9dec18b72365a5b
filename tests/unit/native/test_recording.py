"""py-spy where it works and where it does not: programs that answer as it was seen to, with their exit codes and words."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from weft.native.recording import Recorder, find_pyspy, told

EPERM = "Error: Failed to suspend process\nReason: EPERM: Operation not permitted"
CAPABILITIES = (
    "Error: Failed to get process executable name. Check that the process is running.\n"
    "Reason: Permission denied (os error 13)\nStack backtrace:\n   0: <unknown>\n   1: <unknown>"
)
NO_INTERPRETER = "Error: Failed to find a python interpreter in the .data section"


def fake(tmp_path: Path, *, fails: str, unless: str = "never", writes: bool = True, code: int = 1) -> Recorder:
    """A py-spy that fails with these words, unless it is given an option; its arguments are kept in ``calls``."""
    program = tmp_path / "py-spy"
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "from pathlib import Path\n"
        f"with open({str(tmp_path / 'calls')!r}, 'a') as calls: print(*sys.argv[1:], file=calls)\n"
        f"if {fails!r} and {unless!r} not in sys.argv:\n"
        f"    print({fails!r}, file=sys.stderr)\n"
        f"    sys.exit({code})\n"
        f"if {writes}: Path(sys.argv[sys.argv.index('--output') + 1]).write_text('samples')\n"
    )
    program.chmod(0o755)
    return Recorder(str(program), rate=50)


def calls(tmp_path: Path) -> list[str]:
    return (tmp_path / "calls").read_text().splitlines()


def test_where_it_works_it_is_run_once_as_the_parent(tmp_path: Path) -> None:
    recorder = fake(tmp_path, fails="")
    recorded = recorder.record(["python", "x.py"], tmp_path / "out", form="speedscope")
    assert (recorded.how, recorded.tried) == ("py-spy", ())
    (call,) = calls(tmp_path)
    assert call.startswith("record --format speedscope --rate 50 --idle --output ")
    assert call.endswith(" -- python x.py")


@pytest.mark.parametrize(("said", "in_short"), [(EPERM, "EPERM"), (CAPABILITIES, "os error 13")])
def test_where_stopping_is_forbidden_it_reads_without(tmp_path: Path, said: str, in_short: str) -> None:
    recorded = fake(tmp_path, fails=said, unless="--nonblocking").record(["x"], tmp_path / "out", form="speedscope")
    assert recorded.how == "py-spy --nonblocking"
    (tried,) = recorded.tried
    assert tried.startswith("py-spy: Error: Failed to ")
    assert in_short in tried
    assert "backtrace" not in tried
    assert len(calls(tmp_path)) == 2


def test_where_reading_is_forbidden_too_the_process_samples_itself(tmp_path: Path) -> None:
    recorded = fake(tmp_path, fails=EPERM).record(["x"], tmp_path / "out", form="speedscope")
    assert recorded.how == "in-process"
    assert [text.partition(":")[0] for text in recorded.tried] == ["py-spy", "py-spy --nonblocking"]


def test_where_the_interpreter_is_unknown_nonblocking_is_not_tried(tmp_path: Path) -> None:
    recorded = fake(tmp_path, fails=NO_INTERPRETER).record(["x"], tmp_path / "out", form="speedscope")
    assert (recorded.how, len(calls(tmp_path))) == ("in-process", 1)
    assert recorded.tried == (f"py-spy: {NO_INTERPRETER}",)


def test_an_exit_code_of_zero_without_samples_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("of an earlier run")
    recorded = fake(tmp_path, fails="", writes=False).record(["x"], tmp_path / "out", form="speedscope")
    assert recorded.how == "in-process"
    assert recorded.tried == ("py-spy: exit code 0, and no samples",)


def test_without_pyspy_it_says_how_to_have_it(tmp_path: Path) -> None:
    recorded = Recorder(None).record(["x"], tmp_path / "out", form="speedscope")
    assert recorded.how == "in-process"
    assert recorded.tried == ("py-spy is not installed (pip install 'weft[profile]')",)
    assert Recorder(None, wanted=False).record(["x"], tmp_path / "out", form="speedscope").tried == ()


def test_what_it_says_is_told_without_paths_and_progress() -> None:
    assert told("py-spy> Sampling process\nError: cannot open /usr/lib/x/file.so\n\n") == "Error: cannot open file.so"


def test_a_program_that_was_asked_for_is_the_one_used(tmp_path: Path) -> None:
    assert find_pyspy(str(tmp_path / "none")) is None
    assert find_pyspy(fake(tmp_path, fails="").pyspy) == str(tmp_path / "py-spy")
