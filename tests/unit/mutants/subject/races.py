from tests.unit.mutants.subject.counter import Stock
from weft import require, scenario


@scenario(why="the lock keeps look and take together")
def two_takers(s):
    stock = Stock()
    s.thread(stock.take, name="x")
    s.thread(stock.take, name="y")

    @s.final
    def both_are_counted(results):
        require(list(results) == [True, True], f"they got {results!r}")
        require((stock.items.read(), stock.taken.load()) == (0, 2), f"{stock.items.read()} left, {stock.taken.load()} taken")


@scenario(why="there is an end")
def one_drainer(s):
    stock = Stock()
    s.thread(stock.drain, name="x")

    @s.final
    def empty(_):
        require((stock.items.read(), stock.taken.load()) == (0, 2), f"{stock.items.read()} left, {stock.taken.load()} taken")


@scenario(expect="VIOLATED", why="it shows nothing about mutants, and is left out")
def broken(s):
    s.thread(lambda: 0, name="x")

    @s.final
    def never_holds(_):
        require(0, "as expected")
