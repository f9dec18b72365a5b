"""Threads as automata: local states found by re-executing one thread at a time, values and steps as integers."""
