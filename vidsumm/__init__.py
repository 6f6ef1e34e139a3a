"""Several different summaries of one video, drawn from a diffusion model over importance curves (SummDiff).

    from vidsumm import Summarizer, SummarizeConfig

    with Summarizer(SummarizeConfig().replace(samples=3)) as summarizer:
        analysis = summarizer.analyse("input.mp4")  # look at the video, once
        choice = summarizer.choose(analysis, duration_s=60)  # choose from it, as often as you like
        summary = choice.write("out")  # write what was chosen
    for candidate in summary.record.candidates:
        print(candidate.file, candidate.description)

`Summarizer.summarize` does all three.

Names are loaded on first use, so importing the package is cheap.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vidsumm.config import SummarizeConfig
    from vidsumm.errors import VidsummError
    from vidsumm.pipeline.analysis import Analysis
    from vidsumm.pipeline.choice import Choice
    from vidsumm.pipeline.summarizer import Summarizer
    from vidsumm.pipeline.writing import Summary
    from vidsumm.timeline import Timeline

__all__ = [
    "Analysis",
    "Choice",
    "SummarizeConfig",
    "Summarizer",
    "Summary",
    "Timeline",
    "VidsummError",
    "__version__",
    "summarize",
]

_HOMES = {
    "Analysis": "vidsumm.pipeline.analysis",
    "Choice": "vidsumm.pipeline.choice",
    "SummarizeConfig": "vidsumm.config",
    "Summarizer": "vidsumm.pipeline.summarizer",
    "Summary": "vidsumm.pipeline.writing",
    "Timeline": "vidsumm.timeline",
    "VidsummError": "vidsumm.errors",
}
_NEEDS_LIBRARIES = "vidsumm.pipeline"
"""Its modules fail with libraries too old or too new; the versions are checked before they are loaded."""


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415

        return version("vidsumm")
    if name in _HOMES:
        from importlib import import_module  # noqa: PLC0415

        if _HOMES[name].startswith(_NEEDS_LIBRARIES):
            import_module("vidsumm.versions").require_supported()
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'vidsumm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def summarize(
    path: "str | Sequence[str]", output: str | None = None, *, overwrite: bool = False, **settings: object
) -> "Summary":
    """Summarizes one video, or several together, with the default settings, except those given.

    Args:
        path: the video, or several in the order in which a summary shows them.
        output: folder for the results; None takes ``<stem>-summary`` in the current folder.
        overwrite: replace earlier results in that folder.
        settings: fields of the settings' classes, for example ``samples=3, ratio=0.1`` (see `vidsumm.config`).

    Raises:
        VidsummError: one of its kinds, see `vidsumm.errors`.
    """
    from vidsumm import SummarizeConfig, Summarizer  # noqa: PLC0415  (an import of the package stays cheap)

    with Summarizer(SummarizeConfig().replace(**settings)) as summarizer:
        return summarizer.summarize(path, output, overwrite=overwrite)
