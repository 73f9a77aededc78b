"""Builds the benchmark programs, runs them in turns, and writes what came out. `scripts/bench` starts it."""
