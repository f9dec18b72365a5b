"""The engine: an existing dask.distributed cluster, or one started here. The only module that imports ``distributed``.

Every worker must run this version of weft on this version of Python, for states travel as numbers that only equal code reads
alike. One that does not is refused in one line: at the start with exit code 2, later by not using it.

An order is one dask task, pinned to its worker and named ``RACE-lane3-turn12-...``, as dask's dashboard shows it. Dask itself never
repeats one: when its worker is gone the coordinator gives the work to others.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import queue
import sys
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from distributed import Client, Future, LocalCluster
from distributed.core import rpc
from distributed.security import Security

from weft.cluster import lane
from weft.cluster.coordinator import Ticket
from weft.cluster.orders import Order
from weft.errors import EngineBug, UsageError, WeftError

CONNECT_SECONDS = 3.0
WORKERS_SECONDS = 15.0
"""How long to wait for the first worker."""

INLINE_BYTES = 100_000
"""A larger order goes to its worker by a way of its own, and not as part of the task."""

LOCAL = "local:"


def identity() -> dict[str, str]:
    """What must be equal on all workers, in words."""
    from weft.search import _kernel  # type: ignore[attr-defined]

    told = hashlib.sha256()
    folder = Path(__file__).parents[1]
    for file in sorted(file for file in folder.rglob("*") if file.suffix in (".py", ".c", ".h")):
        told.update(f"{file.relative_to(folder)}\n".encode() + file.read_bytes())
    return {
        "weft": version("weft"),
        "weft sources hashing to": told.hexdigest()[:12],
        "a compiled loop of interface": str(_kernel.INTERFACE),
        "CPython": f"{sys.version_info[0]}.{sys.version_info[1]} ({sys.byteorder}-endian)",
    }


def connect(address: str) -> Dask:
    """The cluster at ``tcp://HOST:PORT``, or ``local:N`` workers started here.

    Raises:
        UsageError: There is none, it has no workers, or they run something else.
    """
    for name in ("distributed", "distributed.client", "distributed.nanny", "distributed.core", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if address.startswith(LOCAL):
        count = address.removeprefix(LOCAL)
        if not count.isdigit() or not 1 <= int(count) <= 256:
            raise UsageError(f"--cluster {address!r}: expected local:N with N from 1 to 256, such as local:2")
        cluster = LocalCluster(
            n_workers=int(count),
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            memory_limit=0,
            silence_logs=logging.CRITICAL,
        )
        return Dask(Client(cluster, set_as_default=False), cluster)
    if "://" not in address:
        raise UsageError(f"--cluster {address!r}: expected tcp://HOST:PORT, the scheduler's address, or local:N")
    seen = asyncio.run(_who_is_at(address))
    if seen != "Scheduler":
        hint = "start one with `dask scheduler`, and workers with `dask worker`"
        raise UsageError(f"--cluster {address}: no dask scheduler answers there ({seen}); {hint}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dask compares its own versions, too
        return Dask(Client(address, timeout=CONNECT_SECONDS, set_as_default=False, name="weft"))


async def _who_is_at(address: str) -> str:
    """What kind of dask process answers at ``address``, or why none does."""
    try:
        async with rpc(address, timeout=CONNECT_SECONDS, connection_args=Security().get_connection_args("client")) as there:
            return str((await asyncio.wait_for(there.identity(), CONNECT_SECONDS)).get("type"))
    except (TimeoutError, OSError):
        return f"nobody within {CONNECT_SECONDS:g} s"
    except Exception as error:
        return f"something else: {type(error).__name__}"


@dataclass(eq=False, slots=True)
class _Task:
    """One that somebody waits for, as long as it stands under its ticket."""

    ticket: Ticket
    function: Callable[[Any], Any]
    argument: Any
    worker: str
    key: str
    apart: bool
    future: Future | None = None
    answer: Any = None


class Dask:
    """An engine for ``coordinator.Coordinator``.

    Attributes:
        client: For tasks of other kinds.
        say: Told in one line what users should know.
    """

    def __init__(self, client: Client, cluster: LocalCluster | None = None) -> None:
        self.client = client
        self._cluster = cluster
        self._identity = identity()
        self._fit: set[str] = set()
        self._refused: set[str] = set()
        self._tasks: dict[Ticket, _Task] = {}
        self._done: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        self.say: Callable[[str], None] = lambda line: None
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        until = time.monotonic() + WORKERS_SECONDS
        while not (there := self.client.nthreads()):
            if time.monotonic() > until:
                raise UsageError("the cluster has no workers; start some with `dask worker tcp://HOST:PORT --nthreads 1`")
            time.sleep(0.1)
        wrong = self._examine(list(there))
        if wrong:
            raise UsageError(next(iter(wrong.values())))
        self._choose_way(next(iter(there)))

    def _choose_way(self, worker: str) -> None:
        """Talk to workers directly if that is possible, and through the scheduler otherwise."""
        try:
            self.client.scatter(0, workers=[worker], direct=True, hash=False, timeout=3)
            self.client.direct_to_workers = True
        except Exception:
            self.client.direct_to_workers = False

    def _examine(self, workers: list[str]) -> dict[str, str]:
        """Why workers cannot be used, for those that cannot."""
        if not workers:
            return {}
        try:
            told = self.client.run(identity, workers=workers, on_error="return")
        except Exception as error:
            told = dict.fromkeys(workers, error)
        wrong = {}
        for worker in workers:
            answer = told.get(worker)
            if answer is None or isinstance(answer, OSError):
                continue  # gone again; asked once more when it is back
            if isinstance(answer, Exception):
                wrong[worker] = f"worker {worker} cannot run weft ({answer!s}); install the same version there"
                continue
            different = [
                f"{what} {answer.get(what)}, here {here}" for what, here in self._identity.items() if answer.get(what) != here
            ]
            if different:
                wrong[worker] = f"worker {worker} runs {different[0]}; install the same version there"
            else:
                self._fit.add(worker)
        return wrong

    def workers(self) -> dict[str, int]:
        """See ``Engine``."""
        try:
            there: dict[str, int] = self.client.nthreads()
        except Exception:  # the scheduler is away
            return {}
        for worker, reason in self._examine([one for one in there if one not in self._fit | self._refused]).items():
            self._refused.add(worker)
            self.say(f"{reason}; it is not used")
        self._fit &= there.keys()
        return {worker: tasks for worker, tasks in there.items() if worker in self._fit}

    def submit(self, worker: str, order: Order) -> None:
        """See ``Engine``."""
        large = sum(len(batch.packed) for batch in order.batches) + sum(map(len, order.load)) > INLINE_BYTES
        name, _, search = order.search.rpartition("-")
        key = f"{name}-lane{order.lane}-turn{order.turn}-{search}"
        self.start((order.lane, order.turn), lane.work, order, worker=worker, key=key, apart=large)

    def start(
        self, ticket: Ticket, function: Callable[[Any], Any], argument: Any, *, worker: str, key: str, apart: bool = False
    ) -> None:
        """Have ``worker`` call ``function``; the argument goes there ``apart`` from the task where it is large."""
        task = _Task(ticket, function, argument, worker, key, apart)
        self._tasks[ticket] = task
        threading.Thread(target=self._bring, args=[task], name=key, daemon=True).start()

    def _bring(self, task: _Task) -> None:
        """In a thread of its own: wait for an answer. It may never come, if the worker dies when it has it."""
        where = [task.worker]
        try:
            sent = self.client.scatter(task.argument, workers=where, hash=False) if task.apart else task.argument
            task.argument = None
            task.future = self.client.submit(task.function, sent, key=task.key, workers=where, pure=False, retries=0)
            if self._tasks.get(task.ticket) is task:
                task.answer = task.future.result()
        except Exception as error:
            if task.future is not None and task.future.status == "error" and _came_from_code(error):
                task.answer = error
        except BaseException:  # dask cancelled it
            task.answer = None
        self._done.put(task)

    def finished(self, seconds: float) -> list[tuple[Ticket, Any]]:
        """See ``Engine``."""
        found: list[tuple[Ticket, Any]] = []
        with contextlib.suppress(queue.Empty):
            task = self._done.get(timeout=seconds)
            while True:
                if self._tasks.get(task.ticket) is task:
                    del self._tasks[task.ticket]
                    found.append((task.ticket, _checked(task.answer)))
                task = self._done.get_nowait()
        return found

    def abandon(self, ticket: Ticket) -> None:
        """See ``Engine``."""
        task = self._tasks.pop(ticket, None)
        if task is not None and task.future is not None:
            with contextlib.suppress(Exception):
                task.future.cancel()

    def forget(self, search: str) -> None:
        """See ``Engine``."""
        with contextlib.suppress(Exception):
            self.client.run(lane.forget, search, on_error="ignore", wait=False)

    def close(self) -> None:
        """Leave the cluster; one started here ends."""
        with contextlib.suppress(Exception):
            self.client.close(timeout=2)
        if self._cluster is not None:
            with contextlib.suppress(Exception):
                self._cluster.close(timeout=5)


def _came_from_code(error: Exception) -> bool:
    """Whether the called function raised ``error``, and not dask when the worker died."""
    return isinstance(error, WeftError) or type(error).__module__ == "builtins"


def _checked(answer: Any) -> Any:
    """An answer; ``None`` if there is none.

    Raises:
        WeftError: It is an error that would come again.
    """
    if isinstance(answer, MemoryError):
        raise WeftError("a worker ran out of memory; add workers, or search with --reduce")
    if isinstance(answer, WeftError):
        raise answer
    if isinstance(answer, Exception):
        raise EngineBug(f"a worker raised {type(answer).__name__}: {answer}")
    return answer
