"""``vidsumm doctor``: shows what is installed, and what to do about what is missing."""

import sys
from collections.abc import Iterator
from typing import Any

from vidsumm.cli import options
from vidsumm.cli.flags import with_flags
from vidsumm.cli.tables import Column, print_indented, print_table
from vidsumm.cli.terminal import console_for, print_json
from vidsumm.cli.wording import printable
from vidsumm.config import SummarizeConfig
from vidsumm.diagnosis import Diagnosis, diagnose
from vidsumm.errors import ResourceError

__all__ = ["doctor"]


@options.with_settings("ffmpeg")
def doctor(
    *,
    settings: SummarizeConfig,
    json: options.Json = False,
) -> None:
    """Show whether this installation can summarize: what it has, what it lacks, and what to do about it.

    The exit code is 0 if `vidsumm summarize` can run with its default settings, and 4 if it cannot.
    """
    diagnosis = diagnose(settings.cut.ffmpeg)
    if json:
        print_json(_shown(diagnosis.as_dict()), sys.stdout)
    else:
        _print_diagnosis(diagnosis)
    if not diagnosis.can_summarize:
        raise SystemExit(ResourceError.exit_code)


def _print_diagnosis(diagnosis: Diagnosis) -> None:
    console = console_for(sys.stdout)
    versions = diagnosis.versions
    console.print(f"vidsumm {versions['vidsumm']}, Python {versions['python']}, {versions['platform']}")
    print_table(console, (Column("part"), Column("name"), Column("found")), _rows(diagnosis))
    for problem in diagnosis.problems:
        kind = "error" if problem.is_fatal else "warning"
        console.print(f"{kind}: {_shown(problem.what)}")
        print_indented(console, _shown(problem.remedy))
    console.print("ready to summarize" if diagnosis.can_summarize else "not ready to summarize")


def _rows(diagnosis: Diagnosis) -> Iterator[tuple[str, str, str]]:
    for package in ("torch", "torchvision", "numpy"):
        yield "package", package, diagnosis.versions.get(package, "missing")
    if diagnosis.ffmpeg is None:
        yield "ffmpeg", "", "missing"
    else:
        ffmpeg = diagnosis.ffmpeg
        origin = "--ffmpeg" if ffmpeg.origin == "setting" else ffmpeg.origin
        yield "ffmpeg", origin, f"{ffmpeg.version} with libx264, {printable(ffmpeg.path)}"
        yield "", "", f"why this one: {printable(_shown(ffmpeg.reason))}"
    decoders = {decoder.name: decoder.version for decoder in diagnosis.decoders}
    for name in ("decord", "pyav"):
        yield "decoder", name, decoders.get(name, "missing")
    for device in diagnosis.devices:
        yield "device", device.name, f"{device.description}, {device.precision}"
    for backbone in diagnosis.backbones:
        detail = _shown(backbone.detail)
        yield "backbone", backbone.name, detail if backbone.is_available else f"missing: {detail}"
    for checkpoint in diagnosis.checkpoints:
        yield "checkpoint", checkpoint.name, f"{checkpoint.feature_id}, SHA-256 {checkpoint.sha256[:12]}"
    for folder in diagnosis.folders:
        free = f"{folder.free_bytes / 2**30:.1f} GiB free"
        yield "folder", folder.purpose, f"{printable(folder.path)}, {free if folder.is_writable else 'not writable'}"


def _shown(value: Any) -> Any:
    """Returns a text, or the texts in nested lists and dictionaries, with the flags that `vidsumm summarize` has."""
    if isinstance(value, dict):
        return {name: _shown(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(part) for part in value]
    return with_flags(value, options.SETTING_FLAGS) if isinstance(value, str) else value
