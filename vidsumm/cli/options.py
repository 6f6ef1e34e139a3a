"""The options that several commands have, and how they become settings.

The default of an option is None, which stands for "not given": only options that are given override a settings file.
"""

import dataclasses
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from vidsumm.config import (
    BACKBONES,
    CacheConfig,
    CutConfig,
    CutMode,
    DecodeConfig,
    DecoderName,
    DeviceName,
    DrawConfig,
    FeatureConfig,
    LimitConfig,
    SegmenterName,
    ShotConfig,
    SummarizeConfig,
    load_toml,
    parse_duration,
)

__all__ = [
    "AnyRate",
    "Backbone",
    "BackboneWeights",
    "BatchSize",
    "CacheFolder",
    "CacheLimit",
    "ConfigFile",
    "Crf",
    "Cut",
    "Decoder",
    "Device",
    "DryRun",
    "Duration",
    "Fast",
    "Ffmpeg",
    "Fps",
    "Guidance",
    "Inputs",
    "Json",
    "MaxHours",
    "MaxMemory",
    "MaxPixels",
    "MaxShot",
    "MaxStreams",
    "MinShot",
    "Output",
    "Overwrite",
    "Penalty",
    "Preset",
    "Quiet",
    "Ratio",
    "Redraws",
    "Samples",
    "Seed",
    "Segmenter",
    "StallTimeout",
    "Steps",
    "UseCache",
    "Verbose",
    "Weights",
    "settings_from",
]

_DEFAULTS: dict[str, Any] = {
    field.name: field.default
    for stage in (DecodeConfig, FeatureConfig, ShotConfig, DrawConfig, CutConfig, CacheConfig, LimitConfig)
    for field in dataclasses.fields(stage)
}

_OUTPUT, _DRAWING, _LENGTH, _SHOTS = "Output", "Drawing curves", "Length of a summary", "Shots"
_FEATURES, _DECODING, _CUTTING, _CACHE = "Features and device", "Decoding", "Cutting", "Cache"
_LIMITS = "Limits on inputs"


def _option(
    panel: str, *flags: str, text: str, metavar: str, field: str = "", default: str = "", choices: tuple[str, ...] = ()
) -> Any:
    """Returns an option with a value; its help ends in the default of the settings' `field`, or in `default`."""
    if choices:
        text = f"{text}: {', '.join(choices[:-1])} or {choices[-1]}"
    if field:
        value = _DEFAULTS[field]
        default = f"{value:g}" if isinstance(value, float) else str(value)
    return typer.Option(
        *flags,
        help=f"{text} (default: {default})" if default else text,
        rich_help_panel=panel,
        metavar=metavar,
    )


def _flag(panel: str, *flags: str, text: str) -> Any:
    """Returns an option without a value."""
    return typer.Option(*flags, help=text, rich_help_panel=panel, metavar="", show_default=False)


Inputs = Annotated[
    list[Path],
    typer.Argument(metavar="INPUT", show_default=False, help="Video files, or folders: all video files in them"),
]

Output = Annotated[
    Path | None,
    _option(
        _OUTPUT,
        "--output",
        "-o",
        metavar="DIR",
        text="Folder to write to; with several inputs, each video gets a folder in it",
        default="NAME-summary for one file, otherwise summaries",
    ),
]
Overwrite = Annotated[bool, _flag(_OUTPUT, "--overwrite", text="Replace what an earlier run has written")]
DryRun = Annotated[bool, _flag(_OUTPUT, "--dry-run", text="Do everything except writing; show what would be written")]
Json = Annotated[
    bool,
    _flag(_OUTPUT, "--json", text="Print only JSON on standard output, one object a line"),
]
Quiet = Annotated[bool, _flag(_OUTPUT, "--quiet", "-q", text="Print only errors")]
Verbose = Annotated[bool, _flag(_OUTPUT, "--verbose", "-v", text="Print more, including the causes of errors")]
ConfigFile = Annotated[
    Path | None,
    _option(_OUTPUT, "--config", metavar="FILE.toml", text="File with settings; options given here take precedence"),
]

Samples = Annotated[
    int | None,
    _option(_DRAWING, "--samples", "-n", metavar="N", field="samples", text="Number of different summaries to make"),
]
Seed = Annotated[
    int | None,
    _option(
        _DRAWING,
        "--seed",
        metavar="N",
        field="seed",
        text="The same seed gives the same summaries, another seed gives different ones",
    ),
]
Steps = Annotated[
    int | None, _option(_DRAWING, "--steps", metavar="N", field="steps", text="Denoising steps for each curve")
]
Guidance = Annotated[
    float | None,
    _option(
        _DRAWING,
        "--guidance",
        metavar="W",
        text="How strongly the curves follow the video (weight of classifier-free guidance)",
        default="the checkpoint's own",
    ),
]
Redraws = Annotated[
    int | None,
    _option(
        _DRAWING,
        "--redraws",
        metavar="N",
        field="redraws",
        text="How often to draw a curve again if it selects the same shots as an earlier one",
    ),
]
Weights = Annotated[
    Path | None,
    _option(
        _DRAWING,
        "--weights",
        metavar="FILE",
        text="Checkpoint of the diffusion model (.safetensors)",
        default="the one that comes with vidsumm",
    ),
]
AnyRate = Annotated[
    bool | None,
    _flag(_DRAWING, "--any-rate/--no-any-rate", text="Accept a checkpoint trained at another --fps (default: no)"),
]

Ratio = Annotated[
    float | None,
    _option(_LENGTH, "--ratio", metavar="R", text="Longest summary as a share of the video", default="0.15"),
]
Duration = Annotated[
    str | None,
    _option(_LENGTH, "--duration", metavar="TIME", text="Longest summary as a time instead: 60s, 1m30s or seconds"),
]

Segmenter = Annotated[
    str | None,
    _option(
        _SHOTS,
        "--segmenter",
        metavar="NAME",
        field="segmenter",
        text="Method that finds the shots",
        choices=get_args(SegmenterName),
    ),
]
MinShot = Annotated[
    float | None,
    _option(
        _SHOTS,
        "--min-shot",
        metavar="S",
        field="min_shot_s",
        text="Shortest shot in seconds; shorter ones are joined to a neighbour",
    ),
]
MaxShot = Annotated[
    float | None,
    _option(
        _SHOTS, "--max-shot", metavar="S", field="max_shot_s", text="Longest shot in seconds; longer ones are divided"
    ),
]
Penalty = Annotated[
    float | None,
    _option(
        _SHOTS,
        "--penalty",
        metavar="P",
        field="penalty",
        text="Penalty on the number of shots; a higher one gives fewer and longer shots",
    ),
]

Backbone = Annotated[
    str | None,
    _option(
        _FEATURES,
        "--backbone",
        metavar="NAME",
        field="backbone",
        text="Network that computes the features of the frames",
        choices=BACKBONES,
    ),
]
BackboneWeights = Annotated[
    Path | None,
    _option(
        _FEATURES,
        "--backbone-weights",
        metavar="FILE",
        text="Weights of the backbone, if they do not come with an installed package",
    ),
]
Device = Annotated[
    str | None,
    _option(
        _FEATURES,
        "--device",
        metavar="NAME",
        field="device",
        text="Where networks run",
        choices=get_args(DeviceName),
    ),
]
BatchSize = Annotated[
    int | None,
    _option(
        _FEATURES, "--batch-size", metavar="N", field="batch_size", text="Frames that the backbone processes at once"
    ),
]

Fps = Annotated[
    float | None, _option(_DECODING, "--fps", metavar="HZ", field="fps", text="Frames sampled per second of video")
]
Decoder = Annotated[
    str | None,
    _option(
        _DECODING,
        "--decoder",
        metavar="NAME",
        field="decoder",
        text="Library that decodes the frames",
        choices=get_args(DecoderName),
    ),
]
Fast = Annotated[
    bool | None,
    _flag(
        _DECODING,
        "--fast/--no-fast",
        text="Decode fewer frames: use a nearby frame where the sampled one takes longer, and report how far off it is "
        "(default: no)",
    ),
]
StallTimeout = Annotated[
    float | None,
    _option(
        _DECODING,
        "--stall-timeout",
        metavar="S",
        field="stall_s",
        text="Stop a decoder that delivers no frame for S seconds",
    ),
]

Cut = Annotated[
    str | None,
    _option(
        _CUTTING,
        "--cut",
        metavar="MODE",
        field="mode",
        text="Cut at the exact frame, or faster at key frames without re-encoding",
        choices=get_args(CutMode),
    ),
]
Crf = Annotated[
    int | None,
    _option(_CUTTING, "--crf", metavar="N", field="crf", text="x264 quality; a lower number is better and larger"),
]
Preset = Annotated[
    str | None,
    _option(_CUTTING, "--preset", metavar="NAME", field="preset", text="x264 speed, from ultrafast to veryslow"),
]

Ffmpeg = Annotated[
    str | None,
    _option(
        _CUTTING,
        "--ffmpeg",
        metavar="PROGRAM",
        text="The ffmpeg to cut with: its path, or its name on the PATH",
        default="$VIDSUMM_FFMPEG, else the one in the package imageio-ffmpeg, else the one on the PATH",
    ),
]

UseCache = Annotated[
    bool | None,
    _flag(
        _CACHE,
        "--use-cache/--no-cache",
        text="Reuse features, shots and curves of earlier runs, and keep new ones for later runs (default: yes)",
    ),
]
CacheFolder = Annotated[
    Path | None,
    _option(
        _CACHE,
        "--cache",
        metavar="DIR",
        text="Folder of the cache",
        default="$VIDSUMM_CACHE, else the user's cache folder",
    ),
]
CacheLimit = Annotated[
    float | None,
    _option(
        _CACHE,
        "--cache-limit",
        metavar="GB",
        field="cache_limit_gb",
        text="Largest size of the cache; what was not used for the longest time is removed first",
    ),
]

MaxPixels = Annotated[
    int | None, _option(_LIMITS, "--max-pixels", metavar="N", field="max_pixels", text="Most pixels in a frame")
]
MaxHours = Annotated[
    float | None, _option(_LIMITS, "--max-hours", metavar="H", field="max_hours", text="Longest video, in hours")
]
MaxStreams = Annotated[
    int | None, _option(_LIMITS, "--max-streams", metavar="N", field="max_streams", text="Most streams in a file")
]
MaxMemory = Annotated[
    float | None,
    _option(
        _LIMITS,
        "--max-memory",
        metavar="GB",
        field="max_memory_gb",
        text="Most memory for the process that decodes frames",
    ),
]


def settings_from(config_file: Path | None, *, duration: str | None = None, **flags: Any) -> SummarizeConfig:
    """Returns the settings of a run: defaults, overridden by a TOML file, overridden by the options that were given.

    Args:
        config_file: a file for `vidsumm.config.load_toml`, or None.
        duration: the text of --duration, or None.
        flags: values by field of `SummarizeConfig`; None stands for "not given".

    Raises:
        ConfigError: the file cannot be read, or a value is not allowed.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    if duration is not None:
        given["duration_s"] = parse_duration(duration)
    settings = load_toml(config_file) if config_file is not None else {}
    if "ratio" in given or "duration_s" in given:
        # either option replaces whichever of the two the file holds; both options together are refused below
        settings = {name: value for name, value in settings.items() if name not in ("ratio", "duration_s")}
    return SummarizeConfig().replace(**settings | given)
