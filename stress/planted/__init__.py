"""Known defects of this kind of code, each as the smallest change to one function of ``impl``: the corpus of ``weft mutants``."""
