"""Measures of summaries and scores: arrays in, numbers out.

It needs no files, data sets or networks, so that others can use it as a library.
"""
