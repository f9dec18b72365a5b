"""Doing tasks in processes of their own, several at once: each a fork of this one, with modules imported and races collected.

A task may do anything: replace functions, loop for ever, end its process. It sends what it finds bit by bit, so whatever becomes
of it, what came before is known. A task that uses more processor time than it may is ended by the kernel; how busy the machine is
makes no difference.

Choice a reader may question: a fork for each task, not a pool. A mutant must not be able to spoil the next one's answer.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Literal

Send = Callable[[Any], None]
Task = Callable[[Send], None]
End = Literal["finished", "too long", "died", "not run"]

REFRESH_SECONDS = 0.2


@dataclass(slots=True)
class Answer:
    """What a task sent, and how it ended. ``code`` is the exit code of its process, where that died."""

    sent: list[Any] = field(default_factory=list)
    end: End = "not run"
    code: int | None = None


Watch = Callable[[Sequence[int], int], None]
"""Called again and again with the numbers of the tasks that go on, and how many have answered."""


def do_each(
    tasks: Sequence[Task | None],
    *,
    jobs: int,
    cpu_seconds: int,
    watch: Watch,
    ended: Callable[[int, Answer], None] | None = None,
) -> list[Answer]:
    """Do ``tasks``, ``jobs`` at a time; one answer each, in their order. After Ctrl-C, what was sent until then.

    Args:
        tasks: What to do; each gets a function that sends a value that pickles. With ``None`` there is nothing to do.
        jobs: At most how many processes.
        cpu_seconds: How much processor time a task may use before it sends something, and between any two things.
        watch: For progress.
        ended: Called with the number and the answer of each task as it ends, and of those that Ctrl-C ends.
    """
    answers = [Answer(end="not run" if task else "finished") for task in tasks]
    running: dict[Connection, tuple[int, BaseProcess]] = {}
    waiting = deque((number, task) for number, task in enumerate(tasks) if task)
    try:
        with suppress(KeyboardInterrupt):
            while True:
                while waiting and len(running) < jobs:
                    number, task = waiting.popleft()
                    connection, process = _started(task, cpu_seconds)
                    running[connection] = (number, process)
                if not running:
                    return answers
                ready = wait(list(running), timeout=REFRESH_SECONDS)
                for connection in [each for each in running if each in ready]:
                    number, process = running[connection]
                    if not _received(connection, answers[number]):
                        _ended(process, answers[number])
                        del running[connection]
                        if ended is not None:
                            ended(number, answers[number])
                watch([number for number, _ in running.values()], sum(answer.end != "not run" for answer in answers))
    finally:
        for number, process in running.values():
            process.kill()
            process.join()
            if ended is not None:
                ended(number, answers[number])
    return answers


def _started(task: Task, cpu_seconds: int) -> tuple[Connection, BaseProcess]:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(task, ours, theirs, cpu_seconds), daemon=True)
    process.start()
    theirs.close()
    return ours, process


def _received(connection: Connection, answer: Answer) -> bool:
    """Take one value in; ``False`` at the end of them."""
    try:
        answer.sent.append(connection.recv())
    except EOFError:
        connection.close()
        return False
    return True


def _ended(process: BaseProcess, answer: Answer) -> None:
    process.join()
    answer.code = process.exitcode
    answer.end = "finished" if process.exitcode == 0 else "too long" if process.exitcode == -signal.SIGXCPU else "died"


def _child(task: Task, ours: Connection, theirs: Connection, cpu_seconds: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ours.close()
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def send(value: Any) -> None:
        theirs.send(value)
        _allow(cpu_seconds)

    _allow(cpu_seconds)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    task(send)


def _allow(cpu_seconds: int) -> None:
    """So much processor time from now on, and no more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + 1 + cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
