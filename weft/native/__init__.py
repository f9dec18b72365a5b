"""Races and loads on real threads: steps counted, interleavings provoked by pauses, histories recorded and explained."""
