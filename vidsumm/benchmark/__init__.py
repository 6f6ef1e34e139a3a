"""Compares methods by the field's protocols: `methods` are compared, `protocols` say how, `report` shows the results.

Videos come from feature files, or are invented; nothing is decoded. Only the command line uses this package.
"""
