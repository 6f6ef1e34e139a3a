"""Versions of this package and of what its results depend on."""

import platform
from collections.abc import Iterable
from importlib import metadata

__all__ = ["installed"]


def installed(packages: Iterable[str]) -> dict[str, str]:
    """The version of Python and of each of `packages` that is installed."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
