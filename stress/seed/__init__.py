"""The seed's own text, judged: its functions in place of ours, in races of the gate. ``python -m stress.seed`` writes the page."""
