"""Three threads on a lock, a reader/writer lock, a reference and a dictionary: a bit of everything to print."""

from weft import AtomicReference, Mutex, RWMutex, Setting, Shared, SharedDict, scenario


class Table(Shared):
    """A guarded table with a marker of its last writer."""

    def __init__(self) -> None:
        self.name = "table"
        self.lock = Mutex()
        self.gate = RWMutex()
        self.last: AtomicReference[str | None] = AtomicReference(None)
        self.rows: SharedDict[str, int] = SharedDict()

    def put(self, key: str, value: int) -> None:
        """Write a row."""
        with self.lock:
            self.rows[key] = value
            self.last.store(key)

    def newest(self) -> str | None:
        """Who wrote last."""
        with self.gate.reading():
            return self.last.load()


@scenario(why="every access to the rows is under the lock")
def guarded_table(s: Setting) -> None:
    table = Table()
    s.thread(table.put, "a", 1, name="alice")
    s.thread(table.put, "b", 2, name="bob")
    s.thread(table.newest, name="reader")
