from tests.unit.mutants.subject.counter import Stock
from weft import Edit, NotPlanted, Planted

SPLIT = Planted(
    slug="split",
    source="a textbook",
    what="the count is read and written in two steps",
    function=Stock.take,
    change=Edit("self.taken.add(1)", "self.taken.store(self.taken.load() + 1)"),
    race="two_takers",
    check="final:both_are_counted",
)

UNLOCKED = Planted(
    slug="unlocked",
    source="a textbook",
    what="nobody locks",
    function=Stock.take,
    change=Edit(
        """
        self.mu.lock()
        try:
            left = self.items.read()
            if left <= 0:
                return False
            self.items.write(left - 1)
        finally:
            self.mu.unlock()
        """,
        """
        left = self.items.read()
        if left <= 0:
            return False
        self.items.write(left - 1)
        """,
    ),
    race="two_takers",
    check="data-race:",
)


def _for_ever(self):
    while True:
        pass


ENDLESS = Planted(
    slug="endless", source="a textbook", what="a loop without steps", function=Stock.drain, change=_for_ever, race="one_drainer"
)

HARMLESS = Planted(
    slug="harmless",
    source="nowhere",
    what="an empty stock is recognised otherwise",
    function=Stock.take,
    change=Edit("if left <= 0:", "if left < 1:"),
    gap="it is no defect",
)

ELSEWHERE = NotPlanted(slug="weak", source="another machine", kind="gap", why="memory is sequentially consistent here")
