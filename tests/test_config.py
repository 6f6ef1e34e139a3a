"""Settings: every bad value is refused by the name of its flag, files and flags fill the same fields."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidsumm.config import (
    CacheConfig,
    CutConfig,
    DecodeConfig,
    DrawConfig,
    FeatureConfig,
    LimitConfig,
    SelectConfig,
    ShotConfig,
    SummarizeConfig,
    load_toml,
    parse_duration,
)
from vidsumm.errors import ConfigError

STAGES = (DecodeConfig, FeatureConfig, ShotConfig, DrawConfig, SelectConfig, CutConfig, CacheConfig, LimitConfig)

BAD = [
    ("fps", 0.0, "--fps"),
    ("fps", 61.0, "--fps"),
    ("fps", math.nan, "--fps"),
    ("decoder", "vlc", "--decoder"),
    ("stall_s", 0.0, "--stall-timeout"),
    ("backbone", "resnet", "--backbone"),
    ("device", "tpu", "--device"),
    ("batch_size", 0, "--batch-size"),
    ("batch_size", 5000, "--batch-size"),
    ("segmenter", "scenes", "--segmenter"),
    ("min_shot_s", -1.0, "--min-shot"),
    ("max_shot_s", 0.0, "--max-shot"),
    ("max_shot_s", 1.9, "--max-shot"),
    ("max_shot_s", math.inf, "--max-shot"),
    ("penalty", math.inf, "--penalty"),
    ("stall_s", math.inf, "--stall-timeout"),
    ("duration_s", math.inf, "--duration"),
    ("penalty", 0.0, "--penalty"),
    ("samples", 0, "--samples"),
    ("samples", 1001, "--samples"),
    ("steps", 0, "--steps"),
    ("guidance", -0.1, "--guidance"),
    ("guidance", math.nan, "--guidance"),
    ("seed", -1, "--seed"),
    ("seed", 2**63, "--seed"),
    ("redraws", -1, "--redraws"),
    ("ratio", 0.0, "--ratio"),
    ("ratio", 1.01, "--ratio"),
    ("duration_s", 0.0, "--duration"),
    ("mode", "smart", "--cut"),
    ("crf", 52, "--crf"),
    ("preset", "placebo", "--preset"),
    ("cache_limit_gb", 0.0, "--cache-limit"),
    ("cache_limit_gb", math.inf, "--cache-limit"),
    ("max_pixels", 0, "--max-pixels"),
    ("max_hours", 0.0, "--max-hours"),
    ("max_hours", math.inf, "--max-hours"),
    ("max_streams", 0, "--max-streams"),
    ("max_memory_gb", 0.5, "--max-memory"),
]


@pytest.mark.parametrize(("field", "value", "flag"), BAD, ids=[f"{field}={value}" for field, value, _ in BAD])
def test_bad_value_names_its_flag(field: str, value: object, flag: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SummarizeConfig().replace(**{field: value})
    assert caught.value.what.startswith(f"{flag}: ")
    assert repr(value) in caught.value.what
    assert caught.value.remedy


def test_decord_cannot_hurry() -> None:
    with pytest.raises(ConfigError, match=r"--decoder: 'decord'") as caught:
        SummarizeConfig().replace(fast=True, decoder="decord")
    assert "--fast" in caught.value.remedy


def test_every_setting_that_can_be_bad_is_tried() -> None:
    free = {"backbone_weights", "weights", "any_rate", "fast", "use_cache", "cache_folder", "ffmpeg"}
    fields = {field.name for stage in STAGES for field in dataclasses.fields(stage)}
    assert {field for field, _, _ in BAD} == fields - free


def test_fields_of_stages_do_not_clash() -> None:
    names = [field.name for stage in STAGES for field in dataclasses.fields(stage)]
    assert len(names) == len(set(names))


def test_ratio_and_duration_exclude_each_other() -> None:
    with pytest.raises(ConfigError, match="--ratio and --duration"):
        SummarizeConfig().replace(ratio=0.1, duration_s=10.0)


@pytest.mark.parametrize(
    ("changes", "budget_s"),
    [({}, 15.0), ({"ratio": 0.5}, 50.0), ({"duration_s": 60.0}, 60.0), ({"duration_s": 1e4}, 100.0)],
)
def test_budget_of_a_video_of_100_s(changes: dict[str, float], budget_s: float) -> None:
    assert SummarizeConfig().replace(**changes).select.budget_s(100.0) == pytest.approx(budget_s)


def test_replace_keeps_what_is_not_named() -> None:
    first = SummarizeConfig().replace(samples=3, crf=18)
    second = first.replace(steps=4)
    assert (second.draw.samples, second.draw.steps, second.cut.crf) == (3, 4, 18)
    assert second.decode == DecodeConfig()


def test_replace_refuses_an_unknown_setting() -> None:
    with pytest.raises(ConfigError, match="'sampels'"):
        SummarizeConfig().replace(sampels=3)


def test_as_dict_is_plain() -> None:
    plain = SummarizeConfig().replace(weights=Path("a.safetensors")).as_dict()
    assert plain["draw"]["weights"] == "a.safetensors"
    assert set(plain) == {"decode", "features", "shots", "draw", "select", "cut", "cache", "limits"}


def write(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_toml_fills_every_stage(tmp_path: Path) -> None:
    text = """
        [decode]
        fps = 1
        [features]
        backbone = "googlenet-bvlc"
        backbone_weights = "bvlc.npz"
        [shots]
        max_shot_s = 8
        [draw]
        samples = 3
        any_rate = true
        guidance = 1
        [select]
        duration_s = 45.5
        [cut]
        mode = "copy"
        [cache]
        use_cache = false
        cache_folder = "kept"
        cache_limit_gb = 10
    """
    config = SummarizeConfig().replace(**load_toml(write(tmp_path, text)))
    assert config.decode.fps == 1
    assert config.features.backbone_weights == Path("bvlc.npz")
    assert (config.shots.max_shot_s, config.draw.samples, config.draw.any_rate) == (8, 3, True)
    assert (config.draw.guidance, config.select.duration_s, config.cut.mode) == (1, 45.5, "copy")
    assert config.cache == CacheConfig(use_cache=False, cache_folder=Path("kept"), cache_limit_gb=10)


def test_empty_toml_changes_nothing(tmp_path: Path) -> None:
    assert load_toml(write(tmp_path, "")) == {}


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[cache]\nuse_cache = 1\n", "use_cache = 1"),
        ("[decode\n", "settings.toml"),
        ("[decoding]\n", "[decoding]"),
        ("samples = 3\n", "[samples]"),
        ("[sample]\nsamples = 3\n", "[sample] is now called [draw]"),
        ("[draw]\nsampels = 3\n", "'sampels'"),
        ("[draw]\nsamples = 3.5\n", "samples = 3.5"),
        ("[draw]\nsamples = true\n", "samples = True"),
        ("[draw]\nany_rate = 1\n", "any_rate = 1"),
        ("[draw]\nweights = 1\n", "weights = 1"),
        ("[decode]\nfps = '2'\n", "fps = '2'"),
        ("[decode]\nfps = true\n", "fps = True"),
        ("[select]\nduration_s = '60s'\n", "duration_s = '60s'"),
        ("[select]\nbudget_s = 3\n", "budget_s"),
    ],
)
def test_bad_toml_says_where(tmp_path: Path, text: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_toml(write(tmp_path, text))
    assert hint in caught.value.what
    assert caught.value.remedy


def test_missing_toml_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml"):
        load_toml(tmp_path / "absent.toml")


def test_toml_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"binary\.toml"):
        load_toml(path)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("1m30s", 90), ("1.5m", 90), ("1h", 3600), ("1h1m1s", 3661), (" 2M ", 120), (".5", 0.5)],
)
def test_lengths(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", " ", "0", "0s", "-5", "1e3", "s", "m", "1m30x", "30s1m", "1:30", "nan", "inf"])
def test_what_is_no_length(text: str) -> None:
    with pytest.raises(ConfigError, match="--length"):
        parse_duration(text, "--length")


PART = st.integers(0, 10**6)


@given(hours=PART, minutes=PART, thousandths=PART)
@settings(deadline=None, max_examples=50)
def test_written_lengths_are_read_back(hours: int, minutes: int, thousandths: int) -> None:
    seconds = 3600 * hours + 60 * minutes + thousandths / 1000
    text = f"{hours}h{minutes}m{thousandths / 1000:.3f}s"
    if seconds:
        assert parse_duration(text) == pytest.approx(seconds)
    else:
        with pytest.raises(ConfigError):
            parse_duration(text)


def refusal(make: Callable[[], object]) -> str:
    """What the `ConfigError` says that `make` raises; nothing where it raises none."""
    try:
        make()
    except ConfigError as error:
        return error.what
    return ""


@given(text=st.text(max_size=12))
@settings(deadline=None, max_examples=50)
def test_any_text_is_a_length_or_refused_by_name(text: str) -> None:
    what = refusal(lambda: parse_duration(text))
    assert what.startswith("--duration") if what else parse_duration(text) > 0


@given(changes=st.dictionaries(st.sampled_from(["fps", "ratio", "penalty", "max_shot_s"]), st.floats(), max_size=3))
@settings(deadline=None, max_examples=50)
def test_any_numbers_are_settings_or_refused_by_name(changes: dict[str, Any]) -> None:
    what = refusal(lambda: SummarizeConfig().replace(**changes))
    assert what.startswith("--") or not what
