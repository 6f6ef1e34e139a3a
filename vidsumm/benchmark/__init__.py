"""Methods compared by the field's protocols: what is compared, how, and how it is shown.

Only the command line knows this package. It prints nothing and takes its videos as feature files: it decodes none.
"""
