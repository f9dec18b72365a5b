"""A race with many interleavings, for limits and Ctrl-C, and a slow one."""

from weft import AtomicInt64, Setting, scenario


def _add_often(counter: AtomicInt64, times: int) -> None:
    for _ in range(times):
        counter.add(1)


@scenario(why="nothing is checked")
def many_steps(s: Setting) -> None:
    counters = tuple(AtomicInt64() for _ in range(5))
    for k, counter in enumerate(counters):
        s.thread(_add_often, counter, 14, name=f"worker-{k}")


@scenario(why="nothing is checked", slow=True)
def slow_one(s: Setting) -> None:
    s.thread(AtomicInt64().load, name="reader")
