"""Feature files that can be trained on: built from annotated videos, checked, and named where they come without a name.

It brings together video, feature networks and data sets; `vidsumm.datasets` must know neither of the first two.
"""
