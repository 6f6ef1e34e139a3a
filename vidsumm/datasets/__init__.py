"""Annotated videos on disk: reading, checking and writing the field's HDF5 files, splits, and synthetic videos.

Nothing here decodes a video or runs a network.
"""
