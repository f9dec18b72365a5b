"""Two locks taken in opposite orders."""

from weft import Mutex, Setting, Shared, scenario


class Account(Shared):
    """Something with a lock of its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lock = Mutex()


@scenario(expect="VIOLATED", violates="deadlock", why="the two threads lock in opposite orders")
def opposite_orders(s: Setting) -> None:
    left, right = Account("left"), Account("right")

    def transfer(source: Account, target: Account) -> str:
        with source.lock, target.lock:
            return f"{source!r} to {target!r}"

    s.thread(transfer, left, right, name="payer")
    s.thread(transfer, right, left, name="refunder")
