"""Programs that measure speed and memory, run from a clone as ``python -m benchmarks.NAME``; not part of the wheel."""
