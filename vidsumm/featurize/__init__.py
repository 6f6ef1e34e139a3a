"""From annotated videos to feature files that can be trained on.

It joins video, features and data sets, which `vidsumm.datasets` must not do: that would close a circle.
"""
