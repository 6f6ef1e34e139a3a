"""Settings of the main job: every bad value is refused by its name, files and calls fill the same fields."""

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidsumm.config import STAGES, CacheConfig, DecodeConfig, SummarizeConfig, load_toml
from vidsumm.errors import ConfigError
from vidsumm.settings import settings_of

BAD = [
    ("fps", 0.0),
    ("fps", 61.0),
    ("fps", math.nan),
    ("fps", "2"),
    ("fps", True),
    ("decoder", "vlc"),
    ("fast", 1),
    ("stall_s", 0.0),
    ("stall_s", math.inf),
    ("backbone", "resnet"),
    ("backbone", None),
    ("backbone_weights", 1),
    ("device", "tpu"),
    ("batch_size", 0),
    ("batch_size", 5000),
    ("batch_size", 16.0),
    ("segmenter", "scenes"),
    ("min_shot_s", -1.0),
    ("max_shot_s", 0.0),
    ("max_shot_s", 1.9),
    ("max_shot_s", math.inf),
    ("penalty", 0.0),
    ("penalty", math.inf),
    ("penalty", 10**400),
    ("samples", 0),
    ("samples", 1001),
    ("samples", True),
    ("samples", None),
    ("steps", 0),
    ("guidance", -0.1),
    ("guidance", math.nan),
    ("seed", -1),
    ("seed", 2**63),
    ("redraws", -1),
    ("weights", 3),
    ("any_rate", "yes"),
    ("ratio", 0.0),
    ("ratio", 1.01),
    ("duration_s", 0.0),
    ("duration_s", math.inf),
    ("duration_s", "soon"),
    ("duration_s", "0s"),
    ("mode", "smart"),
    ("crf", 52),
    ("preset", "placebo"),
    ("ffmpeg", 7),
    ("use_cache", 0),
    ("cache_folder", 0),
    ("cache_limit_gb", 0.0),
    ("cache_limit_gb", math.inf),
    ("max_pixels", 0),
    ("max_hours", 0.0),
    ("max_hours", math.inf),
    ("max_streams", 0),
    ("max_memory_gb", 0.5),
]


@pytest.mark.parametrize(("name", "value"), BAD, ids=[f"{name}={value!s:.9}" for name, value in BAD])
def test_a_bad_value_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(ConfigError) as caught:
        SummarizeConfig().replace(**{name: value})
    assert caught.value.what == f"`{name}`: {value!r} is not allowed"
    assert caught.value.remedy.startswith("give ")


def test_every_setting_is_tried_with_a_bad_value() -> None:
    assert {name for name, _ in BAD} == {one.name for stage in STAGES.values() for one in settings_of(stage)}


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("fps", "give a number of samples per second from 0.01 to 60"),
        ("decoder", "give one of auto, decord, pyav"),
        ("stall_s", "give a number of seconds above 0"),
        ("batch_size", "give a whole number of frames from 1 to 4096"),
        ("min_shot_s", "give a number of seconds, 0 or more"),
        ("ratio", "give a number above 0, up to 1"),
        ("duration_s", "give a positive length such as 60s, 1m30s or a number of seconds"),
        ("weights", "give a path"),
        ("ffmpeg", "give a text"),
        ("fast", "give true or false"),
    ],
)
def test_the_remedy_says_what_may_be_given(name: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SummarizeConfig().replace(**{name: -1})
    assert caught.value.remedy == remedy


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("fps", 1, 1.0),
        ("fps", np.float32(0.5), 0.5),
        ("fps", Fraction(5, 2), 2.5),
        ("samples", np.int64(3), 3),
        ("weights", "mine.safetensors", Path("mine.safetensors")),
        ("weights", None, None),
        ("duration_s", "1m30s", 90.0),
        ("duration_s", 60, 60.0),
        ("guidance", 0, 0.0),
    ],
)
def test_values_have_the_type_of_their_setting(name: str, given: object, value: object) -> None:
    config = SummarizeConfig().replace(**{name: given})
    (kept,) = [getattr(stage, name) for stage in vars(config).values() if hasattr(stage, name)]
    assert (type(kept), kept) == (type(value), value)


def test_decord_cannot_hurry() -> None:
    with pytest.raises(ConfigError, match=r"`decoder`: 'decord' is not allowed with `fast`"):
        SummarizeConfig().replace(fast=True, decoder="decord")


def test_the_longest_shot_can_be_divided_into_two() -> None:
    SummarizeConfig().replace(min_shot_s=3, max_shot_s=6)
    with pytest.raises(ConfigError, match=r"`max_shot_s`: 5\.9 .*at least twice `min_shot_s` \(3\)"):
        SummarizeConfig().replace(min_shot_s=3, max_shot_s=5.9)


def test_ratio_and_duration_exclude_each_other() -> None:
    with pytest.raises(ConfigError, match="`ratio` and `duration_s`"):
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
    with pytest.raises(ConfigError, match=r"unknown setting 'sampels' \(did you mean samples\?\)"):
        SummarizeConfig().replace(sampels=3)
    with pytest.raises(ConfigError, match=r"unknown setting 'zzz' \(use fps, decoder, .*\)"):
        SummarizeConfig().replace(zzz=3)


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
        duration_s = "45.5s"
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
        ("[decode]\nfps = 0\n", "[decode] fps = 0 is not allowed"),
        ("[cut]\npreset = 'placebo'\n", "[cut] preset = 'placebo' is not allowed"),
        ("[draw]\nfps = 2\n", "unknown key 'fps' in [draw]"),
        ("[draw]\n__doc__ = 2\n", "unknown key '__doc__' in [draw]"),
        ("[cache]\nuse_cache = 1\n", "use_cache = 1"),
        ("[decode\n", "settings.toml"),
        ("[decoding]\n", "[decoding]"),
        ("samples = 3\n", "samples stands in no table"),
        ("decode = 3\n", "decode is a table, not a value"),
        ("[decode]\nsamples = 3\n", "unknown key 'samples' in [decode]"),
        ("[Draw]\nsamples = 3\n", "unknown table [Draw]"),
        ("a = " + "[" * 5000 + "\n", "settings.toml: "),
        ("a = " + "9" * 5001 + "\n", "settings.toml: "),
        ("[sample]\nsamples = 3\n", "[sample] is now called [draw]"),
        ("[draw]\nsampels = 3\n", "'sampels'"),
        ("[draw]\nsamples = 3.5\n", "samples = 3.5"),
        ("[draw]\nsamples = true\n", "samples = True"),
        ("[draw]\nany_rate = 1\n", "any_rate = 1"),
        ("[draw]\nweights = 1\n", "weights = 1"),
        ("[decode]\nfps = '2'\n", "fps = '2'"),
        ("[decode]\nfps = true\n", "fps = True"),
        ("[select]\nduration_s = '1:00'\n", "duration_s = '1:00'"),
        ("[select]\nbudget_s = 3\n", "budget_s"),
    ],
)
def test_bad_toml_says_where(tmp_path: Path, text: str, hint: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_toml(path)
    assert caught.value.what.startswith(f"{path}: ")
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


def refusal(changes: dict[str, Any]) -> str:
    """What the `ConfigError` says that the changes lead to; nothing where they are allowed."""
    try:
        SummarizeConfig().replace(**changes)
    except ConfigError as error:
        return error.what
    return ""


@given(changes=st.dictionaries(st.sampled_from(["fps", "ratio", "penalty", "max_shot_s"]), st.floats(), max_size=3))
@settings(deadline=None, max_examples=50)
def test_any_numbers_are_settings_or_refused_by_name(changes: dict[str, Any]) -> None:
    what = refusal(changes)
    assert not what or any(what.startswith(f"`{name}`: ") for name in changes)
