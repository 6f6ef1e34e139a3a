"""The command line: one module for each command.

Only this package prints and reads options; the work itself is done by the packages that it calls.
"""
