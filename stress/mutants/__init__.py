"""What is published of ``weft mutants``: the commands behind ``reports/mutants*``, and arguments about equivalent mutants."""
