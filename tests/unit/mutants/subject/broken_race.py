from weft import require, scenario


@scenario(why="it does not hold, and says that it does")
def never(s):
    s.thread(lambda: 0, name="x")

    @s.final
    def holds(_):
        require(0, "never")
