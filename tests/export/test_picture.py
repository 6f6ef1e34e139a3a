import dataclasses
import json
from collections.abc import Sequence
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

from tests.support.records import Video, clip, invent, invent_together
from vidsumm.errors import OutputError
from vidsumm.export.picture import Thumbnails, compose, draw
from vidsumm.export.record import SpanRecord, SummaryRecord

pytestmark = pytest.mark.slow

HARD_NAME = "$x^{2}$ 会議 \udcff\n" + "ein sehr langer Name " * 12 + ".mp4"


LEFT, RIGHT = 64, 1600 - 36
"""The ends of the time axis where candidates are described, pixels."""


def thumbnails(count: int, height: int, width: int, end_s: float, *, red: int = 200) -> Thumbnails:
    """Plain red frames whose blue tells their number."""
    frames = np.zeros((count, height, width, 3), dtype=np.uint8)
    frames[..., 0] = red
    frames[..., 2] = np.arange(count, dtype=np.uint8)[:, None, None] * 4
    return Thumbnails(frames, (np.arange(count) + 0.5) / count * end_s)


def each_red(record: SummaryRecord, shapes: Sequence[tuple[int, int]]) -> list[Thumbnails]:
    """Thumbnails of several sources; their red tells the source."""
    return [
        thumbnails(32, *shape, source.duration_s, red=200 + i % 50)
        for i, (source, shape) in enumerate(zip(record.sources, shapes, strict=True))
    ]


def texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every line of text and its box, less the pixel that anti-aliasing may touch."""
    figure.draw_without_rendering()
    found = [t for t in figure.findobj(Text) if isinstance(t, Text) and t.get_visible() and t.get_text().strip()]
    return [(t.get_text(), t.get_window_extent().padded(-1)) for t in found]


def pixels(record: SummaryRecord, pictures: Sequence[Thumbnails] | None = None) -> NDArray[np.uint8]:
    figure = compose(record, pictures or [thumbnails(40, 90, 160, source.duration_s) for source in record.sources])
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3]  # type: ignore[attr-defined]


def column(record: SummaryRecord, time_s: float) -> int:
    """The column of pixels at which a moment of all sources lies."""
    return round(LEFT + time_s / record.duration_s * (RIGHT - LEFT))


def assert_readable(figure: Figure) -> None:
    """No text leaves the page or covers another."""
    boxes, page = texts(figure), figure.bbox
    assert [t for t, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > page.x1 or box.y1 > page.y1] == []
    assert [(a, b) for (a, p), (b, q) in combinations(boxes, 2) if p.overlaps(q)] == []


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
    figure = compose(record, [thumbnails(40, *shape, duration_s)])
    assert figure.bbox.width == 1600
    assert figure.bbox.height < 2000
    assert_readable(figure)


def test_chosen_shots_stand_at_their_times() -> None:
    record = invent(candidates=2, duration_s=100, mean_shot_s=10)
    page = pixels(record)
    colours = [np.round(np.array(to_rgb(c)) * 255) for c in ("#0072B2", "#E69F00")]
    for candidate, colour in zip(record.candidates, colours, strict=True):
        hits = np.abs(page - colour).max(axis=2) < 2
        strip = hits[np.argmax(hits.sum(axis=1))]
        expected = np.zeros(1600, dtype=bool)
        for shown in candidate.clips:
            expected[column(record, shown.start_s) : column(record, shown.end_s)] = True
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
    frames = thumbnails(20, 90, 160, 100).pictures
    figure = compose(record, [Thumbnails(frames, np.linspace(0, 30, 20))])
    figure.canvas.draw()
    page = np.asarray(figure.canvas.buffer_rgba())[150, :, 0]  # type: ignore[attr-defined]
    assert page[100] == 200
    assert (page[800:] == 255).all()


def test_a_picture_without_thumbnails_is_drawn() -> None:
    figure = compose(invent(), [Thumbnails(np.zeros((0, 90, 160, 3), np.uint8), np.zeros(0))])
    assert len(texts(figure)) > 10


def test_many_curves_show_the_band_and_name_the_first() -> None:
    few = {text for text, _ in texts(compose(invent(candidates=8), [thumbnails(9, 90, 160, 60)]))}
    many = {text for text, _ in texts(compose(invent(candidates=9), [thumbnails(9, 90, 160, 60)]))}
    assert "all curves" not in few
    assert {"all curves", "middle half", "9 importance curves"} <= many


def test_the_file_carries_its_provenance_and_repeats_byte_for_byte(tmp_path: Path) -> None:
    record = invent(name="会議.mp4")
    frames = [thumbnails(12, 90, 160, 60)]
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 30}):
        draw(record, frames, tmp_path / "a.png")
    draw(record, frames, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        assert image.width == 1600
        assert image.info["Title"] == "会議.mp4"
        assert image.info["Software"] == "vidsumm 0.1.0"
        origin = json.loads(image.info["vidsumm"])
    assert origin["schema"] == "vidsumm.summary/4"
    assert origin["sources"] == [{"name": "会議.mp4", "sha256": "5e" * 32}]
    assert origin["provenance"]["checkpoint"] == "tvsum-latent-mlp"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_names_that_are_no_unicode_are_drawn(tmp_path: Path) -> None:
    draw(invent(name=HARD_NAME), [thumbnails(12, 90, 160, 60)], tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_settings_of_the_process_stay_as_they_were(tmp_path: Path) -> None:
    with mpl.rc_context({"font.size": 23}):
        draw(invent(), [thumbnails(12, 90, 160, 60)], tmp_path / "a.png")
        assert mpl.rcParams["font.size"] == 23


def test_a_directory_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "summary.png").mkdir()
    with pytest.raises(OutputError, match=r"summary\.png: is a directory"):
        draw(invent(), [thumbnails(12, 90, 160, 60)], tmp_path / "summary.png")


THREE = (Video("north.mp4", 50.0), Video("south.mp4", 20.0), Video("a stream 会議.mp4", 30.0))
SHAPES = ((90, 160), (160, 90), (90, 120))


@pytest.mark.parametrize("candidates", [1, 5, 20, 40])
@pytest.mark.parametrize(
    "videos",
    [
        THREE,
        [Video(HARD_NAME, 600.0), Video("b.mp4", 1.0), Video(HARD_NAME, 30.0)],
        [Video(f"GX01{i:04} holiday in the north.MP4", 10.0 + 90 * (i % 4)) for i in range(12)],
        [Video(f"{i}.mp4", 5.0) for i in range(60)],
    ],
)
def test_no_text_is_clipped_or_covers_another_with_several_sources(videos: Sequence[Video], candidates: int) -> None:
    record = invent_together(videos, candidates=candidates)
    figure = compose(record, each_red(record, [SHAPES[i % 3] for i in range(len(videos))]))
    assert figure.bbox.height < 2000
    assert_readable(figure)


def test_several_sources_are_named_where_they_begin() -> None:
    record = invent_together(THREE)
    figure = compose(record, each_red(record, SHAPES))
    places = {text: box.x0 for text, box in texts(figure)}
    assert "3 videos" in places
    assert "1 north.mp4 · 2 south.mp4 · 3 a stream □□.mp4" in places
    for name, time_s in (("1 north.mp4", 0), ("2 south.mp4", 50), ("3 a stream □□.mp4", 70)):
        assert places[name] == pytest.approx(column(record, time_s), abs=8)


def test_a_source_too_short_for_its_name_keeps_its_number() -> None:
    record = invent_together([Video("north.mp4", 600.0), Video("south.mp4", 20.0), Video("east.mp4", 2.0)])
    shown = {text for text, _ in texts(compose(record, each_red(record, SHAPES)))}
    assert {"1 north.mp4", "2"} <= shown
    assert not {"2 south.mp4", "3 east.mp4", "3"} & shown


def test_a_single_source_has_no_band_of_names() -> None:
    one, two = invent(duration_s=60), invent_together([Video("a.mp4", 30.0), Video("b.mp4", 30.0)])
    heights = [compose(r, each_red(r, [(90, 160)] * len(r.sources))).bbox.height for r in (one, two)]
    assert heights[1] - heights[0] == 26


def test_thumbnails_stand_above_their_source_and_are_equally_high() -> None:
    record = invent_together(THREE)
    page = pixels(record, each_red(record, SHAPES))[130:290]
    heights = set()
    for i, source in enumerate(record.sources):
        rows, columns = np.nonzero((page[..., 0] == 200 + i) & (page[..., 1] == 0))
        assert columns.min() > column(record, source.offset_s) - 2
        assert columns.max() < column(record, source.offset_s + source.duration_s) + 2
        heights.add(int(rows.max() - rows.min()))
    assert len(heights) == 1


def test_of_a_picture_too_wide_for_its_source_the_middle_is_shown() -> None:
    record = invent_together([Video("a.mp4", 90.0), Video("b.mp4", 3.0)])
    striped = np.zeros((4, 90, 160, 3), np.uint8)
    striped[:, :, 40:120] = (0, 200, 0)
    page = pixels(record, [thumbnails(32, 90, 160, 90), Thumbnails(striped, np.arange(4) / 2)])[130:230]
    shown = page[:, column(record, 90.0) + 8 : RIGHT - 2]
    assert (np.abs(shown[-20] - np.array([0, 200, 0])).max(axis=1) < 3).all()


def test_borders_between_sources_run_through_every_panel() -> None:
    record = invent_together(THREE, candidates=2, mean_shot_s=30)
    page = pixels(record, each_red(record, SHAPES)).astype(int)
    border = np.abs(page - np.array([0x85, 0x93, 0xA3])).max(axis=2) < 40
    for time_s in (50, 70):
        place = column(record, time_s)
        runs = border[:, place - 1 : place + 2].any(axis=1)
        assert runs[110:200].mean() > 0.9  # names and thumbnails
        assert runs[290:480].mean() > 0.8  # curves, which cross the line
        assert runs[520:].sum() >= 2 * 24  # two strips


def test_chosen_shots_of_every_source_stand_at_their_times() -> None:
    record = invent_together(THREE, candidates=1, mean_shot_s=10)
    firsts = [next(shot for shot in record.shots[1:] if shot.source == i) for i in range(3)]
    clips = tuple(clip(shot, record.sources[shot.source]) for shot in firsts)
    record = dataclasses.replace(record, candidates=(dataclasses.replace(record.candidates[0], clips=clips),))
    page = pixels(record, each_red(record, SHAPES)).astype(int)
    hits = np.abs(page - np.round(np.array(to_rgb("#0072B2")) * 255)).max(axis=2) < 2
    strip = hits[np.argmax(hits.sum(axis=1))]
    expected = np.zeros(1600, dtype=bool)
    for shot in firsts:
        offset_s = record.sources[shot.source].offset_s
        expected[column(record, offset_s + shot.start_s) : column(record, offset_s + shot.end_s)] = True
    assert np.count_nonzero(strip != expected) <= 3 * (len(record.shots) + 2)


def test_curves_break_between_sources() -> None:
    record = invent_together([Video("a.mp4", 50.0), Video("b.mp4", 50.0)], candidates=1)
    step = (0.1,) * 100 + (0.9,) * 100
    record = dataclasses.replace(record, curves=(dataclasses.replace(record.curves[0], scores=step),))
    (line,) = [
        line
        for axes in compose(record, each_red(record, SHAPES[:2])).axes
        for line in axes.lines
        if line.get_label() == "summary-1"
    ]
    times_s, scores = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    gap = int(np.flatnonzero(np.isnan(scores))[0])
    assert (times_s[gap - 1], scores[gap - 1]) == (50, 0.1)
    assert (times_s[gap + 1], scores[gap + 1]) == (50, 0.9)
    assert np.isnan(scores).sum() == 1


def test_spans_that_the_user_named_are_marked() -> None:
    plain = invent_together(THREE)
    marked = dataclasses.replace(plain, keep=(SpanRecord(1, 5.0, 10.0),), skip=(SpanRecord(2, 0.0, 20.0),))
    figures = [compose(record, each_red(record, SHAPES)) for record in (plain, marked)]
    before, after = ({text for text, _ in texts(figure)} for figure in figures)
    assert after - before == {"kept", "skipped"}
    differs = (pixels(plain, each_red(plain, SHAPES)) != pixels(marked, each_red(marked, SHAPES))).any(axis=2)
    changed = np.flatnonzero(differs[280:520].any(axis=0))  # rows of the curves' panel
    assert changed.min() == pytest.approx(column(marked, 55), abs=2)
    assert changed.max() == pytest.approx(column(marked, 90), abs=2)
