"""The main job measured against what the machine can do and against the naive way."""
