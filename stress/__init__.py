"""Where engine, implementation and model meet: races, planted bugs, stress and benchmarks."""
