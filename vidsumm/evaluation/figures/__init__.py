"""Pictures of results: pure functions from arrays to Matplotlib figures."""
