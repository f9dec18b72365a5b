"""One race searched on a worker, in a process of its own that runs nothing but races of one ``weft check``.

A worker of a cluster lives for days; what it has imported stays imported. So races are imported in a child that is started for each
run of ``weft check`` (and worker thread), and ends with it, or with the worker. A race may end its process, too: then the child is
what is lost.

Before anything is imported, the project's files are compared with those of the coordinator: equal relative paths must have
equal content.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from weft.errors import UsageError

_LENGTH = struct.Struct("<Q")
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Errand:
    """What to do.

    Attributes:
        run: Which ``weft check`` it is for.
        folder: Its current folder; the worker's own one is taken where there is none of that name.
        files: A hash for each file of the project that was imported there, by relative path.
        name: ``FILE::RACE``.
        plan: How to search; its ``max_states`` is what the race may take before it is split.
        record: What to keep of the answer.
    """

    run: str
    folder: str
    files: dict[str, str]
    name: str
    plan: Any
    record: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of it.

    Attributes:
        record: The answer, unless the child died.
        stopped_by: The limit that ended the search, if one did.
        died: The child's exit code, or minus the signal.
    """

    record: Any = None
    stopped_by: str = ""
    died: int | None = None


def hashes(files: list[str]) -> dict[str, str]:
    """A hash of each file, by relative path; "none" for a file that is not there."""
    return {file: hashlib.sha256(Path(file).read_bytes()).hexdigest()[:12] if Path(file).is_file() else "none" for file in files}


def project_files() -> list[str]:
    """Source files imported from under the current folder, virtual environments and weft itself apart."""
    here, weft = Path.cwd(), Path(__file__).parents[1]
    files = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
    paths = [Path(file) for file in files if file.endswith(".py")]
    return sorted(
        str(path.relative_to(here))
        for path in paths
        if path.is_relative_to(here) and not path.is_relative_to(weft) and not path.is_relative_to(Path(sys.prefix))
    )


# On the worker.

_children: dict[int, _Child] = {}
"""By thread of the worker."""


def run(errand: Errand) -> Brought:
    """Have it done by this thread's child."""
    thread = threading.get_ident()
    child = _children.get(thread)
    if child is None or child.run != errand.run or child.process.poll() is not None:
        if child is not None:
            child.end()
        child = _children[thread] = _Child(errand.run, errand.folder)
    return child.ask(errand)


def end_children(run: str) -> None:
    """Let the children of this worker that serve ``run`` end, whatever they are doing."""
    for thread, child in list(_children.items()):
        if child.run == run:
            del _children[thread]
            child.end()


class _Child:
    def __init__(self, run: str, folder: str) -> None:
        self.run = run
        here = folder if os.path.isdir(folder) else None
        self.process = subprocess.Popen(
            [sys.executable, "-m", "weft.cluster.errand"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=here
        )

    def ask(self, errand: Errand) -> Brought:
        process = self.process
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            _write(process.stdin, errand)
        answer = _read(process.stdout)
        if answer is None:
            return Brought(died=process.wait())
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Brought)
        return answer

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError, ValueError):
                pipe.close()  # type: ignore[union-attr]


def _write(stream: IO[bytes], thing: Any) -> None:
    content = pickle.dumps(thing)
    stream.write(_LENGTH.pack(len(content)) + content)
    stream.flush()


def _read(stream: IO[bytes]) -> Any:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    return pickle.loads(stream.read(length))


# In the child.


def _search(errand: Errand) -> Brought:
    here = hashes(list(errand.files))
    for file, expected in errand.files.items():
        if here[file] != expected:
            what = "is not there" if here[file] == "none" else "differs from the coordinator's"
            raise UsageError(f"on {os.uname().nodename} the file {file} {what} ({os.getcwd()}); bring the workers up to date")
    from weft.check.collect import collect
    from weft.check.run import check

    [checked] = check(collect([errand.name]), errand.plan)
    found = checked.exploration
    return Brought(errand.record(checked), "" if found is None or found.violations else found.stopped_by)


def _end_with_parent() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


def main() -> None:
    """Serve errands from standard input until it ends. What races print goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while (errand := _read(sys.stdin.buffer)) is not None:
        try:
            answer: Any = _search(errand)
        except Exception as error:
            answer = error
        _write(answers, answer)


if __name__ == "__main__":
    from weft.cluster.errand import main as serve  # so that classes have the names they are pickled by

    serve()
