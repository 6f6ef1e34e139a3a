"""Annotated videos on disk: the field's HDF5 layouts, their checks, splits, and invented videos of known truth.

It decodes no video and knows no network.
"""
