"""One race for each kind of violation, said to hold, so that checking it prints what a user sees when a build is red."""

from weft import (
    AtomicBool,
    AtomicInt64,
    Field,
    Mutex,
    Results,
    RWMutex,
    Setting,
    Shared,
    SharedList,
    require,
    scenario,
)
from weft.cells.cell import Cell
from weft.cells.effects import Kind
from weft.scenario import Taken


class Account(Shared):
    """Two balances and a lock."""

    def __init__(self) -> None:
        self.name = "account"
        self.lock = Mutex()
        self.credit = AtomicInt64(0)
        self.debit = AtomicInt64(0)
        self.note = Field("")


@scenario(why="every transfer is added")
def lost_update(s: Setting) -> None:
    account = Account()

    def deposit() -> None:
        account.credit.store(account.credit.load() + 1)

    s.thread(deposit, name="alice")
    s.thread(deposit, name="bob")

    @s.final
    def both_deposits_count(_: Results) -> None:
        require(account.credit.load() == 2, f"credit is {account.credit.load()}, expected 2")


@scenario(why="the two balances are changed together")
def broken_invariant(s: Setting) -> None:
    account = Account()

    def transfer() -> None:
        account.credit.add(1)
        account.debit.add(1)

    s.thread(transfer, name="alice")
    s.thread(account.credit.load, name="bystander")

    @s.invariant
    def balanced() -> None:
        require(account.credit.load() == account.debit.load(), "credit and debit differ")


@scenario(why="a counter's add returns each number once")
def not_linearizable(s: Setting) -> None:
    account = Account()
    history = s.linearizable(0, lambda state, _: (state + 1, state + 1), say=lambda operation, result: f"{operation}() = {result}")

    def add() -> int:
        seen = account.credit.load()
        account.credit.store(seen + 1)
        return seen + 1

    for name in ("alice", "bob"):
        s.thread(history.call, "add", add, name=name)


@scenario(why="the note is written under the lock")
def data_race(s: Setting) -> None:
    account = Account()

    def write() -> None:
        with account.lock:
            account.note.write("paid")

    s.thread(write, name="writer")
    s.thread(account.note.read, name="reader")


@scenario(why="locks are taken in one order")
def deadlock(s: Setting) -> None:
    left, right = Mutex(), RWMutex()

    def reader() -> None:
        with left, right.reading():
            pass

    def writer() -> None:
        with right.writing(), left:
            pass

    s.thread(reader)
    s.thread(writer)


@scenario(why="each waits for the other to be done")
def livelock(s: Setting) -> None:
    wants = (AtomicBool(), AtomicBool())

    def enter(mine: int) -> None:
        wants[mine].store(True)
        while wants[1 - mine].load():
            pass
        wants[mine].store(False)

    s.thread(enter, 0, name="alice")
    s.thread(enter, 1, name="bob")


@scenario(why="locks are taken in one order")
def lock_order(s: Setting) -> None:
    left, right = Mutex(), Mutex()
    here, there = AtomicBool(), AtomicBool()

    def work(own: AtomicBool, others: AtomicBool, first: Mutex, second: Mutex) -> None:
        own.store(True)
        with first:
            if not others.load():
                with second:
                    pass

    s.thread(work, here, there, left, right, name="forwards")
    s.thread(work, there, here, right, left, name="backwards")


@scenario(why="nobody writes under the lock")
def broken_lock_rule(s: Setting) -> None:
    account = Account()

    def slow() -> None:
        with account.lock:
            account.note.read()
            account.note.write("late")

    s.thread(slow)

    @s.never_while_holding(account.lock)
    def write_a_note(cell: Cell, kind: Kind, _: object) -> bool:
        return cell is account.note and kind.name == "write"


@scenario(why="the lock is always given back")
def held_at_return(s: Setting) -> None:
    account = Account()

    def forgetful() -> int:
        account.lock.lock()
        if account.credit.load():
            return 1
        account.lock.unlock()
        return 0

    s.thread(forgetful)
    s.thread(account.credit.store, 1, name="payer")


@scenario(why="somebody finds the lock taken")
def never_reached(s: Setting) -> None:
    account = Account()
    s.thread(account.lock.is_locked, name="only")

    @s.sometimes
    def the_lock_is_taken(taken: Taken) -> bool:
        return taken.kind == "is_locked" and taken.result is True


@scenario(why="an item that was counted is there")
def exception_in_a_thread(s: Setting) -> None:
    items: SharedList[int] = SharedList([7])
    lock = Mutex()

    def take() -> int:
        with lock:
            there = len(items)
        if there:
            with lock:
                return items.pop()
        return 0

    s.thread(take, name="alice")
    s.thread(take, name="bob")


@scenario(why="each reference is dropped once")
def double_release(s: Setting) -> None:
    references = AtomicInt64(2)

    def drop() -> None:
        left = references.add(-1)
        require(left >= 0, f"dropped a reference that nobody held: {left} left")

    def drop_twice_if_alone() -> None:
        if references.load() == 1:
            drop()
        drop()

    s.thread(drop, name="alice")
    s.thread(drop_twice_if_alone, name="bob")


@scenario(why="every reference is dropped")
def leak(s: Setting) -> None:
    references, closing = AtomicInt64(1), AtomicBool()

    def opener() -> str:
        if closing.load():
            return "refused"
        references.add(1)
        if closing.load():
            return "too late"
        references.add(-1)
        return "done"

    def closer() -> None:
        closing.store(True)
        references.add(-1)

    s.thread(opener)
    s.thread(closer)

    @s.final
    def nothing_is_left(results: Results) -> None:
        require(references.load() == 0, f"{references.load()} references left, opener {results['opener']}")


@scenario(why="whoever unlocks holds the lock")
def stray_unlock(s: Setting) -> None:
    account = Account()

    def stray() -> None:
        account.lock.try_lock()
        account.lock.unlock()

    def worker() -> None:
        account.lock.lock()
        account.credit.add(1)
        account.lock.unlock()

    s.thread(worker)
    s.thread(stray)


@scenario(why="the flag is raised before anybody looks")
def long_with_bystanders(s: Setting) -> None:
    ready, noise, more = AtomicBool(), AtomicInt64(0), AtomicInt64(0)

    def looker() -> bool:
        for _ in range(9):
            noise.add(1)
        seen = ready.load()
        for _ in range(9):
            noise.add(1)
        return seen

    def raiser() -> None:
        ready.store(True)
        more.add(1)

    s.thread(looker)
    s.thread(raiser)
    s.thread(more.load, name="bystander")

    @s.final
    def it_was_seen(results: Results) -> None:
        require(results["looker"], "the looker came before the flag")
