"""The safe counter's bug."""

from tests.unit.fuzz.alphabets.counters import Counter
from weft import Edit, Planted

LOST_UPDATE = Planted(
    slug="lost-update",
    source="every introduction",
    what="adding is two steps",
    function=Counter.add,
    change=Edit("self.value.add(amount)", "self.value.store(self.value.load() + amount)"),
)
