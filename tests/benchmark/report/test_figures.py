import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray
from PIL import Image

from vidsumm.benchmark.quantisation import QuantisationEffect
from vidsumm.benchmark.report.figures.contours import ContourPanel, contours_figure, principal_plane
from vidsumm.benchmark.report.figures.coverage import coverage_figure
from vidsumm.benchmark.report.figures.lines import (
    Series,
    bins_figure,
    quantisation_figure,
    recovery_figure,
    steps_figure,
)
from vidsumm.benchmark.report.figures.selections import SummaryStrip, selections_figure
from vidsumm.benchmark.report.figures.style import PALETTE, house_style, save_figure
from vidsumm.benchmark.report.published import QUANTISATION_TAU_RHO, STEPS_TAU_RHO
from vidsumm.datasets.synthetic import SyntheticConfig, synthetic_videos
from vidsumm.errors import OutputError

VIDEOS = synthetic_videos(SyntheticConfig(videos=4, frames=(60, 80)))


def panel(number: int) -> ContourPanel:
    video = VIDEOS[number]
    mean = video.scores.mean(axis=0, keepdims=True)
    methods = {"SummDiff": video.scores[::2] + 0.01, "Encoder only": mean, "$ridge$ with neighbours": mean**2}
    return ContourPanel(f"video {number} 会議", video.scores, methods)


def contours(count: int) -> Figure:
    return contours_figure([panel(number % 4) for number in range(count)])


def coverage(methods: int, rows: int, columns: int) -> Figure:
    rng = np.random.default_rng(0)
    ratios = {f"method number {i}": rng.uniform(size=(rows, columns)) for i in range(methods)}
    ratios["method number 0"][0, -1] = np.nan
    return coverage_figure(ratios, [f"Bearpark_climbing_{i}" for i in range(rows)])


def chosen(*spans: tuple[int, int]) -> NDArray[np.bool_]:
    mask = np.zeros(100, dtype=np.bool_)
    for start, end in spans:
        mask[start:end] = True
    return mask


ANNOTATORS = (SummaryStrip("annotator 3", chosen((10, 20))), SummaryStrip("annotator 17", chosen((60, 70), (90, 100))))


def selections(count: int, duration_s: float) -> Figure:
    names = ("SummDiff", "SummDiff", "Encoder only", "Ridge, three neighbours", "Centre prior", "Random", "PGL-SUM")
    methods = [SummaryStrip(name, chosen((10 * i, 10 * i + 15))) for i, name in enumerate(names[:count])]
    return selections_figure(ANNOTATORS, methods, duration_s=duration_s, title="Selected shots, video 7")


def published(table: dict[int, tuple[float, float]]) -> Series:
    tau, rho = zip(*table.values(), strict=True)
    return Series("SummDiff, Mr. HiSum", list(table), [tau, rho], published=True)


def own(xs: list[float]) -> Series:
    return Series("SummDiff, TVSum", xs, [[0.17] * len(xs), [0.22] * len(xs)], [[0.004] * len(xs), None])


def steps() -> Figure:
    level = Series("CSTA, Mr. HiSum", [], [[0.128], [0.185]], published=True)
    others = [Series(f"a rather long name of method {i}", [1, 10], [[0.1, 0.2], [0.1, 0.2]]) for i in range(4)]
    return steps_figure([own([1, 2, 5, 10, 11, 12, 100]), *others, published(STEPS_TAU_RHO), level])


def quantisation() -> Figure:
    fall = np.array([3.0, 1.5, 1.0])
    return quantisation_figure(QuantisationEffect((5, 50, 800), fall, fall / 10, fall, fall / 10))


def recovery() -> Figure:
    shares = [[0.0, 0.5, 1.0], [1.0, 1.0, 1.0]]
    return recovery_figure([Series(name, [0, 0.5, 1], shares, [[0.1] * 3, None]) for name in ("SummDiff", "Ridge")])


FIGURES: dict[str, Callable[[], Figure]] = {
    "coverage": lambda: coverage(3, 50, 20),
    "coverage, few": lambda: coverage(2, 2, 4),
    "coverage, many videos": lambda: coverage(1, 200, 18),
    "contours": lambda: contours(4),
    "contours, one": lambda: contours(1),
    "contours, five": lambda: contours(5),
    "selections": lambda: selections(7, 245.0),
    "selections, one": lambda: selections(1, 5000.0),
    "steps": steps,
    "bins": lambda: bins_figure([own([5, 200]), published(QUANTISATION_TAU_RHO)]),
    "quantisation": quantisation,
    "recovery": recovery,
}


def drawn_texts(figure: Figure) -> list[Text]:
    """All texts that are drawn: labels of ticks beyond the ends of an axis exist, but are not."""
    beyond = set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        beyond |= {id(label) for t in ticks if not low <= t.get_loc() <= high for label in (t.label1, t.label2)}
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text) and id(text) not in beyond]
    return [text for text in texts if text.get_visible() and text.get_text().strip()]


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_clipped_or_covers_another(name: str) -> None:
    figure = FIGURES[name]()
    with house_style():
        figure.draw_without_rendering()
        boxes = [(t.get_text(), t.get_window_extent().padded(-1)) for t in drawn_texts(figure)]
    page = figure.bbox
    assert len(boxes) > 4
    assert [t for t, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > page.x1 or box.y1 > page.y1] == []
    assert [(a, b) for (a, p), (b, q) in combinations(boxes, 2) if p.overlaps(q)] == []


def pixels(figure: Figure, path: Path) -> NDArray[np.int64]:
    save_figure(figure, path, {})
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(np.int64)


def near(page: NDArray[np.int64], colour: str, strength: float = 1.0) -> NDArray[np.bool_]:
    target = np.round(255 * (1 - strength * (1 - np.array(to_rgb(colour)))))
    return np.asarray(np.abs(page - target).max(axis=2) <= 2)


def test_saved_files_repeat_and_tell_how_they_were_made(tmp_path: Path) -> None:
    facts = {"command": "vidsumm bench", "versions": {"vidsumm": "0.1.0"}, "seeds": [0, 1]}
    paths = (tmp_path / "one.png", tmp_path / "two.png")
    save_figure(recovery(), paths[0], facts)
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "savefig.dpi": 40}):
        save_figure(recovery(), paths[1], facts)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with Image.open(paths[0]) as image:
        assert json.loads(image.info["vidsumm"]) == facts
        assert image.width == 1440


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no such file"):
        save_figure(recovery(), tmp_path / "absent" / "a.png", {})


def test_figures_leave_the_settings_of_matplotlib_alone() -> None:
    before = dict(mpl.rcParams)
    coverage(1, 5, 5)
    assert dict(mpl.rcParams) == before


def test_coverage_is_darker_the_more_curves_match(tmp_path: Path) -> None:
    table = np.linspace(0, 1, 12).reshape(1, 12)
    (axes, _) = (figure := coverage_figure({"m": table}, ["v"])).axes
    page = pixels(figure, tmp_path / "a.png")
    box = axes.get_window_extent()
    scale = page.shape[1] / figure.bbox.width
    row = page.shape[0] - int(scale * (box.y0 + box.y1) / 2)
    centres = (scale * (box.x0 + box.width * (np.arange(12) + 0.5) / 12)).astype(int)
    lightness = page[row, centres].sum(axis=1)
    assert (np.diff(lightness) < 0).all()
    assert lightness[0] > 3 * 225
    assert "92 % reached, mean 0.50" in {t.get_text() for t in axes.texts}


def test_the_plane_is_that_of_the_annotators() -> None:
    rng = np.random.default_rng(1)
    directions = np.linalg.qr(rng.standard_normal((30, 2)))[0].T
    annotators = 0.5 + rng.standard_normal((12, 2)) * [3, 1] @ directions
    mean, plane, shares = principal_plane(annotators)
    np.testing.assert_allclose(annotators, mean + (annotators - mean) @ plane.T @ plane, atol=1e-9)
    np.testing.assert_allclose(plane @ plane.T, np.eye(2), atol=1e-9)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] > shares[1]
    assert principal_plane(-annotators)[1] == pytest.approx(plane)


@pytest.mark.parametrize("annotators", [np.full((5, 40), 0.3), np.linspace(0, 1, 80).reshape(2, 40), np.ones((1, 40))])
def test_annotators_on_a_line_have_a_panel_without_contours(annotators: NDArray[np.float64]) -> None:
    figure = contours_figure(
        [ContourPanel("v", annotators, {"SummDiff": np.random.default_rng(0).uniform(size=(8, 40))})]
    )
    figure.draw_without_rendering()
    assert len(figure.axes[0].lines) == 2
    assert not figure.axes[0].collections


def test_chosen_shots_are_drawn_at_their_times(tmp_path: Path) -> None:
    methods = [SummaryStrip("SummDiff", chosen((30, 50), (80, 85)))]
    figure = selections_figure(ANNOTATORS, methods, duration_s=200)
    page = pixels(figure, tmp_path / "a.png")
    box = figure.axes[0].get_window_extent()
    scale = page.shape[1] / figure.bbox.width
    hits = near(page, PALETTE[0], 0.6)
    strip = np.flatnonzero(hits[np.argmax(hits.sum(axis=1))])
    times_s = (strip / scale - box.x0) / box.width * 200
    assert np.round(times_s[[0, -1]]).tolist() == [60, 170]
    assert len(strip) == pytest.approx(0.25 * box.width * scale, abs=4)
    assert {"0.00 · 0.00"} <= {t.get_text() for t in figure.axes[0].texts}


def test_f1_stands_beside_each_strip() -> None:
    figure = selections_figure(
        ANNOTATORS, [SummaryStrip("a", chosen((10, 20))), SummaryStrip("b", chosen((60, 70)))], duration_s=9
    )
    written = [t.get_text() for t in figure.axes[0].texts]
    assert written[:2] == ["1.00 · 0.00", "0.00 · 0.67"]


def test_published_lines_are_marked() -> None:
    figure = steps()
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert [label for label in labels if label.endswith("(published)")] == [
        "SummDiff, Mr. HiSum (published)",
        "CSTA, Mr. HiSum (published)",
    ]
    lines = {line.get_linestyle() for line in figure.axes[0].lines if len(np.asarray(line.get_xdata())) == 3}
    assert lines == {"--"}
