import pytest

from vidsumm.benchmark.report.published import PAPER_TABLES, QUANTISATION_TAU_RHO, STEPS_TAU_RHO, published_rows
from vidsumm.benchmark.report.tables import Row, best_rows

OURS = "SummDiff (paper)"


def pair(row: Row) -> tuple[float, float]:
    return row.values["tau"][0], row.values["rho"][0]


@pytest.mark.parametrize(
    ("dataset", "protocol", "count", "expected"),
    [
        ("summe", "tvt", 7, (0.133, 0.148)),
        ("tvsum", "tvt", 7, (0.173, 0.226)),
        ("summe", "5fcv", 13, (0.256, 0.285)),
        ("tvsum", "5fcv", 18, (0.195, 0.255)),
        ("mrhisum", "official", 9, (0.175, 0.238)),
        ("tvsum", "official", 0, None),
        ("mrhisum", "tvt", 0, None),
        ("synthetic", "5fcv", 0, None),
    ],
)
def test_rows_of_a_protocol(dataset: str, protocol: str, count: int, expected: tuple[float, float] | None) -> None:
    rows = published_rows(dataset, protocol)
    assert len(rows) == count
    assert all(row.published for row in rows)
    assert [pair(row) for row in rows if row.method == OURS] == ([expected] if expected else [])


@pytest.mark.parametrize(("dataset", "human"), [("tvsum", (0.177, 0.204)), ("summe", (0.205, 0.213))])
@pytest.mark.parametrize("protocol", ["tvt", "5fcv"])
def test_annotators_and_chance_are_references(dataset: str, protocol: str, human: tuple[float, float]) -> None:
    references = {row.method: pair(row) for row in published_rows(dataset, protocol) if row.reference}
    assert references == {"Random": (0.0, 0.0), "Human": human}


def test_all_tables_are_there_with_their_source() -> None:
    assert list(PAPER_TABLES) == ["1", "2", "3", "4", "5", "6", "I", "II", "III", "IV"]
    assert all(table.meta.source.endswith(f"table {number}") for number, table in PAPER_TABLES.items())


@pytest.mark.parametrize(("number", "losses"), [("1", 0), ("2", 2), ("3", 0), ("4", 0), ("IV", 0)])
def test_the_paper_is_best_except_where_it_says_otherwise(number: str, losses: int) -> None:
    table = PAPER_TABLES[number]
    ours = [row.method for row in table.rows].index(OURS)
    assert sum(ours not in best_rows(table, column) for column in table.columns) == losses


def test_tables_of_the_paper_agree() -> None:
    tables = {number: {row.method: row for row in table.rows} for number, table in PAPER_TABLES.items()}
    for number in ("3", "4"):
        shared = tables[number].keys() & tables["IV"].keys()
        assert len(shared) >= 6
        assert all(pair(tables[number][name]) == pair(tables["IV"][name]) for name in shared)
    assert pair(tables["III"]["All annotations, individual"]) == (0.256, 0.285)
    assert STEPS_TAU_RHO[10] == QUANTISATION_TAU_RHO[200] == pair(tables["5"]["+ classifier-free guidance"])


def test_rows_note_where_the_paper_contradicts_itself() -> None:
    noted = [row.method for row in published_rows("mrhisum", "official") if row.note]
    assert noted == ["SUM-GAN", "AC-SUM-GAN", "A2Summ", "CSTA"]
