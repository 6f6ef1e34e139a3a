"""Builds feature files from annotated videos, checks them, and adds a feature id to files without one.

It joins `vidsumm.video`, `vidsumm.features` and `vidsumm.datasets`, which do not import each other.
"""
