"""The settings of every stage: frozen dataclasses, filled from TOML files and the options of the command line.

A setting is one field with its type, default, bounds, help and flag (see `vidsumm.settings`). A bad value raises a
`ConfigError` that names the setting.
"""

import dataclasses
import difflib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from vidsumm.durations import parse_duration
from vidsumm.errors import ConfigError
from vidsumm.settings import Settings, setting, settings_of, stage_by_setting

__all__ = [
    "BACKBONES",
    "STAGES",
    "STAGE_BY_SETTING",
    "BackboneName",
    "CacheConfig",
    "CutConfig",
    "CutMode",
    "DecodeConfig",
    "DecoderName",
    "DeviceName",
    "DrawConfig",
    "FeatureConfig",
    "LimitConfig",
    "PresetName",
    "SegmenterName",
    "SelectConfig",
    "ShotConfig",
    "SummarizeConfig",
    "load_toml",
]

DecoderName = Literal["auto", "decord", "pyav"]
BackboneName = Literal["inception-v3", "googlenet", "googlenet-bvlc"]
DeviceName = Literal["auto", "cpu", "cuda"]
SegmenterName = Literal["kts", "kernelcpd", "pelt", "uniform"]
CutMode = Literal["exact", "copy"]
PresetName = Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"]
BACKBONES: tuple[BackboneName, ...] = get_args(BackboneName)

_DEFAULT_RATIO = 0.15


@dataclass(frozen=True)
class DecodeConfig(Settings):
    """How frames are sampled."""

    fps: float = setting(
        2.0, "Frames sampled per second of video", metavar="HZ", unit="samples per second", low=0.01, high=60
    )
    decoder: DecoderName = setting("auto", "Library that decodes the frames: {choices}", metavar="NAME")
    """auto tries PyAV first and decord if it fails."""
    fast: bool = setting(
        False,
        "Decode fewer frames: use a nearby frame where the sampled one takes longer, and report how far off it is",
    )
    stall_s: float = setting(
        60.0,
        "Stop a decoder that delivers no frame for S seconds",
        flag="stall-timeout",
        metavar="S",
        unit="seconds",
        above=0,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.fast and self.decoder == "decord":
            raise ConfigError("`decoder`: 'decord' is not allowed with `fast`", remedy="give auto or pyav")


@dataclass(frozen=True)
class FeatureConfig(Settings):
    """Which feature network is used, and where it runs."""

    backbone: BackboneName = setting(
        "inception-v3", "Network that computes the features of the frames: {choices}", metavar="NAME"
    )
    backbone_weights: Path | None = setting(
        None, "Weights of the backbone, if they do not come with an installed package", metavar="FILE"
    )
    device: DeviceName = setting("auto", "Where networks run: {choices}", metavar="NAME")
    # larger batches are slower on a CPU: memory for them is allocated anew
    batch_size: int = setting(
        16, "Frames that the backbone processes at once", metavar="N", unit="frames", low=1, high=4096
    )


@dataclass(frozen=True)
class ShotConfig(Settings):
    """How the video is divided into shots."""

    segmenter: SegmenterName = setting("kts", "Method that finds the shots: {choices}", metavar="NAME")
    min_shot_s: float = setting(
        1.0,
        "Shortest shot in seconds; shorter ones are joined to a neighbour",
        flag="min-shot",
        metavar="S",
        unit="seconds",
        low=0,
    )
    max_shot_s: float = setting(
        6.0,
        "Longest shot in seconds; longer ones are divided",
        flag="max-shot",
        metavar="S",
        unit="seconds",
        above=0,
    )
    penalty: float = setting(
        1.0, "Penalty on the number of shots; a higher one gives fewer and longer shots", metavar="P", above=0
    )
    """`vmax` of KTS."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_shot_s < 2 * self.min_shot_s:
            raise ConfigError(
                f"`max_shot_s`: {self.max_shot_s!r} is not allowed",
                remedy=f"give seconds, at least twice `min_shot_s` ({self.min_shot_s:g})",
            )


@dataclass(frozen=True)
class DrawConfig(Settings):
    """How importance curves are drawn."""

    samples: int = setting(5, "Number of different summaries to make", letter="n", metavar="N", low=1, high=1000)
    seed: int = setting(
        0,
        "The same seed gives the same summaries, another seed gives different ones",
        metavar="N",
        low=0,
        high=2**63 - 1,
    )
    steps: int = setting(10, "Denoising steps for each curve", metavar="N", low=1, high=1000)
    guidance: float | None = setting(
        None,
        "How strongly the curves follow the video (weight of classifier-free guidance)",
        metavar="W",
        low=0,
        high=20,
        shown_default="the checkpoint's own",
    )
    redraws: int = setting(
        8,
        "How often to draw a curve again if it selects the same shots as an earlier one",
        metavar="N",
        low=0,
        high=1000,
    )
    weights: Path | None = setting(
        None,
        "Checkpoint of the diffusion model (.safetensors)",
        metavar="FILE",
        shown_default="the one that comes with vidsumm",
    )
    any_rate: bool = setting(False, "Accept a checkpoint trained at another `fps`")


@dataclass(frozen=True)
class SelectConfig(Settings):
    """How long a summary may be: a share of the video or a number of seconds, never both."""

    ratio: float | None = setting(
        None,
        "Longest summary as a share of the video",
        metavar="R",
        above=0,
        high=1,
        shown_default=f"{_DEFAULT_RATIO:g}",
    )
    duration_s: float | None = setting(
        None,
        "Longest summary as a time instead: 60s, 1m30s or seconds",
        flag="duration",
        metavar="TIME",
        unit="seconds",
        above=0,
        parse=parse_duration,
        wants="a positive length such as 60s, 1m30s or a number of seconds",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ratio is not None and self.duration_s is not None:
            raise ConfigError("`ratio` and `duration_s` exclude each other", remedy="give one of them")

    def budget_s(self, video_s: float) -> float:
        """Returns the longest that a summary of a video of `video_s` seconds may last, seconds."""
        if self.duration_s is not None:
            return min(self.duration_s, video_s)
        return video_s * (_DEFAULT_RATIO if self.ratio is None else self.ratio)


@dataclass(frozen=True)
class CutConfig(Settings):
    """How the selected shots become files."""

    mode: CutMode = setting(
        "exact",
        "Cut at the exact frame, or faster at key frames without re-encoding: {choices}",
        flag="cut",
        metavar="MODE",
    )
    crf: int = setting(20, "x264 quality; a lower number is better and larger", metavar="N", low=0, high=51)
    preset: PresetName = setting("veryfast", "x264 speed, from ultrafast to veryslow", metavar="NAME")
    ffmpeg: str | None = setting(
        None,
        "The ffmpeg to cut with: its path, or its name on the PATH",
        metavar="PROGRAM",
        shown_default="$VIDSUMM_FFMPEG, else the one in the package imageio-ffmpeg, else the one on the PATH",
    )


@dataclass(frozen=True)
class CacheConfig(Settings):
    """What is kept for the next run. It changes how long a run takes, never its results."""

    use_cache: bool = setting(
        True,
        "Reuse features, shots and curves of earlier runs, and keep new ones for later runs",
        off_flag="no-cache",
    )
    cache_folder: Path | None = setting(
        None,
        "Folder of the cache",
        flag="cache",
        metavar="DIR",
        shown_default="$VIDSUMM_CACHE, else the user's cache folder",
    )
    cache_limit_gb: float = setting(
        2.0,
        "Largest size of the cache; what was not used for the longest time is removed first",
        flag="cache-limit",
        metavar="GB",
        unit="gigabytes",
        above=0,
    )
    """10**9 bytes each."""


@dataclass(frozen=True)
class LimitConfig(Settings):
    """What an input may demand before it is refused, so that no file can exhaust the machine."""

    max_pixels: int = setting(1 << 27, "Most pixels in a frame", metavar="N", unit="pixels", low=1)
    """16384 x 8192 by default."""
    max_hours: float = setting(24.0, "Longest video, in hours", metavar="H", unit="hours", above=0)
    max_streams: int = setting(100, "Most streams in a file", metavar="N", unit="streams", low=1)
    max_memory_gb: float = setting(
        8.0,
        "Most memory for the process that decodes frames",
        flag="max-memory",
        metavar="GB",
        unit="gigabytes",
        low=1,
    )
    """10**9 bytes each."""


@dataclass(frozen=True)
class SummarizeConfig:
    """All settings of the main job."""

    decode: DecodeConfig = field(default_factory=DecodeConfig)
    features: FeatureConfig = field(default_factory=FeatureConfig)
    shots: ShotConfig = field(default_factory=ShotConfig)
    draw: DrawConfig = field(default_factory=DrawConfig)
    select: SelectConfig = field(default_factory=SelectConfig)
    cut: CutConfig = field(default_factory=CutConfig)
    cache: CacheConfig = field(default_factory=CacheConfig)
    limits: LimitConfig = field(default_factory=LimitConfig)

    def replace(self, **changes: Any) -> "SummarizeConfig":
        """Returns a copy with some settings of any stages changed: `config.replace(samples=3, ratio=0.1)`.

        Raises:
            ConfigError: an unknown setting or a bad value.
        """
        by_stage: dict[str, dict[str, Any]] = {}
        for name, value in changes.items():
            if name not in STAGE_BY_SETTING:
                raise ConfigError(f"unknown setting {name!r}", remedy=_guess(name, STAGE_BY_SETTING))
            by_stage.setdefault(STAGE_BY_SETTING[name], {})[name] = value
        stages = {stage: dataclasses.replace(getattr(self, stage), **some) for stage, some in by_stage.items()}
        return dataclasses.replace(self, **stages)

    def as_dict(self) -> dict[str, Any]:
        """Returns nested dictionaries of plain values, ready for JSON."""

        def plain(value: Any) -> Any:
            if isinstance(value, dict):
                return {k: plain(v) for k, v in value.items()}
            return str(value) if isinstance(value, Path) else value

        return {k: plain(v) for k, v in dataclasses.asdict(self).items()}


STAGES: dict[str, type] = {name: type(stage) for name, stage in vars(SummarizeConfig()).items()}
"""The class of settings of each stage."""
STAGE_BY_SETTING = stage_by_setting(STAGES)
"""The stage of each setting; no two share a name."""

_RENAMED_TABLES = {"sample": "draw"}
"""Tables of a configuration file by their former name."""


def load_toml(path: str | Path) -> dict[str, Any]:
    """Reads settings for `SummarizeConfig.replace` from a TOML file with one table for each stage.

    Tables are named as the fields of `SummarizeConfig` (``[decode]``, ``[features]``, ...), keys as theirs.

    Raises:
        ConfigError: the file cannot be read, is not TOML, or holds an unknown table, an unknown key or a bad value.
    """
    try:
        tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {(error.strerror or str(error)).lower()}", remedy="check the path") from error
    except (ValueError, RecursionError) as error:  # also of numbers with too many digits, and of too many brackets
        raise ConfigError(f"{path}: {error}", remedy="give a readable TOML file") from error
    found: dict[str, Any] = {}
    for table, values in tables.items():
        if table in _RENAMED_TABLES:
            new = _RENAMED_TABLES[table]
            raise ConfigError(f"{path}: [{table}] is now called [{new}]", remedy=f"rename the table to [{new}]")
        if table in STAGE_BY_SETTING:
            raise ConfigError(
                f"{path}: {table} stands in no table", remedy=f"write it below [{STAGE_BY_SETTING[table]}]"
            )
        if table not in STAGES:
            raise ConfigError(f"{path}: unknown table [{table}]", remedy=_guess(table, STAGES))
        if not isinstance(values, dict):
            raise ConfigError(
                f"{path}: {table} is a table, not a value", remedy=f"write [{table}] and settings below it"
            )
        found |= _read_table(path, table, values)
    return found


def _read_table(path: str | Path, table: str, values: dict[str, Any]) -> dict[str, Any]:
    known = {one.name: one for one in settings_of(STAGES[table])}
    for key in values:
        if key not in known:
            right = STAGE_BY_SETTING.get(key)
            remedy = _guess(key, known) if right is None else f"write it below [{right}]"
            raise ConfigError(f"{path}: unknown key {key!r} in [{table}]", remedy=remedy)
    return {key: known[key].check(value, f"{path}: [{table}] {key} = ") for key, value in values.items()}


def _guess(name: str, known: Iterable[str]) -> str:
    """Returns a remedy for a misspelt name."""
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return f"did you mean {near[0]}?" if near else "use " + ", ".join(known)
