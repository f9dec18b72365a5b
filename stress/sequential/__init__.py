"""One caller at a time: scripts of calls on implementation and model side by side, as races with nothing to race."""
