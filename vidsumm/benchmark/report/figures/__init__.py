"""Figures of results: pure functions from arrays to Matplotlib figures. They read no files."""
