"""The worker as its parent sees it: send operations, receive what the kernel answered."""

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import stress
from model import Operation
from stress.kernel.machine import READY, Executed


class Unavailable(Exception):
    """This machine does not let us make mount namespaces; the message says which call failed how."""


class KernelWorker:
    """A worker that runs until closed.

    Raises:
        Unavailable: the privilege is missing, or the system is not Linux.
    """

    def __init__(self) -> None:
        root = str(Path(stress.__file__).parents[1])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "stress.kernel.worker"],
            cwd=root,
            env={**os.environ, "PYTHONPATH": root},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us: the worker ends when we close it
        )
        greeting = self._receive()
        if greeting != READY:
            self.close()
            raise Unavailable(greeting)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def execute(self, operations: Sequence[Operation]) -> Executed:
        """Execute all of them in a machine that has one namespace, "init", on a tmpfs labelled "root"."""
        pipe = self._process.stdin
        if pipe is None:
            raise RuntimeError("the worker has no stdin")
        pickle.dump(tuple(operations), pipe)
        pipe.flush()
        answer = self._receive()
        if not isinstance(answer, Executed):
            raise RuntimeError(f"the worker could not execute {list(operations)!r}:\n{answer}")
        return answer

    def close(self) -> None:
        """End the worker."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()

    def _receive(self) -> object:
        pipe = self._process.stdout
        if pipe is None:
            raise RuntimeError("the worker has no stdout")
        try:
            return pickle.load(pipe)
        except EOFError:
            return f"the worker ended: {self._process.wait()}"
