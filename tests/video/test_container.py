import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import av
import pytest
from av.container import InputContainer

from tests.support.media import write_clip
from vidsumm.config import CutConfig, CutMode
from vidsumm.video.container import _metadata_options, demux_packets, open_input, open_output, open_source
from vidsumm.video.cut import plan_timeline
from vidsumm.video.probe import probe
from vidsumm.video.render import render

PLACEHOLDER = b"a title of some letters"


LATIN_1 = "café déjà vu, naïve ñandú".encode("latin-1")[: len(PLACEHOLDER)]


def clip_with_latin_1_title(path: Path) -> Path:
    """Writes a clip with sound in which the titles of the file and of its streams are not UTF-8."""
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
def test_summaries_are_cut_from_a_file_whose_metadata_is_not_utf_8(tmp_path: Path, name: str, mode: CutMode) -> None:
    info = probe(clip_with_latin_1_title(tmp_path / name))
    (made,) = render(
        [info],
        [plan_timeline([info], [(0, 0.0, 1.0)])],
        [tmp_path / "made.mp4"],
        config=CutConfig(mode=mode, preset="ultrafast"),
        metadata=[{"title": "caf\udce9"}],
        on_progress=lambda share: None,
        on_notice=lambda text, number: pytest.fail(text),
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


def test_a_file_name_is_never_taken_for_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "plain.mp4", seconds=1, fps=10, size=(64, 48)).path.rename("concat:x.mp4")
    with open_input(Path("concat:x.mp4")) as container:
        assert len(container.streams.video) == 1


@pytest.mark.parametrize(
    ("version", "is_told"), [("17.1.0", True), ("18.1.0", True), ("19.0.2", False), ("20.0", False)]
)
def test_only_older_versions_of_pyav_are_told_what_to_do_with_metadata(version: str, is_told: bool) -> None:
    assert ("metadata_errors" in _metadata_options(version)) == is_told


@pytest.mark.parametrize("error", [av.error.InvalidDataError(1, "damaged"), IndexError("list index out of range")])
def test_damage_that_cannot_be_skipped_ends_the_packets(tmp_path: Path, error: Exception) -> None:
    class Broken:
        """A container that can be read as far as the third packet."""

        def __init__(self, container: InputContainer) -> None:
            self._container = container

        def demux(self, stream: av.VideoStream) -> Iterator[object]:
            yield from itertools.islice(self._container.demux(stream), 3)
            raise error

    path = write_clip(tmp_path / "c.mp4", seconds=0.5, size=(64, 48), audio=False).path
    with open_source(path) as container:
        broken = cast("InputContainer", Broken(container))
        assert len(list(demux_packets(broken, container.streams.video[0]))) == 3
