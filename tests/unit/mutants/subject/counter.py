"""A stock of items under a lock, with a count beside it: something to break."""

from __future__ import annotations

from weft import AtomicInt64, Field, Mutex, Shared


class Stock(Shared):
    def __init__(self):
        self.name = "stock"
        self.mu = Mutex()
        self.items = Field(2)
        self.taken = AtomicInt64(0)

    def take(self):
        self.mu.lock()
        try:
            left = self.items.read()
            if left <= 0:
                return False
            self.items.write(left - 1)
        finally:
            self.mu.unlock()
        self.taken.add(1)
        return True

    def drain(self):
        while True:
            if not self.take():
                return


def never_called(stock):
    stock.taken.add(-1)
