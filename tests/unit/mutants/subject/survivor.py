from tests.unit.mutants.subject.counter import Stock
from weft import Edit, Planted

ALIVE = Planted(slug="alive", source="", what="", function=Stock.take, change=Edit("if left <= 0:", "if left < 1:"))
