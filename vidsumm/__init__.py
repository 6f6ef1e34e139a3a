"""Several different summaries of one video, drawn from a diffusion model over importance curves (SummDiff).

    from vidsumm import Summarizer, SummarizeConfig

    with Summarizer(SummarizeConfig().replace(samples=3, duration_s=60)) as summarizer:
        summary = summarizer.summarize("input.mp4", "out")
    for candidate in summary.record.candidates:
        print(candidate.file, candidate.description)

Names are loaded on first use, so importing the package is cheap.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vidsumm.config import SummarizeConfig
    from vidsumm.errors import VidsummError
    from vidsumm.pipeline.summarizer import Summarizer, Summary

__all__ = ["SummarizeConfig", "Summarizer", "Summary", "VidsummError", "__version__", "summarize"]

_HOMES = {
    "SummarizeConfig": "vidsumm.config",
    "Summarizer": "vidsumm.pipeline.summarizer",
    "Summary": "vidsumm.pipeline.summarizer",
    "VidsummError": "vidsumm.errors",
}
_NEEDS_LIBRARIES = {"vidsumm.pipeline.summarizer"}
"""Modules that fail with libraries too old or too new; the versions are checked before these modules are loaded."""


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415

        return version("vidsumm")
    if name in _HOMES:
        from importlib import import_module  # noqa: PLC0415

        if _HOMES[name] in _NEEDS_LIBRARIES:
            import_module("vidsumm.versions").require_supported()
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'vidsumm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def summarize(path: str, output: str | None = None, *, overwrite: bool = False, **settings: object) -> "Summary":
    """Summarizes one video with the default settings, except those given.

    Args:
        path: the video.
        output: folder for the results; None takes ``<stem>-summary`` in the current folder.
        overwrite: replace earlier results in that folder.
        settings: fields of the settings' classes, for example ``samples=3, ratio=0.1`` (see `vidsumm.config`).

    Raises:
        VidsummError: one of its kinds, see `vidsumm.errors`.
    """
    from vidsumm import SummarizeConfig, Summarizer  # noqa: PLC0415  (an import of the package stays cheap)

    with Summarizer(SummarizeConfig().replace(**settings)) as summarizer:
        return summarizer.summarize(path, output, overwrite=overwrite)
