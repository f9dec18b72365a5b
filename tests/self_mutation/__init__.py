"""Bugs planted in the engine itself, and which tests see them: who checks the checker.

``python -m tests.self_mutation`` runs the suites against each mutant and writes the table ``reports/self_mutation.md``.
"""
