"""A dask cluster of separate processes for measurements: on loopback, or in two network namespaces of this machine.

In the namespaces the scheduler, the coordinator and every other worker are on one side, the other workers on the other, and all
they say to each other goes through a pair of virtual interfaces, as between two machines. That needs root.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

_SIDES = ("weft-a", "weft-b")
_ADDRESS = "10.199.7.{}"
_START_SECONDS = 30.0


class Machines:
    """Scheduler and workers while they run.

    Args:
        folder: For logs and the workers' own files.
        namespaces: Whether to put them into two network namespaces.
        environment: More variables for the workers.
    """

    def __init__(self, folder: Path, *, namespaces: bool = False, environment: dict[str, str] | None = None) -> None:
        self._folder = folder
        self._environment = environment or {}
        self._sides = _SIDES if namespaces else ()
        self._host = _ADDRESS.format(1) if namespaces else "127.0.0.1"
        self._started = 0
        self._workers: list[subprocess.Popen[bytes]] = []
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Machines:
        if self._sides:
            self._make_namespaces()
        log = self._folder / "scheduler.log"
        self._scheduler = self.start(
            [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", self._host, "--port", "0", "--no-dashboard"], log=log
        )
        self.address = self._address_in(log)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        for process in (*self._workers, self._scheduler):
            process.kill()
            process.wait()
        for side in self._sides:
            subprocess.run(["ip", "netns", "del", side], check=False)

    def start(
        self, command: list[str], *, log: Path, side: int = 0, environment: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a process, on one side where there are two."""
        inside = ["ip", "netns", "exec", self._sides[side]] if self._sides else []
        with open(log, "ab") as output:
            return subprocess.Popen([*inside, *command], stdout=output, stderr=output, env={**os.environ, **(environment or {})})

    def join(self) -> None:
        """Start one more worker."""
        self._started += 1
        name = f"worker-{self._started}"
        side = self._started % 2
        host = _ADDRESS.format(1 + side) if self._sides else self._host
        command = [sys.executable, "-m", "distributed.cli.dask_worker", self.address, "--host", host, "--nthreads", "1"]
        command += ["--no-nanny", "--no-dashboard", "--memory-limit", "0", "--local-directory", str(self._folder / name)]
        self._workers.append(self.start(command, log=self._folder / f"{name}.log", side=side, environment=self._environment))

    def kill(self, chance: random.Random) -> None:
        """SIGKILL some worker."""
        victim = self._workers.pop(chance.randrange(len(self._workers)))
        victim.send_signal(signal.SIGKILL)
        victim.wait()

    def wait_for_workers(self, count: int) -> None:
        """Until so many have told the scheduler that they are there."""
        self._wait_until(lambda: self._log().count("Register worker") >= count, f"{count} workers")

    @property
    def workers(self) -> int:
        """How many were started and not killed."""
        return len(self._workers)

    def _log(self) -> str:
        return (self._folder / "scheduler.log").read_text() if (self._folder / "scheduler.log").exists() else ""

    def _address_in(self, log: Path) -> str:
        self._wait_until(lambda: "Scheduler at:" in self._log(), f"a scheduler; see {log}")
        return self._log().split("Scheduler at:")[1].split()[0]

    def _wait_until(self, there: Any, what: str) -> None:
        until = time.monotonic() + _START_SECONDS
        while not there():
            if time.monotonic() > until:
                raise RuntimeError(f"waited {_START_SECONDS:g} s for {what}")
            time.sleep(0.05)

    def _make_namespaces(self) -> None:
        one, other = _SIDES
        for side in _SIDES:
            subprocess.run(["ip", "netns", "del", side], check=False, stderr=subprocess.DEVNULL)
        lines = [f"netns add {one}", f"netns add {other}", f"link add {one} netns {one} type veth peer name {other} netns {other}"]
        for k, side in enumerate(_SIDES, 1):
            lines += [
                f"-n {side} addr add {_ADDRESS.format(k)}/24 dev {side}",
                f"-n {side} link set {side} up",
                f"-n {side} link set lo up",
            ]
        for line in lines:
            subprocess.run(["ip", *line.split()], check=True)
