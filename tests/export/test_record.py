import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import schema
from tests.support.records import invent
from vidsumm.errors import InputError, OutputError
from vidsumm.export.jsontree import StructureError, parse, render
from vidsumm.export.record import SummaryRecord, as_dict, read_record, round_all, to_json, write_record

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    record = invent(candidates=5)
    write_record(record, tmp_path / "summary.json")
    assert read_record(tmp_path / "summary.json") == record


def test_a_dry_run_without_sound_comes_back_as_it_was(tmp_path: Path) -> None:
    record = invent()
    record = dataclasses.replace(
        record,
        source=dataclasses.replace(record.source, audio_codec=None),
        candidates=tuple(dataclasses.replace(c, file=None) for c in record.candidates),
    )
    write_record(record, tmp_path / "summary.json")
    assert read_record(tmp_path / "summary.json") == record


def test_lists_of_numbers_stand_on_one_line_and_the_rest_is_readable() -> None:
    lines = to_json(invent(duration_s=600)).splitlines()
    assert lines[1] == '  "schema": "vidsumm.summary/3",'
    assert sum('"scores": [' in line and line.endswith("]") for line in lines) == 3
    assert any(line.strip().startswith('{"start_s": 0.0, "end_s": ') for line in lines)
    numeric = ("scores", "times_s", "clips_s", "shots")
    assert all(len(line) <= 121 for line in lines if line.split('"')[1:2] not in [[name] for name in numeric])


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
        ("[]", "has the format None, not 'vidsumm.summary/3'"),
        (damage(lambda v: v.update(schema="vidsumm.summary/1")), "has the format 'vidsumm.summary/1'"),
        (damage(lambda v: v.pop("budget")), r"summary\.budget is missing"),
        (damage(lambda v: v["source"].update(colour="red")), r"summary\.source\.colour is unknown"),
        (damage(lambda v: v["source"].update(width="wide")), r"summary\.source\.width is 'wide', not a whole number"),
        (damage(lambda v: v["source"].update(is_vfr=0)), r"summary\.source\.is_vfr is '0', not true or false"),
        (damage(lambda v: v["candidates"][1].update(rank=True)), r"summary\.candidates\[1\]\.rank is 'True'"),
        (damage(lambda v: v["candidates"][0].update(clips_s=[[1]])), r"clips_s\[0\] has 1 items, not 2"),
        (
            damage(lambda v: v["candidates"][0].update(shots=[99])),
            r"summary\.candidates\[0\]\.shots names a shot beyond",
        ),
        (damage(lambda v: v["candidates"][0].update(curve=3)), r"candidates\[0\]\.curve is 3 of 3 curves"),
        (damage(lambda v: v["curves"][2]["scores"].pop()), r"curves\[2\] has 119 scores for 120 times"),
        (damage(lambda v: v["times_s"].__setitem__(0, math.nan)), r"times_s\[0\] is nan, not a finite number"),
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


def test_a_record_of_schema_2_is_read(tmp_path: Path) -> None:
    value = json.loads(to_json(invent()))
    expected = read_back(tmp_path, value)
    value["schema"] = "vidsumm.summary/2"
    value["settings"]["sample"] = value["settings"].pop("draw")
    for curve in value["curves"]:
        curve["sample"] = curve.pop("slot")
    for candidate in value["candidates"]:
        candidate["sample"], candidate["spans_s"] = candidate.pop("curve"), candidate.pop("clips_s")
    assert read_back(tmp_path, value) == expected


def read_back(folder: Path, value: Any) -> SummaryRecord:
    path = folder / "summary.json"
    path.write_text(json.dumps(value))
    return read_record(path)


@pytest.mark.parametrize("change", [{"curves": None}, {"candidates": [1]}, {"settings": []}])
def test_a_damaged_record_of_schema_2_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"summary.{next(iter(change))}"):
        read_back(tmp_path, json.loads(to_json(invent())) | {"schema": "vidsumm.summary/2"} | change)


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
    value = json.loads(to_json(invent(candidates=5)))
    validator.validate(value)
    assert as_dict(invent(candidates=5)).keys() == value.keys()
    value["candidates"][0]["clips_s"][0].append(3.0)
    assert not validator.is_valid(value)
