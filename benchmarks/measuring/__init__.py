"""What the benchmarks share: timing, memory, and the other ways that the stages are compared with."""
