"""Training a SummDiff network on annotated feature files: recipe, loader, trainer, and the folder of a run.

It works on features and annotations and never opens a video.
"""
