"""Random strategies for executions, and what they walk on: the automata, or the real code."""
