"""Training a SummDiff network on annotated feature files: recipe, loader, trainer, the folder of a run.

It knows features and annotations, but no video.
"""
