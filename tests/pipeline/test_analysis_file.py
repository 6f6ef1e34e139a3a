"""What `Analysis.save` writes, `Analysis.load` reads; everything else it refuses in one line."""

import dataclasses
import pickle
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.videos import make_analysis, scenes, video_info
from vidsumm.array_file import Entry, pack, read
from vidsumm.config import ShotConfig
from vidsumm.errors import InputError
from vidsumm.pipeline.analysis import Analysis
from vidsumm.pipeline.analysis_file import FORMAT
from vidsumm.progress import Log

IDENTITY = {"format": FORMAT}


@pytest.fixture
def analysis() -> Analysis:
    found = make_analysis(video_info([40] * 250, keys=[0, 130]), scenes([11, 9]), ShotConfig(segmenter="pelt"))
    return dataclasses.replace(found, log=Log(("a notice",), ("decode",), {"probe": 0.25}))


@pytest.fixture
def path(analysis: Analysis, tmp_path: Path) -> Path:
    analysis.save(tmp_path / "holiday.analysis")
    return tmp_path / "holiday.analysis"


def flat(value: Any) -> Any:
    """A value with arrays as lists, to compare."""
    if dataclasses.is_dataclass(value):
        return {field.name: flat(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return (value.dtype, value.tolist()) if isinstance(value, np.ndarray) else value


def test_every_field_comes_back(analysis: Analysis, path: Path) -> None:
    again = Analysis.load(path)
    source = dataclasses.replace(analysis.info, path=Path("holiday.mp4").absolute())
    kept = dataclasses.replace(analysis, source=dataclasses.replace(analysis.source, info=source))
    assert flat(again) == flat(kept)
    assert type(again.info.video.time_base) is Fraction
    assert isinstance(again.info.path, Path)


def test_it_can_be_pickled(analysis: Analysis) -> None:
    assert flat(pickle.loads(pickle.dumps(analysis))) == flat(analysis)  # noqa: S301 our own object


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*nothing: no such file or directory \("):
        Analysis.load(tmp_path / "nothing")


def test_another_kind_of_file(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(pack({"format": "vidsumm.cache/1"}, Entry({"a": np.zeros(1)})))
    with pytest.raises(InputError, match="is no usable analysis: something else"):
        Analysis.load(tmp_path / "other")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda facts, arrays: facts.pop("decoder"), "analysis.decoder is missing"),
        (lambda facts, arrays: facts.update(more=1), "analysis.more is unknown"),
        (lambda facts, arrays: facts["source"]["info"].update(size_bytes="7"), "source.info.size_bytes"),
        (lambda facts, arrays: facts["source"]["info"]["video"].update(time_base="1/0"), "source.info.video.time_base"),
        (lambda facts, arrays: facts["decode"].update(decoder="gstreamer"), "decode.decoder"),
        (lambda facts, arrays: facts["decode"].update(fps=-1.0), "fps"),
        (lambda facts, arrays: facts["source"].update(stamp=[1]), "source.stamp"),
        (lambda facts, arrays: facts["log"].update(timings_s={"probe": "long"}), "log.timings_s.probe"),
        (lambda facts, arrays: arrays.pop("features"), "features"),
        (lambda facts, arrays: arrays.update({"more.features": arrays["features"]}), "more.features is unknown"),
        (lambda facts, arrays: arrays.update(features=arrays["features"].astype(np.float64)), "features"),
        (lambda facts, arrays: arrays.update(features=arrays["features"][:-1]), "features"),
        (lambda facts, arrays: arrays.update(features=arrays["features"] * np.float32("nan")), "features"),
        (lambda facts, arrays: arrays.update(features=arrays["features"][::-1]), "content"),
        (lambda facts, arrays: arrays.update(change_points=np.array([11, 99])), "change_points"),
        (lambda facts, arrays: arrays.update(change_points=np.array([11, 5])), "change_points"),
        (lambda facts, arrays: arrays.update({"samples.frame_idx": np.full(20, 250)}), "samples.frame_idx"),
        (lambda facts, arrays: arrays.update({"source.info.frame_pts": np.zeros(250, np.int64)}), "frame_pts"),
        (lambda facts, arrays: arrays.update(thumbnails=np.zeros((2, 9, 16), np.uint8)), "thumbnails"),
    ],
)
def test_what_does_not_fit_together_is_refused(change: Any, place: str, path: Path) -> None:
    entry = read(path, IDENTITY)
    facts, arrays = dict(entry.facts), dict(entry.arrays)
    change(facts, arrays)
    path.write_bytes(pack(IDENTITY, Entry(arrays, facts)))
    with pytest.raises(InputError, match=f"is no usable analysis: .*{place}"):
        Analysis.load(path)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_is_one_line(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.analysis"
    make_analysis(video_info([40] * 50), scenes([4])).save(path)
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    with pytest.raises(InputError, match="no usable analysis"):
        Analysis.load(path)
