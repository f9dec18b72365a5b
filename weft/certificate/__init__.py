"""Certificates: what a ``HOLDS`` rests on, written down so that a checker that shares nothing with the search can go over it."""
