import dataclasses
import json
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray
from PIL import Image

from tests.support.records import invent
from vidsumm.errors import OutputError
from vidsumm.export.picture import compose, draw
from vidsumm.export.record import SummaryRecord

pytestmark = pytest.mark.slow

HARD_NAME = "$x^{2}$ 会議 \udcff\n" + "ein sehr langer Name " * 12 + ".mp4"


def thumbnails(count: int, height: int, width: int, end_s: float) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Plain red frames whose blue tells their number."""
    frames = np.zeros((count, height, width, 3), dtype=np.uint8)
    frames[..., 0] = 200
    frames[..., 2] = np.arange(count, dtype=np.uint8)[:, None, None] * 4
    return frames, (np.arange(count) + 0.5) / count * end_s


def texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every line of text and its box, less the pixel that anti-aliasing may touch."""
    figure.draw_without_rendering()
    found = [t for t in figure.findobj(Text) if isinstance(t, Text) and t.get_visible() and t.get_text().strip()]
    return [(t.get_text(), t.get_window_extent().padded(-1)) for t in found]


def pixels(record: SummaryRecord, count: int = 40) -> NDArray[np.uint8]:
    figure = compose(record, *thumbnails(count, 90, 160, record.source.duration_s))
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("candidates", "duration_s", "mean_shot_s", "shape", "name"),
    [
        (1, 20, 4, (90, 160), "a.mp4"),
        (5, 600, 6, (90, 160), HARD_NAME),
        (8, 7200, 6, (160, 90), "会議.mp4"),
        (12, 0.4, 0.2, (40, 320), "a.mp4"),
        (20, 3599.8, 30, (90, 90), HARD_NAME),
        (40, 7200, 6, (160, 90), HARD_NAME),
        (300, 600, 60, (90, 160), "a.mp4"),
    ],
)
def test_no_text_is_clipped_or_covers_another(
    candidates: int, duration_s: float, mean_shot_s: float, shape: tuple[int, int], name: str
) -> None:
    record = invent(candidates=candidates, duration_s=duration_s, mean_shot_s=mean_shot_s, name=name)
    long = dataclasses.replace(record.candidates[0], description="long " * 100)
    record = dataclasses.replace(record, candidates=(long, *record.candidates[1:]))
    figure = compose(record, *thumbnails(40, *shape, duration_s))
    boxes = texts(figure)
    page = figure.bbox
    assert page.width == 1600
    assert page.height < 2000
    assert [t for t, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > page.x1 or box.y1 > page.y1] == []
    assert [(a, b) for (a, p), (b, q) in combinations(boxes, 2) if p.overlaps(q)] == []


def test_chosen_shots_stand_at_their_times() -> None:
    record = invent(candidates=2, duration_s=100, mean_shot_s=10)
    page = pixels(record)
    left, right = 64, 1600 - 36
    colours = [np.round(np.array(to_rgb(c)) * 255) for c in ("#0072B2", "#E69F00")]
    for candidate, colour in zip(record.candidates, colours, strict=True):
        hits = np.abs(page - colour).max(axis=2) < 2
        strip = hits[np.argmax(hits.sum(axis=1))]
        expected = np.zeros(1600, dtype=bool)
        for start_s, end_s in candidate.clips_s:
            expected[round(left + start_s / 100 * (right - left)) : round(left + end_s / 100 * (right - left))] = True
        assert np.count_nonzero(strip != expected) <= 3 * len(record.shots)


def test_each_thumbnail_stands_above_its_time() -> None:
    page = pixels(invent(duration_s=100))
    row = page[150, 64 : 1600 - 36].astype(int)
    red = row[:, 0] == 200
    moments = (row[red, 2] / 4 + 0.5) / 40
    places = np.flatnonzero(red) / len(row)
    assert red.mean() > 0.95
    assert np.abs(moments - places).max() < 0.08


def test_unevenly_spaced_thumbnails_leave_gaps_rather_than_move() -> None:
    record = invent(duration_s=100)
    frames, _ = thumbnails(20, 90, 160, 100)
    figure = compose(record, frames, np.linspace(0, 30, 20))
    figure.canvas.draw()
    page = np.asarray(figure.canvas.buffer_rgba())[150, :, 0]  # type: ignore[attr-defined]
    assert page[100] == 200
    assert (page[800:] == 255).all()


def test_a_picture_without_thumbnails_is_drawn() -> None:
    figure = compose(invent(), np.zeros((0, 90, 160, 3), np.uint8), np.zeros(0))
    assert len(texts(figure)) > 10


def test_many_curves_show_the_band_and_name_the_first() -> None:
    few = {text for text, _ in texts(compose(invent(candidates=8), *thumbnails(9, 90, 160, 60)))}
    many = {text for text, _ in texts(compose(invent(candidates=9), *thumbnails(9, 90, 160, 60)))}
    assert "all curves" not in few
    assert {"all curves", "middle half", "9 importance curves"} <= many


def test_the_file_carries_its_provenance_and_repeats_byte_for_byte(tmp_path: Path) -> None:
    record = invent(name="会議.mp4")
    frames = thumbnails(12, 90, 160, 60)
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 30}):
        draw(record, *frames, tmp_path / "a.png")
    draw(record, *frames, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        assert image.width == 1600
        assert image.info["Title"] == "会議.mp4"
        assert image.info["Software"] == "vidsumm 0.1.0"
        origin = json.loads(image.info["vidsumm"])
    assert origin["schema"] == "vidsumm.summary/3"
    assert origin["provenance"]["checkpoint"] == "tvsum-latent-mlp"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_names_that_are_no_unicode_are_drawn(tmp_path: Path) -> None:
    draw(invent(name=HARD_NAME), *thumbnails(12, 90, 160, 60), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_settings_of_the_process_stay_as_they_were(tmp_path: Path) -> None:
    with mpl.rc_context({"font.size": 23}):
        draw(invent(), *thumbnails(12, 90, 160, 60), tmp_path / "a.png")
        assert mpl.rcParams["font.size"] == 23


def test_a_directory_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "summary.png").mkdir()
    with pytest.raises(OutputError, match=r"summary\.png: is a directory"):
        draw(invent(), *thumbnails(12, 90, 160, 60), tmp_path / "summary.png")
