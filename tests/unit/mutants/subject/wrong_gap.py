from tests.unit.mutants.subject.counter import Stock
from weft import Edit, Planted

DEAD = Planted(slug="dead", source="", what="", function=Stock.take, change=Edit("self.taken.add(1)", "pass"), gap="so it says")
