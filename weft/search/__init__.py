"""Searching: exhaustively over thread automata, naively over real executions, at random, and along one schedule."""
