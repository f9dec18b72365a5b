"""What is published of ``weft mutants``: the commands behind ``reports/mutants*``, and arguments about mutants that cannot be killed."""
