import csv
import json
from io import StringIO

import pytest

from vidsumm.benchmark.report.formats import to_csv, to_json, to_markdown
from vidsumm.benchmark.report.tables import RHO, TAU, Meta, Metric, Row, Table, best_rows, format_value

ENERGY = Metric("energy", "energy", better="lower", digits=1)
TABLE = Table(
    "TVSum",
    (TAU, RHO, ENERGY),
    (
        Row("Human", {"tau": (0.9, None), "rho": (0.9, None)}, reference=True),
        Row(
            "SummDiff, 10 steps", {"tau": (0.1731, 0.0049), "rho": (0.2259, 0.007), "energy": (1.51, 0.2), "x": (9, 9)}
        ),
        Row("Ridge | 3", {"tau": (0.1684, 0.01), "energy": (1.47, None)}, note="no choice on test videos"),
        Row("CSTA", {"tau": (0.1732, None)}, published=True),
    ),
    Meta(
        "TVT", "TVSum", (0, 1), {"vidsumm": "0.1.0", "torch": "2"}, "vidsumm bench", "2025-01-01", "SummDiff, table 1"
    ),
)


def test_values_are_rounded_and_joined() -> None:
    assert format_value((0.17349, 0.005), TAU) == "0.173 ± 0.005"
    assert format_value((0.17349, 0.005), TAU, spread=False) == "0.173"
    assert format_value((1.0, None), ENERGY) == "1.0"
    assert format_value(None, TAU) == "-"


def test_the_best_is_found_among_rounded_values_without_references() -> None:
    assert best_rows(TABLE, TAU) == {1, 3}
    assert best_rows(TABLE, RHO) == {1}
    assert best_rows(TABLE, ENERGY) == {1, 2}
    assert best_rows(TABLE, Metric("tau", "tau", better="neither")) == set()
    assert best_rows(TABLE, Metric("absent", "absent")) == set()


def test_csv_keeps_every_digit() -> None:
    rows = list(csv.DictReader(StringIO(to_csv(TABLE))))
    assert [row["method"] for row in rows] == [row.method for row in TABLE.rows]
    assert (rows[1]["tau"], rows[1]["tau_std"], rows[1]["rho_std"]) == ("0.1731", "0.0049", "0.007")
    assert (rows[3]["tau_std"], rows[3]["rho"], rows[3]["published"]) == ("", "", "true")
    assert rows[2]["note"] == "no choice on test videos"
    assert "x" not in rows[1]


def test_json_holds_what_is_needed_to_repeat_it() -> None:
    content = json.loads(to_json(TABLE))
    assert content["meta"] == {
        "protocol": "TVT",
        "dataset": "TVSum",
        "seeds": [0, 1],
        "versions": {"vidsumm": "0.1.0", "torch": "2"},
        "command": "vidsumm bench",
        "created": "2025-01-01",
        "source": "SummDiff, table 1",
    }
    assert content["rows"][1]["values"]["tau"] == {"mean": 0.1731, "std": 0.0049}
    assert set(content["rows"][3]["values"]) == {"tau"}
    assert [column["key"] for column in content["columns"]] == ["tau", "rho", "energy"]


def test_markdown_has_marks_notes_and_facts() -> None:
    assert to_markdown(TABLE) == (
        "## TVSum\n"
        "\n"
        "| Method | τ ↑ | \N{GREEK SMALL LETTER RHO} ↑ | energy ↓ |\n"
        "| :-- | --: | --: | --: |\n"
        "| Human | 0.900 | 0.900 | - |\n"
        "| SummDiff, 10 steps | **0.173 ± 0.005** | **0.226 ± 0.007** | **1.5 ± 0.2** |\n"
        "| Ridge \\| 3 (1) | 0.168 ± 0.010 | - | **1.5** |\n"
        "| CSTA † | **0.173** | - | - |\n"
        "\n"
        "- † published, not measured here: SummDiff, table 1\n"
        "- (1) no choice on test videos\n"
        "- Data set: TVSum\n"
        "- Protocol: TVT\n"
        "- Seeds: 0, 1\n"
        "- Command: `vidsumm bench`\n"
        "- Versions: vidsumm 0.1.0, torch 2\n"
        "- Date: 2025-01-01\n"
    )


def test_a_table_without_facts_ends_after_its_rows() -> None:
    assert to_markdown(Table("A", (TAU,), (Row("m", {"tau": (0.5, None)}),))).endswith("| m | **0.500** |\n")


@pytest.mark.parametrize("value", [(float("nan"), None), (0.1, float("inf"))])
def test_unknown_numbers_are_left_out_not_written(value: tuple[float, float | None]) -> None:
    with pytest.raises(ValueError, match="leave out"):
        Row("m", {"tau": value})
