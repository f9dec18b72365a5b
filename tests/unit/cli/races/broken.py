"""A thread that raises, and one that unlocks what it does not hold."""

from weft import AtomicReference, Mutex, Setting, scenario


@scenario(expect="VIOLATED", violates="exception:ValueError", why="the reader does not expect an empty box")
def raising(s: Setting) -> None:
    box: AtomicReference[str | None] = AtomicReference("full")

    def empty() -> None:
        box.store(None)

    def read() -> str:
        seen = box.load()
        if seen is None:
            raise ValueError("the box is empty")
        return seen

    s.thread(empty)
    s.thread(read)


@scenario(expect="VIOLATED", violates="misuse:unlock-not-held", why="the lock may be another thread's, or free")
def stray_unlock(s: Setting) -> None:
    lock = Mutex()

    def work() -> None:
        with lock:
            pass

    s.thread(work)
    s.thread(lock.unlock, name="stray")
