from pathlib import Path

import av
import pytest

from tests.support.media import write_clip
from vidsumm.config import CutConfig, CutMode
from vidsumm.video.container import _metadata_options, open_input, open_output
from vidsumm.video.cut import plan_cut
from vidsumm.video.probe import probe
from vidsumm.video.render import render

PLACEHOLDER = b"a title of some letters"
LATIN_1 = "café déjà vu, naïve ñandú".encode("latin-1")[: len(PLACEHOLDER)]


def clip_with_latin_1_title(path: Path) -> Path:
    """A clip with sound whose title, of the file and of a stream, is no UTF-8."""
    plain = write_clip(path.with_name(f"plain{path.suffix}"), seconds=1, fps=10, size=(64, 48)).path
    with av.open(plain) as source, av.open(path, "w") as output:
        output.metadata["title"] = PLACEHOLDER.decode()
        streams = {stream.index: output.add_stream_from_template(stream) for stream in source.streams}
        for stream in streams.values():
            stream.metadata["title"] = PLACEHOLDER.decode()
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                output.mux(packet)
    content = path.read_bytes()
    assert PLACEHOLDER in content
    path.write_bytes(content.replace(PLACEHOLDER, LATIN_1))
    return path


@pytest.mark.parametrize("name", ["clip.mkv", "clip.mp4", "clip.avi"])
def test_metadata_that_is_not_utf_8_stops_nothing(tmp_path: Path, name: str) -> None:
    path = clip_with_latin_1_title(tmp_path / name)
    with open_input(path) as container:
        assert container.metadata["title"].startswith("caf")
        assert "café" not in container.metadata["title"]
    info = probe(path)
    assert len(info.frame_pts) == 10
    assert info.audio is not None


@pytest.mark.parametrize("mode", ["exact", "copy"])
@pytest.mark.parametrize("name", ["clip.mkv", "clip.mp4"])
def test_summaries_are_cut_from_such_a_file(tmp_path: Path, name: str, mode: CutMode) -> None:
    info = probe(clip_with_latin_1_title(tmp_path / name))
    (made,) = render(
        info,
        [plan_cut(info, [(0.0, 1.0)])],
        [tmp_path / "made.mp4"],
        config=CutConfig(mode=mode, preset="ultrafast"),
        metadata=[{"title": "caf\udce9"}],
        on_progress=lambda share: None,
        work_dir=tmp_path,
    )
    assert made.frames == 10
    with open_input(made.path) as container:
        assert container.metadata["title"] == "caf?"


def test_tags_of_file_names_that_are_not_utf_8_are_written(tmp_path: Path) -> None:
    path = tmp_path / "made.mp4"
    tags = {"title": "raw\udcff é (summary 1)"}
    with open_output(path, format_name="mp4", options={}, tags=tags) as output:
        stream = output.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        output.mux(stream.encode(av.VideoFrame(32, 32, "yuv420p")))
        output.mux(stream.encode(None))
    with open_input(path) as container:
        assert container.metadata["title"] == "raw? é (summary 1)"


def test_a_name_is_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "plain.mp4", seconds=1, fps=10, size=(64, 48)).path.rename("concat:x.mp4")
    with open_input(Path("concat:x.mp4")) as container:
        assert len(container.streams.video) == 1


@pytest.mark.parametrize(
    ("version", "is_told"), [("17.1.0", True), ("18.1.0", True), ("19.0.2", False), ("20.0", False)]
)
def test_what_to_do_with_metadata_is_told_where_it_has_to_be(version: str, is_told: bool) -> None:
    assert ("metadata_errors" in _metadata_options(version)) == is_told
