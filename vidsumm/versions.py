"""Versions of this package and its dependencies, and whether it works with them."""

# ruff: noqa: PLC0415  `packaging` is imported where it is used, to keep `--help` quick

import platform
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import TYPE_CHECKING

from vidsumm.errors import ResourceError

if TYPE_CHECKING:
    from packaging.requirements import Requirement

__all__ = ["find_unsupported", "installed_versions", "loaded_versions", "require_supported", "result_versions"]

_THIS = "vidsumm"
_RESULT_PACKAGES = (
    "vidsumm",
    "torch",
    "torchvision",
    "numpy",
    "scipy",
    "h5py",
    "av",
    "decord",
    "ruptures",
    "ffmpeg-python",
    "matplotlib",
)
"""Packages whose versions are recorded with summaries, feature files, checkpoints and benchmark results."""
_OPTIONAL = {"decord"}
"""Dependencies that may be missing: without decord, PyAV decodes alone."""


def installed_versions(packages: Iterable[str]) -> dict[str, str]:
    """Returns the versions of Python and of those of `packages` that are installed."""
    found = {"python": platform.python_version()}
    for package in packages:
        version = _version(package)
        if version is not None:
            found[package] = version
    return found


def result_versions(ffmpeg: str | None = None) -> dict[str, str]:
    """Returns the versions to record with a result: of this package and of what its results depend on.

    Args:
        ffmpeg: the version of the ffmpeg that was used; None if none was.
    """
    return installed_versions(_RESULT_PACKAGES) | ({"ffmpeg": ffmpeg} if ffmpeg else {})


def loaded_versions() -> dict[str, str]:
    """Returns the versions of Python, of this package, and of the dependencies that the process has imported.

    If the package `packaging` is missing, dependencies are left out.
    """
    try:
        from packaging.utils import canonicalize_name
    except ImportError:
        return installed_versions([_THIS])
    modules = {name.partition(".")[0] for name in sys.modules}
    imported = {
        canonicalize_name(package)
        for module, packages in metadata.packages_distributions().items()
        if module in modules
        for package in packages
    }
    needed = [requirement.name for requirement in _requirements()]
    return installed_versions([_THIS, *(name for name in needed if canonicalize_name(name) in imported)])


def find_unsupported() -> dict[str, str]:
    """Finds dependencies that are missing, too old or too new.

    Returns:
        For each requirement that is not met, such as ``av>=17.1,<20``, a line that says why.

    Raises:
        ResourceError: the package `packaging`, which compares versions, is missing.
    """
    faults = {}
    for requirement in _requirements():
        version = _version(requirement.name)
        bounds = sorted(map(str, requirement.specifier), reverse=True)  # lower one first
        wanted = requirement.name + ",".join(bounds)
        if version is None:
            if requirement.name not in _OPTIONAL:
                faults[wanted] = f"{requirement.name} is not installed"
        elif not requirement.specifier.contains(version, prereleases=True):
            faults[wanted] = f"{requirement.name} {version} is installed, vidsumm needs {wanted}"
    return faults


def require_supported() -> None:
    """Checks that every dependency is one that this version of vidsumm works with.

    Raises:
        ResourceError: some are missing, too old or too new.
    """
    faults = find_unsupported()
    if faults:
        wanted = " ".join(f"'{requirement}'" for requirement in faults)
        raise ResourceError("; ".join(faults.values()), remedy=f"run: pip install {wanted}")


def _requirements() -> "Iterator[Requirement]":
    """Yields the requirements of this package on this platform; nothing if it is used without being installed.

    Raises:
        ResourceError: the package `packaging`, which reads them, is missing.
    """
    try:
        from packaging.requirements import Requirement
    except ImportError as error:
        raise ResourceError("packaging is not installed", remedy="run: pip install packaging") from error
    try:
        lines = metadata.requires(_THIS) or []
    except metadata.PackageNotFoundError:
        return
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
