"""Measures of summaries and scores: arrays in, numbers out.

It knows no files, no data sets and no networks, so that others can use it as a library.
"""
