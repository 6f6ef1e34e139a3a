"""The command line: one thin Typer module for each command.

The only package that prints, asks or knows flags; what a command does is done by the packages below.
"""
