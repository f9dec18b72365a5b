"""``weft check --cluster``: the cluster while it is searched on. Nothing of it is imported without the option."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from weft.cli.failures import complain

if TYPE_CHECKING:
    from weft.check.collect import Race
    from weft.cli.progress_line import Progress

MakeSearch = Callable[..., Callable[..., Any] | None]


@contextmanager
def on_cluster(address: str | None, given: dict[str, Any]) -> Iterator[MakeSearch]:
    """Something that makes the search of races on the cluster at ``address``; without one it makes nothing.

    Raises:
        UsageError: There is no cluster, or options do not fit.
    """
    if address is None:
        yield lambda races, watcher: None
        return
    _look_at(given)
    from weft.cluster.engine import connect
    from weft.cluster.explore import Spread
    from weft.cluster.races import check_each

    with ExitStack() as stack:
        stack.enter_context(_ended_by_sigterm())
        engine = connect(address)
        stack.callback(engine.close)
        engine.say = complain
        told: list[str] = []
        stack.callback(lambda: complain("\n".join(told)) if told else None)
        spread = Spread(engine, split_from=given["split_from"], say=told.append)

        def search(races: Sequence[Race], watcher: Progress) -> Callable[..., Any]:
            return partial(check_each, races, engine=engine, spread=spread, watcher=watcher)

        yield search


def _look_at(given: dict[str, Any]) -> None:
    """Refuse what does not go together."""
    import importlib.util

    from weft.errors import UsageError

    if importlib.util.find_spec("distributed") is None:
        raise UsageError("--cluster needs dask.distributed, which is not installed; pip install 'weft[cluster]'")
    if given["engine"] != "compiled":
        raise UsageError("--cluster is for the compiled engine; leave out --engine naive")
    if given["jobs"] not in (0, 1):
        raise UsageError("--cluster and -j: the cluster's workers search, one task a thread; leave out -j")
    if given["symmetry"] or given["sleep"]:
        raise UsageError("--cluster searches without --symmetry and --sleep, which need one process; leave them out")


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends a search like Ctrl-C does: what is done is kept, and saved where that is wanted."""
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
