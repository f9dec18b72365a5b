"""Fuzzing: programs drawn from an alphabet of calls, each searched, each held against a sequential specification.

A race is written by somebody who suspects something. Here nobody does: Hypothesis draws whole programs, calls before the threads
and calls in each, and shrinks one that goes wrong to the smallest program; then the search finds its shortest schedule.

    from weft.fuzz import Alphabet, methods

Only drawing needs Hypothesis (``pip install 'weft[fuzz]'``): a race file that was written here runs without it, as far as the
alphabet's own file does.
"""

from weft.fuzz.alphabet import Alphabet, Call, Known, methods
from weft.fuzz.program import Program
from weft.fuzz.testing import ProgramFailed, fuzz

__all__ = ["Alphabet", "Call", "Known", "Program", "ProgramFailed", "fuzz", "methods"]
