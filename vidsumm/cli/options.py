"""The options that commands share. None stands for "not given", so that a flag can override a configuration file."""

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
    FeatureConfig,
    LimitConfig,
    SampleConfig,
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
    for stage in (DecodeConfig, FeatureConfig, ShotConfig, SampleConfig, CutConfig, CacheConfig, LimitConfig)
    for field in dataclasses.fields(stage)
}

_OUTPUT, _SAMPLES, _LENGTH, _SHOTS = "Output", "Samples", "Length of a summary", "Shots"
_FEATURES, _DECODING, _CUTTING, _CACHE = "Features and device", "Decoding", "Cutting", "Cache"
_LIMITS = "What an input may ask for"


def _option(
    panel: str, *flags: str, text: str, metavar: str, field: str = "", default: str = "", choices: tuple[str, ...] = ()
) -> Any:
    """An option that takes a value; it shows the default of the configuration's `field`, or `default` in words."""
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
    return typer.Option(*flags, help=text, rich_help_panel=panel, metavar="", show_default=False)


Inputs = Annotated[
    list[Path],
    typer.Argument(metavar="INPUT", show_default=False, help="Video files, or folders whose video files are all taken"),
]

Output = Annotated[
    Path | None,
    _option(
        _OUTPUT,
        "--output",
        "-o",
        metavar="DIR",
        text="Where to write; several inputs get a folder each in it",
        default="NAME-summary for one file, else summaries",
    ),
]
Overwrite = Annotated[bool, _flag(_OUTPUT, "--overwrite", text="Replace summaries that an earlier run left there")]
DryRun = Annotated[bool, _flag(_OUTPUT, "--dry-run", text="Do everything but write; say what would be written")]
Json = Annotated[bool, _flag(_OUTPUT, "--json", text="One JSON object per input on standard output, nothing else")]
Quiet = Annotated[bool, _flag(_OUTPUT, "--quiet", "-q", text="Say nothing but errors")]
Verbose = Annotated[bool, _flag(_OUTPUT, "--verbose", "-v", text="Say more, and tell the causes of errors")]
ConfigFile = Annotated[
    Path | None,
    _option(
        _OUTPUT, "--config", metavar="FILE.toml", text="Settings, one table per stage; options given here come first"
    ),
]

Samples = Annotated[
    int | None,
    _option(_SAMPLES, "--samples", "-n", metavar="N", field="samples", text="How many different summaries to make"),
]
Seed = Annotated[
    int | None,
    _option(_SAMPLES, "--seed", metavar="N", field="seed", text="Same seed, same summaries; another, others"),
]
Steps = Annotated[int | None, _option(_SAMPLES, "--steps", metavar="N", field="steps", text="Denoising steps")]
Guidance = Annotated[
    float | None,
    _option(
        _SAMPLES,
        "--guidance",
        metavar="W",
        text="How strongly the video steers the curves (classifier-free guidance)",
        default="the checkpoint's own",
    ),
]
Redraws = Annotated[
    int | None,
    _option(
        _SAMPLES,
        "--redraws",
        metavar="N",
        field="redraws",
        text="How often to draw again what repeats an earlier summary",
    ),
]
Weights = Annotated[
    Path | None,
    _option(
        _SAMPLES,
        "--weights",
        metavar="FILE",
        text="Checkpoint of the model (.safetensors)",
        default="the one that comes with vidsumm",
    ),
]
AnyRate = Annotated[
    bool | None,
    _flag(_SAMPLES, "--any-rate/--no-any-rate", text="Accept a checkpoint trained at another --fps (default: no)"),
]

Ratio = Annotated[
    float | None,
    _option(_LENGTH, "--ratio", metavar="R", text="Share of the video that a summary may last", default="0.15"),
]
Duration = Annotated[
    str | None,
    _option(_LENGTH, "--duration", metavar="TIME", text="How long it may last instead: 60s, 1m30s or seconds"),
]

Segmenter = Annotated[
    str | None,
    _option(
        _SHOTS,
        "--segmenter",
        metavar="NAME",
        field="segmenter",
        text="How shots are found",
        choices=get_args(SegmenterName),
    ),
]
MinShot = Annotated[
    float | None,
    _option(_SHOTS, "--min-shot", metavar="S", field="min_shot_s", text="Seconds; shorter shots join a neighbour"),
]
MaxShot = Annotated[
    float | None,
    _option(_SHOTS, "--max-shot", metavar="S", field="max_shot_s", text="Seconds; longer shots are divided"),
]
Penalty = Annotated[
    float | None, _option(_SHOTS, "--penalty", metavar="P", field="penalty", text="Higher makes fewer and longer shots")
]

Backbone = Annotated[
    str | None,
    _option(
        _FEATURES,
        "--backbone",
        metavar="NAME",
        field="backbone",
        text="Network that describes the frames",
        choices=BACKBONES,
    ),
]
BackboneWeights = Annotated[
    Path | None,
    _option(
        _FEATURES,
        "--backbone-weights",
        metavar="FILE",
        text="Weights of that network, where no installed package brings them",
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
    int | None, _option(_FEATURES, "--batch-size", metavar="N", field="batch_size", text="Frames per network call")
]

Fps = Annotated[
    float | None, _option(_DECODING, "--fps", metavar="HZ", field="fps", text="Frames looked at per second of video")
]
Decoder = Annotated[
    str | None,
    _option(
        _DECODING,
        "--decoder",
        metavar="NAME",
        field="decoder",
        text="Who decodes frames",
        choices=get_args(DecoderName),
    ),
]
Fast = Annotated[
    bool | None,
    _flag(
        _DECODING,
        "--fast/--no-fast",
        text="Decode fewer frames: look at near ones where the sampled take longer, and say how near (default: no)",
    ),
]
StallTimeout = Annotated[
    float | None,
    _option(
        _DECODING, "--stall-timeout", metavar="S", field="stall_s", text="Seconds without a frame that end a decoder"
    ),
]

Cut = Annotated[
    str | None,
    _option(
        _CUTTING,
        "--cut",
        metavar="MODE",
        field="mode",
        text="Frame-exact, or fast and aligned to key frames",
        choices=get_args(CutMode),
    ),
]
Crf = Annotated[
    int | None, _option(_CUTTING, "--crf", metavar="N", field="crf", text="x264 quality; lower is better and larger")
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
        text="The ffmpeg that cuts, by path or by its name on the PATH",
        default="$VIDSUMM_FFMPEG, else the one in the package imageio-ffmpeg, else the one on the PATH",
    ),
]

UseCache = Annotated[
    bool | None,
    _flag(
        _CACHE,
        "--use-cache/--no-cache",
        text="Keep features, shots and scores, so that another run costs only what changed (default: yes)",
    ),
]
CacheFolder = Annotated[
    Path | None,
    _option(
        _CACHE,
        "--cache",
        metavar="DIR",
        text="Folder of what is kept",
        default="$VIDSUMM_CACHE or the user's cache folder",
    ),
]
CacheLimit = Annotated[
    float | None,
    _option(
        _CACHE,
        "--cache-limit",
        metavar="GB",
        field="cache_limit_gb",
        text="Size of all that is kept; what was not used for the longest time goes first",
    ),
]

MaxPixels = Annotated[int | None, _option(_LIMITS, "--max-pixels", metavar="N", field="max_pixels", text="Of a frame")]
MaxHours = Annotated[
    float | None, _option(_LIMITS, "--max-hours", metavar="H", field="max_hours", text="Length of a video")
]
MaxStreams = Annotated[
    int | None, _option(_LIMITS, "--max-streams", metavar="N", field="max_streams", text="Streams in a file")
]
MaxMemory = Annotated[
    float | None,
    _option(
        _LIMITS, "--max-memory", metavar="GB", field="max_memory_gb", text="Memory of the process that decodes frames"
    ),
]


def settings_from(config_file: Path | None, *, duration: str | None = None, **flags: Any) -> SummarizeConfig:
    """The settings of a run: defaults, overridden by a TOML file, overridden by the flags that were given.

    Args:
        config_file: a file for `vidsumm.config.load_toml`, or None.
        duration: the text of --duration, or None.
        flags: values by field of `SummarizeConfig`; None stands for "not given".

    Raises:
        ConfigError: a bad file or value.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    if duration is not None:
        given["duration_s"] = parse_duration(duration)
    settings = load_toml(config_file) if config_file is not None else {}
    if "ratio" in given or "duration_s" in given:
        # Either flag replaces whichever of the two the file holds; both flags together are refused below.
        settings = {name: value for name, value in settings.items() if name not in ("ratio", "duration_s")}
    return SummarizeConfig().replace(**settings | given)
