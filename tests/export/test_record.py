import dataclasses
import json
import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import schema
from tests.support.records import Video, invent, invent_together
from vidsumm.errors import InputError, OutputError
from vidsumm.export.jsontree import StructureError, parse, render
from vidsumm.export.record import (
    ShotRecord,
    SpanRecord,
    SummaryRecord,
    as_dict,
    clip_records,
    read_record,
    round_all,
    timeline_of,
    to_json,
    write_record,
)
from vidsumm.timeline import Clip, Timeline, TimelineSource

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)
THREE = (Video("a.mp4", 30.0), Video("b.mov", 12.5, audio_codec=None), Video("c.mkv", 61.2, (720, 1280)))


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    record = invent(candidates=5)
    write_record(record, tmp_path / "summary.json")
    assert read_record(tmp_path / "summary.json") == record


def test_a_dry_run_on_several_videos_comes_back_as_it_was(tmp_path: Path) -> None:
    record = invent_together(THREE)
    record = dataclasses.replace(
        record,
        keep=(SpanRecord(1, 2.0, 4.5),),
        skip=(SpanRecord(0, 0.0, 1.0), SpanRecord(2, 60.0, 61.2)),
        candidates=tuple(dataclasses.replace(c, file=None) for c in record.candidates),
    )
    write_record(record, tmp_path / "summary.json")
    assert read_record(tmp_path / "summary.json") == record


def test_sources_follow_each_other() -> None:
    record = invent_together(THREE)
    assert record.duration_s == pytest.approx(103.7)
    assert [source.offset_s for source in record.sources] == pytest.approx([0, 30, 42.5])
    assert len(record.curves[0].scores) == 60 + 25 + 123
    assert [shot.source for shot in record.shots] == sorted(shot.source for shot in record.shots)


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """Clips of one to three sources, in any order, on clocks of any rate."""
    count = draw(st.integers(1, 3))
    bases = [Fraction(draw(st.integers(1, 1001)), draw(st.integers(1, 1_000_000))) for _ in range(count)]
    sources = tuple(TimelineSource(Path(f"videos/{i}.mp4"), base, 10**6, 5000) for i, base in enumerate(bases))
    clips = []
    for source in draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=5)):
        ticks, frames = (
            sorted(draw(st.lists(st.integers(0, top), min_size=2, max_size=2, unique=True))) for top in (10**6, 5000)
        )
        sound = draw(st.sampled_from([None, (ticks[0], ticks[1])]))
        clips.append(Clip(source, ticks[0], ticks[1], frames[0], frames[1], sound))
    return Timeline(sources, tuple(clips))


@settings(deadline=None, max_examples=50)
@given(timelines())
def test_a_timeline_comes_back_exactly(tmp_path_factory: pytest.TempPathFactory, timeline: Timeline) -> None:
    blank = invent_together([Video(source.path.name, 10.0) for source in timeline.sources], candidates=1)
    sources = tuple(
        dataclasses.replace(
            record,
            time_base=f"{source.time_base.numerator}/{source.time_base.denominator}",
            end_tick=source.end_tick,
            frames=source.frames,
        )
        for record, source in zip(blank.sources, timeline.sources, strict=True)
    )
    candidate = dataclasses.replace(blank.candidates[0], clips=clip_records(timeline))
    path = tmp_path_factory.mktemp("record") / "summary.json"
    write_record(dataclasses.replace(blank, sources=sources, candidates=(candidate,)), path)
    again = read_record(path)
    assert timeline_of(again, again.candidates[0]) == timeline


def test_seconds_of_clips_are_rounded_for_readers() -> None:
    source = TimelineSource(Path("a.mp4"), Fraction(1001, 30000), 100, 100)
    (clip,) = clip_records(Timeline((source,), (Clip(0, 1, 2, 1, 2, (1, 2)),)))
    assert (clip.start_s, clip.end_s) == (0.03337, 0.06673)
    assert (clip.start_tick, clip.end_tick, clip.sound_ticks) == (1, 2, (1, 2))


def test_lists_of_numbers_stand_on_one_line_and_the_rest_is_readable() -> None:
    record = invent(duration_s=600)
    lines = to_json(record).splitlines()
    assert lines[1] == '  "schema": "vidsumm.summary/4",'
    assert sum('"scores": [' in line and line.endswith("]") for line in lines) == 3
    assert sum(line.strip().startswith('{"source": 0, "start_s": ') for line in lines) == sum(
        (len(record.shots), *(len(c.clips) for c in record.candidates))
    )
    numeric = ("scores", "times_s", "shots")
    assert all(len(line) <= 201 for line in lines if line.split('"')[1:2] not in [[name] for name in numeric])


def test_names_beyond_ascii_stay_readable_and_broken_ones_survive(tmp_path: Path) -> None:
    record = invent(name="会議 ström \udcff.mp4")
    write_record(record, tmp_path / "summary.json")
    assert "videos/会議" not in (tmp_path / "summary.json").read_text(encoding="utf-8")
    assert read_record(tmp_path / "summary.json") == record
    assert "会議 ström.mp4" in to_json(invent(name="会議 ström.mp4"))


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    record = dataclasses.replace(invent(), timings_s={"cut": math.nan})
    with pytest.raises(OutputError, match=r"summary\.timings_s\.cut is nan"):
        write_record(record, tmp_path / "summary.json")
    assert not list(tmp_path.iterdir())


def test_rounded_takes_arrays() -> None:
    values = round_all(np.array([0.1234567, 1.0], dtype=np.float32).tolist())
    assert values == (0.12346, 1.0)
    assert {type(v) for v in values} == {float}


def damage(change: Callable[[dict[str, Any]], object]) -> str:
    value = json.loads(to_json(invent()))
    change(value)
    return json.dumps(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "has the format None, not 'vidsumm.summary/4'"),
        (damage(lambda v: v.update(schema="vidsumm.summary/1")), "has the format 'vidsumm.summary/1'"),
        (damage(lambda v: v.pop("budget")), r"summary\.budget is missing"),
        (damage(lambda v: v["sources"].clear()), r"summary\.sources is empty"),
        (damage(lambda v: v["sources"][0].update(colour="red")), r"summary\.sources\[0\]\.colour is unknown"),
        (damage(lambda v: v["sources"][0].update(width="wide")), r"\.width is 'wide', not a whole number"),
        (damage(lambda v: v["sources"][0].update(is_vfr=0)), r"\.is_vfr is '0', not true or false"),
        (damage(lambda v: v["sources"][0].update(time_base="1/0")), r"sources\[0\]\.time_base is '1/0', not like"),
        (damage(lambda v: v["sources"][0].update(time_base="fast")), r"\.time_base is 'fast', not like '1/30000'"),
        (damage(lambda v: v["shots"][1].update(source=1)), r"summary\.shots\[1\]\.source is 1 of 1 sources"),
        (
            damage(lambda v: v["skip"].append({"source": -1, "start_s": 0, "end_s": 1})),
            r"summary\.skip\[0\]\.source is -1 of 1 sources",
        ),
        (damage(lambda v: v["candidates"][1].update(rank=True)), r"summary\.candidates\[1\]\.rank is 'True'"),
        (damage(lambda v: v["candidates"][0]["clips"][0].update(sound_ticks=[1])), r"sound_ticks has 1 items, not 2"),
        (
            damage(lambda v: v["candidates"][0]["clips"][0].update(source=1)),
            r"candidates\[0\]: a clip is from source 1",
        ),
        (
            damage(lambda v: v["candidates"][1]["clips"][0].update(end_tick=10**9)),
            r"candidates\[1\]: the clip .* not in",
        ),
        (damage(lambda v: v["candidates"][1]["clips"].clear()), r"candidates\[1\]: a timeline needs at least one clip"),
        (
            damage(lambda v: v["candidates"][0].update(shots=[99])),
            r"summary\.candidates\[0\]\.shots names a shot beyond",
        ),
        (damage(lambda v: v["candidates"][0].update(curve=3)), r"candidates\[0\]\.curve is 3 of 3 curves"),
        (damage(lambda v: v["curves"][2]["scores"].pop()), r"curves\[2\] has 119 scores for 120 samples"),
        (damage(lambda v: v["sources"][0]["times_s"].__setitem__(0, math.nan)), r"times_s\[0\] is nan, not a finite"),
        (damage(lambda v: v.update(notices="none")), r"summary\.notices is 'none', not a list"),
        (damage(lambda v: v.update(versions=[])), r"summary\.versions is '\[\]', not an object"),
    ],
)
def test_a_damaged_file_is_named_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "summary.json").write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_record(tmp_path / "summary.json")
    assert "summary.json" in caught.value.what
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


def as_schema_3(record: SummaryRecord) -> dict[str, Any]:
    """The record of a single source as the version before wrote it."""
    value: dict[str, Any] = json.loads(to_json(record))
    (source,) = value.pop("sources")
    times_s = source.pop("times_s")
    for part, names in (
        (source, ("offset_s", "time_base", "end_tick", "versions")),
        (value, ("keep", "skip")),
        *((shot, ("source",)) for shot in value["shots"]),
    ):
        for name in names:
            part.pop(name)
    value["distinct"]["got"] = value["distinct"].pop("found")
    for candidate in value["candidates"]:
        candidate["clips_s"] = [[clip["start_s"], clip["end_s"]] for clip in candidate.pop("clips")]
    return value | {"schema": "vidsumm.summary/3", "source": source, "times_s": times_s}


def as_schema_2(record: SummaryRecord) -> dict[str, Any]:
    """The same as the version before that wrote it."""
    value = as_schema_3(record) | {"schema": "vidsumm.summary/2"}
    value["settings"]["sample"] = value["settings"].pop("draw")
    for curve in value["curves"]:
        curve["sample"] = curve.pop("slot")
    for candidate in value["candidates"]:
        candidate["sample"], candidate["spans_s"] = candidate.pop("curve"), candidate.pop("clips_s")
    return value


def read_back(folder: Path, value: Any) -> SummaryRecord:
    path = folder / "summary.json"
    path.write_text(json.dumps(value))
    return read_record(path)


@pytest.mark.parametrize("older", [as_schema_2, as_schema_3])
@pytest.mark.parametrize("audio_codec", ["aac", None])
def test_an_older_record_is_read(
    tmp_path: Path, older: Callable[[SummaryRecord], dict[str, Any]], audio_codec: str | None
) -> None:
    record = invent_together([Video("harbour walk.mp4", 60.0, audio_codec=audio_codec)], candidates=5)
    found = read_back(tmp_path, older(record))
    same = ("settings", "shots", "curves", "budget", "keep", "skip", "distinct", "notices", "timings_s")
    assert [getattr(found, name) for name in same] == [getattr(record, name) for name in same]
    changes: dict[str, Any] = {"time_base": "1/100000", "end_tick": 6_000_000, "versions": record.versions}
    assert found.sources == (dataclasses.replace(record.sources[0], **changes),)
    for old, new in zip(record.candidates, found.candidates, strict=True):
        ticks = [(round(clip.start_s * 1e5), round(clip.end_s * 1e5)) for clip in old.clips]
        assert dataclasses.replace(new, clips=old.clips) == old
        assert [(c.start_s, c.end_s) for c in new.clips] == [(c.start_s, c.end_s) for c in old.clips]
        assert [(clip.start_tick, clip.end_tick) for clip in new.clips] == ticks
        assert [clip.sound_ticks for clip in new.clips] == (ticks if audio_codec else [None] * len(ticks))
        assert [(c.first_frame, c.last_frame_exclusive) for c in new.clips] == [
            (c.first_frame, c.last_frame_exclusive) for c in old.clips
        ]
        assert float(timeline_of(found, new).duration) == pytest.approx(old.duration_s, abs=1e-3)


@pytest.mark.parametrize(
    ("clip_s", "frames"),
    [
        ((0.0, 10.0), (0, 250)),  # a shot
        ((9.99999, 20.00004), (250, 500)),  # edges that were rounded
        ((5.0, 15.0), (125, 375)),  # beyond shots, as copied packets are
        ((4.99, 5.05), (125, 126)),  # edges near those of frames
        ((12.02, 12.02001), (300, 301)),  # within a frame
        ((20.0, 23.0), (500, 501)),  # a part of a picture that stands still
        ((26.0, 30.0), (500, 501)),
    ],
)
def test_clips_of_older_records_get_the_frames_that_the_shots_lead_to(
    tmp_path: Path, clip_s: tuple[float, float], frames: tuple[int, int]
) -> None:
    edges = ((0.0, 0), (10.0, 250), (20.0, 500), (30.0, 501))
    record = invent_together([Video("talk.mp4", 30.0)], candidates=1)
    source = dataclasses.replace(record.sources[0], frames=501)
    shots = tuple(ShotRecord(0, a, b, first, last) for (a, first), (b, last) in pairwise(edges))
    value = as_schema_3(dataclasses.replace(record, sources=(source,), shots=shots))
    value["candidates"][0] |= {"clips_s": [clip_s], "shots": [0]}
    (clip,) = read_back(tmp_path, value).candidates[0].clips
    assert (clip.first_frame, clip.last_frame_exclusive) == frames


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": None}, r"summary\.source is 'None', not an object"),
        ({"shots": []}, r"summary\.shots is empty"),
        ({"shots": [{"start_s": 0}]}, r"summary\.shots\[0\]\.end_s is missing"),
        ({"curves": None}, r"summary\.curves is 'None', not a list"),
        ({"candidates": [1]}, r"summary\.candidates\[0\] is '1', not an object"),
        ({"candidates": [{}]}, r"summary\.candidates\[0\]\.clips_s is 'None', not a list"),
        ({"settings": []}, r"summary\.settings is '\[\]', not an object"),
        ({"times_s": [0.0]}, r"summary\.curves\[0\] has 120 scores for 1 samples"),
        ({"more": 1}, r"summary\.more is unknown"),
    ],
)
@pytest.mark.parametrize("older", [as_schema_2, as_schema_3])
def test_a_damaged_older_record_is_refused(
    tmp_path: Path, older: Callable[[SummaryRecord], dict[str, Any]], change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_back(tmp_path, older(invent()) | change)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"schema": "vidsumm.summary/3", "times_s": [' + "9" * 5001 + "]}"])
def test_hostile_json_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "summary.json"
    path.write_text(text)
    with pytest.raises(InputError):
        read_record(path)


def test_times_beyond_all_numbers_are_refused(tmp_path: Path) -> None:
    value = as_schema_3(invent())
    value["candidates"][0]["clips_s"] = [[0, 1e308]]
    with pytest.raises(InputError):
        read_back(tmp_path, value)
    value = json.loads(to_json(invent()))
    value["budget"]["seconds"] = 10**400
    with pytest.raises(InputError):
        read_back(tmp_path, value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*summary\.json: no such file"):
        read_record(tmp_path / "summary.json")


def test_whole_numbers_pass_for_floats() -> None:
    value = json.loads(to_json(invent()))
    value["budget"]["seconds"] = 9
    seconds = parse(SummaryRecord, value, "summary").budget.seconds
    assert type(seconds) is float


@settings(deadline=None, max_examples=50)
@given(PLAIN)
def test_rendered_json_means_the_same(value: Any) -> None:
    text = render(value, "value")
    assert json.loads(text) == value
    text.encode("utf-8")


@pytest.mark.parametrize("value", [math.inf, [0.0, math.nan], {"a": -math.inf}])
def test_rendering_refuses_what_json_cannot_hold(value: Any) -> None:
    with pytest.raises(StructureError):
        render(value, "value")


def test_the_shipped_schema_is_the_one_the_classes_imply() -> None:
    assert schema.PATH.read_text(encoding="utf-8") == schema.text(), "run `python -m tests.support.schema`"


def test_every_field_of_the_schema_is_described() -> None:
    def undescribed(node: dict[str, Any], where: str) -> list[str]:
        fields = node.get("properties", node.get("items", {}).get("properties", {}) if node.get("items") else {})
        return [where] * ("description" not in node) + [
            path for name, field in fields.items() for path in undescribed(field, f"{where}.{name}")
        ]

    assert undescribed(schema.build(), "summary") == ["summary"]


def test_a_record_satisfies_the_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    validator = jsonschema.Draft202012Validator(schema.build())
    validator.check_schema(schema.build())
    record = dataclasses.replace(invent_together(THREE, candidates=5), keep=(SpanRecord(1, 2.0, 4.5),))
    value = json.loads(to_json(record))
    validator.validate(value)
    assert as_dict(record).keys() == value.keys()
    value["candidates"][0]["clips"][0]["sound_ticks"] = [3]
    assert not validator.is_valid(value)
