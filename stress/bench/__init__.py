"""Benchmarks: one question a file, run by ``weft bench`` and kept in ``reports/bench``."""
