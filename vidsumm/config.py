"""The settings of every stage: frozen dataclasses, filled from TOML files and command-line flags.

A bad value raises a `ConfigError` that names its flag.
"""

import dataclasses
import math
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from vidsumm.errors import ConfigError

__all__ = [
    "BACKBONES",
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
    "SegmenterName",
    "SelectConfig",
    "ShotConfig",
    "SummarizeConfig",
    "load_toml",
    "parse_duration",
]

DecoderName = Literal["auto", "decord", "pyav"]
BackboneName = Literal["inception-v3", "googlenet", "googlenet-bvlc"]
DeviceName = Literal["auto", "cpu", "cuda"]
SegmenterName = Literal["kts", "kernelcpd", "pelt", "uniform"]
CutMode = Literal["exact", "copy"]
BACKBONES: tuple[BackboneName, ...] = get_args(BackboneName)


def _require(condition: bool, flag: str, value: object, wanted: str) -> None:
    if not condition:
        raise ConfigError(f"{flag}: {value!r} is not allowed", remedy=f"give {wanted}")


def _choice(value: str, options: object, flag: str) -> None:
    names = get_args(options)
    _require(value in names, flag, value, "one of " + ", ".join(names))


@dataclass(frozen=True)
class DecodeConfig:
    """How frames are sampled."""

    fps: float = 2.0
    """Samples per second (--fps)."""
    decoder: DecoderName = "auto"
    """auto tries PyAV first and decord if it fails (--decoder)."""
    stall_s: float = 60.0
    """Seconds without a frame after which a decoder is stopped (--stall-timeout)."""
    fast: bool = False
    """Look at frames near the sampled ones where those are quicker to decode (--fast)."""

    def __post_init__(self) -> None:
        _require(not (self.fast and self.decoder == "decord"), "--decoder", "decord", "auto or pyav with --fast")
        _require(0.01 <= self.fps <= 60, "--fps", self.fps, "a rate between 0.01 and 60 samples per second")
        _choice(self.decoder, DecoderName, "--decoder")
        _require(0 < self.stall_s < math.inf, "--stall-timeout", self.stall_s, "a positive number of seconds")


@dataclass(frozen=True)
class FeatureConfig:
    """Which feature network is used, and where it runs."""

    backbone: BackboneName = "inception-v3"
    """Feature network (--backbone)."""
    backbone_weights: Path | None = None
    """Its weights where they do not come with an installed package (--backbone-weights)."""
    device: DeviceName = "auto"
    """Where networks run (--device)."""
    batch_size: int = 16
    """Frames per network call (--batch-size). Larger batches are slower on a CPU: memory for them is allocated anew."""

    def __post_init__(self) -> None:
        _choice(self.backbone, BackboneName, "--backbone")
        _choice(self.device, DeviceName, "--device")
        _require(1 <= self.batch_size <= 4096, "--batch-size", self.batch_size, "a whole number from 1 to 4096")


@dataclass(frozen=True)
class ShotConfig:
    """How the video is divided into shots."""

    segmenter: SegmenterName = "kts"
    """Change-point method (--segmenter)."""
    min_shot_s: float = 1.0
    """Shorter shots join a neighbour (--min-shot)."""
    max_shot_s: float = 6.0
    """Longer shots are divided (--max-shot)."""
    penalty: float = 1.0
    """Strength of the penalty on the number of shots (--penalty); `vmax` of KTS."""

    def __post_init__(self) -> None:
        _choice(self.segmenter, SegmenterName, "--segmenter")
        _require(0 <= self.min_shot_s < math.inf, "--min-shot", self.min_shot_s, "seconds, zero or more")
        _require(
            0 < self.max_shot_s < math.inf and self.max_shot_s >= 2 * self.min_shot_s,
            "--max-shot",
            self.max_shot_s,
            f"seconds, at least twice --min-shot ({self.min_shot_s:g})",
        )
        _require(0 < self.penalty < math.inf, "--penalty", self.penalty, "a positive number")


@dataclass(frozen=True)
class DrawConfig:
    """How importance curves are drawn."""

    samples: int = 5
    """Number of different summaries (--samples)."""
    steps: int = 10
    """Denoising steps (--steps)."""
    guidance: float | None = None
    """Classifier-free guidance weight w; None takes the checkpoint's own (--guidance)."""
    seed: int = 0
    """Seed of the first draw (--seed)."""
    redraws: int = 8
    """How often a curve that repeats an earlier selection is drawn again (--redraws)."""
    weights: Path | None = None
    """Checkpoint (.safetensors); None takes the shipped one for the backbone (--weights)."""
    any_rate: bool = False
    """Accept a checkpoint trained at another sampling rate (--any-rate)."""

    def __post_init__(self) -> None:
        _require(1 <= self.samples <= 1000, "--samples", self.samples, "a whole number from 1 to 1000")
        _require(1 <= self.steps <= 1000, "--steps", self.steps, "a whole number from 1 to 1000")
        _require(
            self.guidance is None or 0 <= self.guidance <= 20, "--guidance", self.guidance, "a number from 0 to 20"
        )
        _require(0 <= self.seed < 2**63, "--seed", self.seed, "a whole number from 0 to 2**63 - 1")
        _require(0 <= self.redraws <= 1000, "--redraws", self.redraws, "a whole number from 0 to 1000")


@dataclass(frozen=True)
class SelectConfig:
    """How long a summary may be: a share of the video or a number of seconds, never both."""

    ratio: float | None = None
    """Share of the video's length (--ratio); 0.15 where neither is given."""
    duration_s: float | None = None
    """Seconds (--duration)."""

    def __post_init__(self) -> None:
        if self.ratio is not None and self.duration_s is not None:
            raise ConfigError("--ratio and --duration exclude each other", remedy="give one of them")
        if self.ratio is not None:
            _require(0 < self.ratio <= 1, "--ratio", self.ratio, "a share above 0 and up to 1")
        if self.duration_s is not None:
            _require(
                0 < self.duration_s < math.inf, "--duration", self.duration_s, "a positive length such as 60s or 1m30s"
            )

    def budget_s(self, video_s: float) -> float:
        """Returns the longest that a summary of a video of `video_s` seconds may last, seconds."""
        if self.duration_s is not None:
            return min(self.duration_s, video_s)
        return video_s * (0.15 if self.ratio is None else self.ratio)


@dataclass(frozen=True)
class CutConfig:
    """How the selected shots become files."""

    mode: CutMode = "exact"
    """Frame-exact re-encoding, or key-frame-aligned stream copy (--cut)."""
    crf: int = 20
    """x264 constant rate factor (--crf)."""
    preset: str = "veryfast"
    """x264 preset (--preset)."""
    ffmpeg: str | None = None
    """The ffmpeg program, by its path or its name on the PATH; None takes $VIDSUMM_FFMPEG, else the one in the package
    imageio-ffmpeg, else the one on the PATH (--ffmpeg)."""

    def __post_init__(self) -> None:
        _choice(self.mode, CutMode, "--cut")
        _require(0 <= self.crf <= 51, "--crf", self.crf, "a whole number from 0 to 51")
        presets = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
        _require(self.preset in presets, "--preset", self.preset, "one of " + ", ".join(presets))


@dataclass(frozen=True)
class CacheConfig:
    """What is kept for the next run. It changes how long a run takes, never its results."""

    use_cache: bool = True
    """Keep features, shots and curves, and read those of earlier runs (--use-cache, --no-cache)."""
    cache_folder: Path | None = None
    """Folder of the cache; None means $VIDSUMM_CACHE or the user's cache folder (--cache)."""
    cache_limit_gb: float = 2.0
    """Largest size of the cache, 10**9 bytes (--cache-limit)."""

    def __post_init__(self) -> None:
        _require(
            0 < self.cache_limit_gb < math.inf, "--cache-limit", self.cache_limit_gb, "a positive number of gigabytes"
        )


@dataclass(frozen=True)
class LimitConfig:
    """What an input may demand before it is refused, so that no file can exhaust the machine."""

    max_pixels: int = 1 << 27
    """Most pixels of a frame, 16384 x 8192 by default (--max-pixels)."""
    max_hours: float = 24.0
    """Longest video, hours (--max-hours)."""
    max_streams: int = 100
    """Most streams in a file (--max-streams)."""
    max_memory_gb: float = 8.0
    """Most memory of the process that decodes, 10**9 bytes (--max-memory)."""

    def __post_init__(self) -> None:
        _require(self.max_pixels >= 1, "--max-pixels", self.max_pixels, "a whole number above zero")
        _require(0 < self.max_hours < math.inf, "--max-hours", self.max_hours, "a positive number of hours")
        _require(self.max_streams >= 1, "--max-streams", self.max_streams, "a whole number above zero")
        _require(1 <= self.max_memory_gb < math.inf, "--max-memory", self.max_memory_gb, "1 GB or more")


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
        """Returns a copy with some fields of any stages changed: `config.replace(samples=3, ratio=0.1)`.

        Raises:
            ConfigError: an unknown field or a bad value.
        """
        parts: dict[str, Any] = {}
        for part in dataclasses.fields(self):
            current = getattr(self, part.name)
            names = {f.name for f in dataclasses.fields(current)}
            mine = {name: changes.pop(name) for name in list(changes) if name in names}
            parts[part.name] = dataclasses.replace(current, **mine)
        if changes:
            raise ConfigError(f"unknown setting {min(changes)!r}", remedy="see `vidsumm summarize --help`")
        return SummarizeConfig(**parts)

    def as_dict(self) -> dict[str, Any]:
        """Returns nested dictionaries of plain values, ready for JSON."""

        def plain(value: Any) -> Any:
            if isinstance(value, dict):
                return {k: plain(v) for k, v in value.items()}
            return str(value) if isinstance(value, Path) else value

        return {k: plain(v) for k, v in dataclasses.asdict(self).items()}


_RENAMED_TABLES = {"sample": "draw"}
"""Tables of a configuration file by their former name."""
_PATH_FIELDS = {"backbone_weights", "weights", "cache_folder"}


def _convert(name: str, value: Any, default: Any) -> Any:
    """Returns a TOML value as the field wants it; refuses one of the wrong type. Floats may be whole numbers."""
    if name in _PATH_FIELDS:
        ok, value = isinstance(value, str), Path(value) if isinstance(value, str) else value
    elif name == "ffmpeg":
        ok = isinstance(value, str)
    elif name in ("ratio", "duration_s", "guidance") or isinstance(default, float):
        ok = isinstance(value, int | float) and not isinstance(value, bool)
    elif isinstance(default, bool):
        ok = isinstance(value, bool)
    else:
        ok = type(value) is type(default)
    if not ok:
        raise ConfigError(f"setting {name} = {value!r} has the wrong type", remedy="see `vidsumm summarize --help`")
    return value


def _bad_config(path: Path, what: object, remedy: str = "see `vidsumm summarize --help`") -> ConfigError:
    return ConfigError(f"--config {path}: {what}", remedy=remedy)


def load_toml(path: Path) -> dict[str, Any]:
    """Reads settings for `SummarizeConfig.replace` from a TOML file with one table per stage.

    Tables are named as the fields of `SummarizeConfig` (``[decode]``, ``[features]``, ...), keys as theirs.

    Raises:
        ConfigError: the file cannot be read, is not TOML, or holds an unknown table, key or type.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _bad_config(path, error, "give a readable TOML file") from error
    defaults = SummarizeConfig()
    known = {f.name: getattr(defaults, f.name) for f in dataclasses.fields(defaults)}
    flat: dict[str, Any] = {}
    for table, values in tables.items():
        if table in _RENAMED_TABLES:
            new = _RENAMED_TABLES[table]
            raise _bad_config(path, f"[{table}] is now called [{new}]", f"rename the table to [{new}]")
        if table not in known or not isinstance(values, dict):
            raise _bad_config(path, f"unknown table [{table}]", "use " + ", ".join(f"[{k}]" for k in known))
        for key, value in values.items():
            if not hasattr(known[table], key):
                raise _bad_config(path, f"unknown key {key!r} in [{table}]")
            flat[key] = _convert(key, value, getattr(known[table], key))
    return flat


_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_DURATION = re.compile(rf"(?:{_NUMBER}h)?(?:{_NUMBER}m)?(?:{_NUMBER}s?)?")


def parse_duration(text: str, flag: str = "--duration") -> float:
    """Returns the seconds in a text such as ``90``, ``90s``, ``1m30s``, ``1.5m`` or ``1h``.

    Raises:
        ConfigError: the text is none of these; names `flag`.
    """
    bad = ConfigError(f"{flag}: {text!r} is not a length above zero", remedy="write 60s, 1m30s or a number of seconds")
    match = _DURATION.fullmatch(text.strip().lower())
    if not match or not text.strip():
        raise bad
    hours, minutes, seconds = (float(part) if part else 0.0 for part in match.groups())
    total = 3600 * hours + 60 * minutes + seconds
    if total <= 0:
        raise bad
    return total
