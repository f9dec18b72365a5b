"""Small scenarios over all kinds of cells and much of Python, each small enough for the naive search.

Two or three threads, at most a dozen steps. What they do makes little sense; together they use every primitive and every construct
that thread code is likely to contain.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from tests.programs.making import program
from weft import (
    INT64_MAX,
    AtomicBool,
    AtomicInt64,
    AtomicReference,
    AtomicUint32,
    Field,
    Mutex,
    Results,
    RWMutex,
    Scenario,
    SeqCount,
    Setting,
    Shared,
    SharedDict,
    SharedList,
    SharedSet,
    require,
)

GALLERY: list[Scenario] = []
"""All scenarios of this module."""

Build = Callable[[Setting], None]


def shown(build: Build) -> Build:
    """Put ``build`` into the gallery, with data races ignored."""
    GALLERY.append(program(build.__name__, build))
    return build


def shown_with_data_races(build: Build) -> Build:
    """Put ``build`` into the gallery, with data races reported."""
    GALLERY.append(program(build.__name__, build, data_races=True))
    return build


# -- cells --------------------------------------------------------------------------------------------------------


@shown
def int64_wraps_around(s: Setting) -> None:
    x = AtomicInt64(INT64_MAX)
    s.thread(lambda: (x.add(1), x.or_(3), x.and_(6)), name="changer")
    s.thread(lambda: (x.exchange(5), x.compare_and_swap(7, 8)), name="swapper")
    s.observe(lambda _: x.load())


@shown
def uint32_wraps_around(s: Setting) -> None:
    x = AtomicUint32(0)
    s.thread(lambda: (x.add(-1), x.and_(0xFF)), name="first")
    s.thread(lambda: (x.or_(1 << 31), x.compare_and_swap(1 << 31, 1), x.load()), name="second")


@shown
def booleans(s: Setting) -> None:
    flag, other = AtomicBool(False), AtomicBool(True)

    def raise_flag() -> bool:
        flag.store(True)
        return other.exchange(False)

    s.thread(raise_flag)
    s.thread(lambda: (flag.load() and other.compare_and_swap(True, True), other.load()), name="look")


@shown
def reference_to_values_of_many_types(s: Setting) -> None:
    held: AtomicReference[Any] = AtomicReference(None)

    def put() -> None:
        for value in (1, True, "1", (1, "a"), frozenset({3, 1})):
            held.store(value)

    s.thread(put)
    s.thread(lambda: (held.compare_and_swap(1, 1.0), held.load()), name="look")


@shown
def frozen_sets_come_out_in_one_order(s: Setting) -> None:
    held: AtomicReference[frozenset[int]] = AtomicReference(frozenset())
    s.thread(held.store, frozenset([0, 8, 16]), name="first")
    s.thread(held.store, frozenset([16, 8, 0]), name="second")
    s.thread(lambda: tuple(held.load()), name="look")


@shown
def mutex_with_try_lock(s: Setting) -> None:
    mutex, x = Mutex(), AtomicInt64(0)

    def patient() -> None:
        with mutex:
            x.add(1)

    def impatient() -> str:
        if not mutex.try_lock():
            return "busy"
        try:
            return f"got {x.add(10)}"
        finally:
            mutex.unlock()

    s.thread(patient)
    s.thread(impatient)


@shown
def mutex_misused_in_some_orders(s: Setting) -> None:
    mutex, x = Mutex(), AtomicInt64(0)

    def locker() -> None:
        mutex.lock()
        x.store(1)
        mutex.unlock()

    def confused() -> None:
        if x.load():
            mutex.unlock()

    s.thread(locker)
    s.thread(confused)


@shown
def deadlock_in_some_orders(s: Setting) -> None:
    a, b, x = Mutex(), Mutex(), AtomicInt64(0)

    def nested(outer: Mutex, inner: Mutex) -> int:
        with outer, inner:
            return x.add(1)

    s.thread(nested, a, b, name="first")
    s.thread(nested, b, a, name="second")


@shown
def writer_preference(s: Setting) -> None:
    """A reader that comes while a writer waits queues behind it."""
    lock, log = RWMutex(), SharedList()

    def reader(name: str) -> None:
        lock.read_lock()
        log.append(name)
        lock.read_unlock()

    def writer() -> None:
        lock.write_lock()
        log.append("w")
        lock.write_unlock()

    s.thread(reader, "r", name="reader")
    s.thread(writer)
    s.thread(reader, "s", name="second")
    s.observe(lambda _: log.items())


@shown
def two_writers_and_a_reader(s: Setting) -> None:
    lock, x = RWMutex(), Field(0)

    def write(value: int) -> None:
        with lock.writing():
            x.write(x.read() * 2 + value)

    def read() -> int:
        with lock.reading():
            return x.read()

    s.thread(write, 1, name="first")
    s.thread(write, 2, name="second")
    s.thread(read)


@shown
def read_lock_taken_twice_deadlocks_with_a_writer_between(s: Setting) -> None:
    lock = RWMutex()

    def twice() -> None:
        lock.read_lock()
        lock.read_lock()
        lock.read_unlock()
        lock.read_unlock()

    def writer() -> None:
        lock.write_lock()
        lock.write_unlock()

    s.thread(writer)
    s.thread(twice)


@shown
def sequence_counter_with_torn_reads(s: Setting) -> None:
    epoch, a, b = SeqCount(), AtomicInt64(0), AtomicInt64(0)

    def write() -> None:
        epoch.begin_write()
        a.store(1)
        b.store(1)
        epoch.end_write()

    def read() -> tuple[int, int] | None:
        began = epoch.begin_read()
        seen = a.load(), b.load()
        return seen if epoch.read_ok(began) else None

    s.thread(write)
    s.thread(read)

    @s.final
    def never_torn(results: Results) -> None:
        require(results["read"] in (None, (0, 0), (1, 1)), f"torn: {results['read']}")


@shown
def nested_write_sections_in_some_orders(s: Setting) -> None:
    epoch = SeqCount()

    def write() -> None:
        epoch.begin_write()
        epoch.end_write()

    s.thread(write, name="first")
    s.thread(write, name="second")


@shown_with_data_races
def fields_that_race(s: Setting) -> None:
    x = Field(0)
    s.thread(lambda: x.write(x.read() + 1), name="first")
    s.thread(x.read, name="second")


@shown_with_data_races
def fields_that_a_lock_orders(s: Setting) -> None:
    x, mutex = Field(0), Mutex()

    def add() -> int:
        with mutex:
            x.write(x.read() + 1)
            return x.read()

    s.thread(add, name="first")
    s.thread(add, name="second")


@shown
def shared_dictionary(s: Setting) -> None:
    d: SharedDict[Any, Any] = SharedDict([("a", 1)])

    def change() -> Any:
        d["b"] = 2
        del d["a"]
        return d.pop("c", "none")

    def look() -> Any:
        try:
            return d["a"], "b" in d
        except KeyError as error:
            return error.args

    s.thread(change)
    s.thread(look)
    s.observe(lambda _: d.items())


@shown
def shared_dictionary_with_mixed_keys(s: Setting) -> None:
    d: SharedDict[Any, Any] = SharedDict()
    s.thread(lambda: (d.__setitem__(1, "int"), d.__setitem__(True, "bool")), name="first")
    s.thread(lambda: (d.__setitem__("1", "str"), tuple(d), len(d)), name="second")


@shown
def shared_set(s: Setting) -> None:
    members: SharedSet[int] = SharedSet([3])
    s.thread(lambda: (members.add(1), members.discard(3), members.add(1)), name="first")
    s.thread(lambda: (1 in members, tuple(members), len(members)), name="second")


@shown
def shared_list(s: Setting) -> None:
    items: SharedList[int] = SharedList([1, 2])

    def pop_all() -> tuple[int, ...]:
        taken = []
        with contextlib.suppress(IndexError):
            for _ in range(3):
                taken.append(items.pop())
        return tuple(taken)

    def push() -> int:
        items.append(3)
        items[0] = 9
        return len(items)

    s.thread(pop_all)
    s.thread(push)


# -- Python -------------------------------------------------------------------------------------------------------


@shown
def loop_that_retries_a_bounded_number_of_times(s: Setting) -> None:
    x = AtomicInt64(0)

    def add() -> int:
        for attempt in range(3):
            old = x.load()
            if x.compare_and_swap(old, old + 1):
                return attempt
        else:
            return -1

    s.thread(add, name="first")
    s.thread(add, name="second")


@shown
def exceptions_handled_and_raised_again(s: Setting) -> None:
    x = AtomicInt64(0)

    def risky() -> str:
        try:
            try:
                if x.load() == 1:
                    raise KeyError("one")
                return "fine"
            except KeyError as error:
                x.add(1)
                raise ValueError(*error.args) from error
            finally:
                x.add(1)
        except ValueError as error:
            return f"{error.args[0]} {x.load()} {type(error.__cause__).__name__}"

    s.thread(risky)
    s.thread(x.store, 1, name="writer")


@shown
def exception_that_nobody_handles(s: Setting) -> None:
    x = AtomicInt64(0)

    def risky() -> int:
        return 6 // x.load()

    s.thread(risky)
    s.thread(x.store, 2, name="writer")


@shown
def generators_that_step(s: Setting) -> None:
    x, y = AtomicInt64(0), AtomicInt64(0)

    def values() -> Iterator[int]:
        for cell in (x, y):
            yield cell.load()
        yield from (cell.load() + 10 for cell in (y, x))

    def work() -> tuple[int, ...]:
        seen = []
        for value in values():
            seen.append(value)
        return tuple(seen)

    s.thread(work)
    s.thread(lambda: (x.store(1), y.store(1)), name="writer")


@shown
def context_manager_written_as_a_generator(s: Setting) -> None:
    x = AtomicInt64(0)

    @contextlib.contextmanager
    def counted() -> Iterator[int]:
        x.add(1)
        try:
            yield x.load()
        finally:
            x.add(-1)

    def work() -> int:
        with counted() as seen:
            return seen * 10 + x.load()

    s.thread(work, name="first")
    s.thread(work, name="second")


@shown
def closures_that_count(s: Setting) -> None:
    x = AtomicInt64(0)

    def counter() -> tuple[Callable[[], None], Callable[[], int]]:
        n = 0

        def up() -> None:
            nonlocal n
            n += x.load() + 1

        return up, lambda: n

    def work() -> int:
        up, total = counter()
        up()
        up()
        return total()

    s.thread(work)
    s.thread(x.store, 1, name="writer")


@shown
def comprehensions_and_recursion(s: Setting) -> None:
    x = AtomicInt64(0)

    def depth(left: int) -> int:
        return x.load() + (depth(left - 1) * 2 if left else 0)

    def work() -> tuple[Any, ...]:
        return tuple([v * 2 + x.load() for v in range(2)]), {k: x.load() for k in "a"}["a"], depth(1)

    s.thread(work)
    s.thread(x.store, 1, name="writer")


class Account:
    """A plain object of one thread, with properties and special methods that step."""

    def __init__(self, cell: AtomicInt64) -> None:
        self.cell = cell
        self.seen: list[int] = [cell.load()]

    @property
    def balance(self) -> int:
        self.seen.append(self.cell.load())
        return self.seen[-1]

    @balance.setter
    def balance(self, value: int) -> None:
        self.cell.store(value)

    def __iadd__(self, delta: int) -> Account:
        self.balance = self.balance + delta
        return self

    def __len__(self) -> int:
        return self.cell.load()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Account) and len(self) == len(other)

    __hash__ = None  # type: ignore[assignment]


@shown
def classes_with_properties_and_special_methods(s: Setting) -> None:
    x = AtomicInt64(0)

    def work() -> tuple[Any, ...]:
        account = Account(x)
        account += 2
        return account == account, tuple(account.seen)

    s.thread(work)
    s.thread(x.store, 5, name="writer")


@shown
def aliased_lists_and_dictionaries(s: Setting) -> None:
    x = AtomicInt64(0)

    def work() -> tuple[Any, ...]:
        row = [x.load()]
        table = {"a": row, "b": row if row[0] else list(row)}
        table["a"].append(x.load())
        x.add(1)
        return tuple(table["b"]), table["a"] is table["b"]

    s.thread(work)
    s.thread(x.store, 1, name="writer")


@shown
def match_and_walrus(s: Setting) -> None:
    x = AtomicInt64(0)

    def work() -> Any:
        match (x.load(), x.load()):
            case (0, 0):
                return "none"
            case (0, last) if (now := x.load()) == last:
                return last, now
            case [first, *rest]:
                return first, tuple(rest), x.load()

    s.thread(work)
    s.thread(lambda: (x.add(1), x.add(1)), name="writer")


class Cell2(Shared):
    """Two cells and what the maker saw."""

    def __init__(self, seen: int) -> None:
        self.seen = seen
        self.lock = Mutex()
        self.value = Field(seen)

    def bump(self) -> int:
        with self.lock:
            self.value.write(self.value.read() + 1)
            return self.value.read()


@shown
def objects_made_in_a_thread_and_published(s: Setting) -> None:
    head: AtomicReference[Cell2 | None] = AtomicReference(None)
    x = AtomicInt64(0)

    def make() -> int:
        made = Cell2(x.load())
        head.store(made)
        return made.bump()

    def use() -> Any:
        found = head.load()
        return None if found is None else (found.seen, found.bump(), head.load() is found)

    s.thread(make)
    s.thread(use)
    s.thread(x.store, 1, name="writer")


@shown
def stack_of_nodes_made_in_threads(s: Setting) -> None:
    class Node(Shared):
        def __init__(self, value: int, following: Node | None) -> None:
            self.value = value
            self.following = following

    top: AtomicReference[Node | None] = AtomicReference(None)

    def push(value: int) -> bool:
        old = top.load()
        return top.compare_and_swap(old, Node(value, old))

    def drain(_: Results) -> tuple[int, ...]:
        values, node = [], top.load()
        while node is not None:
            values.append(node.value)
            node = node.following
        return tuple(values)

    s.thread(push, 1, name="first")
    s.thread(push, 2, name="second")
    s.thread(push, 3, name="third")
    s.observe(drain)


class Snapshot(Shared):
    """Its ``__init__`` steps."""

    def __init__(self, x: AtomicInt64) -> None:
        self.first = x.load()
        self.own = AtomicInt64(self.first)
        self.second = x.load()


@shown
def steps_inside_init_of_objects_that_threads_make(s: Setting) -> None:
    x = AtomicInt64(0)
    shelf: SharedList[Snapshot] = SharedList()

    def make() -> tuple[int, int]:
        snapshot = Snapshot(x)
        shelf.append(snapshot)
        return snapshot.first, snapshot.second

    s.thread(make)
    s.thread(lambda: (x.add(1), len(shelf) and shelf[0].own.add(5)), name="writer")


@shown
def shared_objects_as_keys_and_members(s: Setting) -> None:
    class Mount(Shared):
        def __init__(self, name: str) -> None:
            self.name = name

    a, b = Mount("a"), Mount("b")
    owners: SharedDict[Mount, str] = SharedDict()
    members: SharedSet[Mount] = SharedSet()

    def enter(mount: Mount) -> tuple[Any, ...]:
        owners[mount] = mount.name
        members.add(mount)
        local = {m: k for k, m in enumerate(members)}
        return tuple(local)

    s.thread(enter, a, name="first")
    s.thread(enter, b, name="second")
    s.observe(lambda _: owners.items())


@shown
def object_replaced_by_an_equal_one(s: Setting) -> None:
    """Two objects with equal attributes are two objects: the ABA problem without the reuse."""

    class Box(Shared):
        def __init__(self) -> None:
            self.value = 1

    first = Box()
    held: AtomicReference[Box] = AtomicReference(first)

    def swap() -> bool:
        old = held.load()
        return held.compare_and_swap(old, Box())

    s.thread(swap, name="one")
    s.thread(swap, name="two")
    s.observe(lambda _: held.load() is first)


@shown
def copies_of_shared_containers(s: Setting) -> None:
    items: SharedList[int] = SharedList([1])
    s.thread(lambda: (tuple(sorted(items)), *items, len(items)), name="copier")
    s.thread(lambda: (items.append(0), items.append(2)), name="writer")


@shown
def early_exits_out_of_nested_blocks(s: Setting) -> None:
    mutex, x = Mutex(), AtomicInt64(0)

    def work() -> str:
        for k in range(2):
            with mutex:
                try:
                    if x.load() == k:
                        continue
                    if k:
                        break
                    return "out"
                finally:
                    x.add(1)
        return f"end {x.load()}"

    s.thread(work)
    s.thread(x.add, 1, name="other")


@shown
def three_threads_hand_over(s: Setting) -> None:
    turn, log = AtomicInt64(0), SharedList()

    def step(mine: int) -> bool:
        if turn.compare_and_swap(mine, mine + 1):
            log.append(mine)
            return True
        return False

    for k in range(3):
        s.thread(step, k, name="abc"[k])
    s.observe(lambda _: log.items())


@shown
def final_check_that_fails_in_some_orders(s: Setting) -> None:
    x = AtomicInt64(0)
    s.thread(lambda: x.store(x.load() + 1), name="first")
    s.thread(lambda: x.store(x.load() + 1), name="second")

    @s.final
    def two(_: Results) -> None:
        require(x.load() == 2, f"x is {x.load()}")
