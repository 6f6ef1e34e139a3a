"""Fields of settings: what follows from their types, units and bounds, and that a name means one thing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidsumm.config import STAGE_BY_SETTING, STAGES, CutConfig
from vidsumm.errors import ConfigError
from vidsumm.settings import Setting, Settings, setting, settings_of, stage_by_setting

Fruit = Literal["apple", "pear"]


@dataclass(frozen=True)
class Basket(Settings):
    fruit: Fruit = setting("pear", "One of {choices}", metavar="NAME")
    pieces: int = setting(3, "How many", letter="p", unit="pieces", low=1, high=9)
    weight_kg: float | None = setting(None, "How heavy", flag="weight", unit="kilograms", above=0)
    is_ripe: bool = setting(True, "Whether it can be eaten", off_flag="unripe")
    label: Path | None = setting(None, "Picture of it")
    owner: str = "nobody"


def of(name: str) -> Setting:
    (one,) = [one for one in settings_of(Basket) if one.name == name]
    return one


def test_a_setting_is_completed_from_its_field() -> None:
    assert [one.name for one in settings_of(Basket)] == ["fruit", "pieces", "weight_kg", "is_ripe", "label"]
    assert [one.kind for one in settings_of(Basket)] == [str, int, float, bool, Path]
    assert [one.default for one in settings_of(Basket)] == ["pear", 3, None, True, None]
    assert (of("fruit").choices, of("fruit").help) == (("apple", "pear"), "One of apple or pear")


def test_flags_follow_the_name_unless_they_are_given() -> None:
    assert [one.flag for one in settings_of(Basket)] == ["fruit", "pieces", "weight", "is-ripe", "label"]
    assert [one.off_flag for one in settings_of(Basket)] == ["", "", "", "unripe", ""]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("fruit", "one of apple, pear"),
        ("pieces", "a whole number of pieces from 1 to 9"),
        ("weight_kg", "a number of kilograms above 0"),
        ("is_ripe", "true or false"),
        ("label", "a path"),
    ],
)
def test_what_is_wanted_follows_from_type_unit_and_bounds(name: str, wanted: str) -> None:
    assert of(name).wanted == wanted


@given(pieces=st.integers(-20, 20))
def test_bounds_belong_to_what_is_allowed(pieces: int) -> None:
    if 1 <= pieces <= 9:
        assert Basket(pieces=pieces).pieces == pieces
    else:
        with pytest.raises(ConfigError, match="`pieces`: "):
            Basket(pieces=pieces)


def test_the_bound_above_does_not() -> None:
    assert Basket(weight_kg=0.1).weight_kg == 0.1
    with pytest.raises(ConfigError):
        Basket(weight_kg=0.0)


def test_the_place_of_a_bad_value_can_be_named() -> None:
    with pytest.raises(ConfigError) as caught:
        of("pieces").check(10, "a.toml: [basket] pieces = ")
    assert caught.value.what == "a.toml: [basket] pieces = 10 is not allowed"


def test_a_misspelt_trait_is_an_error() -> None:
    with pytest.raises(TypeError, match="lowest"):
        setting(1, "Some", lowest=1)


@dataclass(frozen=True)
class Crate(Settings):
    pieces: int = setting(3, "How many")


@dataclass(frozen=True)
class Shelf(Settings):
    crate: int = setting(3, "Where")


def test_a_name_means_one_thing() -> None:
    assert stage_by_setting({"basket": Basket, "shelf": Shelf})["crate"] == "shelf"
    with pytest.raises(TypeError, match="'pieces' of the stage 'crate'"):
        stage_by_setting({"basket": Basket, "crate": Crate})
    with pytest.raises(TypeError, match="'crate' of the stage 'shelf'"):
        stage_by_setting({"crate": Crate, "shelf": Shelf})


def test_every_field_of_a_stage_is_a_setting() -> None:
    fields = {name: stage for stage, kind in STAGES.items() for name in vars(kind())}
    assert fields == STAGE_BY_SETTING


def test_a_program_may_be_given_as_a_path() -> None:
    assert CutConfig(ffmpeg=Path("/opt/ffmpeg")).ffmpeg == "/opt/ffmpeg"  # type: ignore[arg-type]
