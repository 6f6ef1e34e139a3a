from pathlib import Path

import av
import pytest

from tests.support.cutting import THREE_CLIPS, Options, cut, cut_together, plan
from vidsumm.errors import OutputError
from vidsumm.video.info import VideoInfo

pytestmark = pytest.mark.slow


def test_files_are_repeatable_tagged_and_ready_to_stream(plain: VideoInfo, tmp_path: Path) -> None:
    tags = [{"title": "Summary 1, öäü", "comment": "line one\nline two"}]
    (file,) = cut(plain, [THREE_CLIPS], tmp_path, metadata=tags)[1]
    content = file.path.read_bytes()
    cut(plain, [THREE_CLIPS], tmp_path, metadata=tags)
    assert file.path.read_bytes() == content
    assert file.size_bytes == len(content)
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(file.path) as container:
        assert container.metadata["title"] == tags[0]["title"]
        assert container.metadata["comment"] == tags[0]["comment"]
        assert "creation_time" not in container.metadata


def test_file_names_have_no_special_meaning_to_ffmpeg(plain: VideoInfo, tmp_path: Path) -> None:
    folder = tmp_path / "-y a:b'c\"%d\n[é],\\;"
    folder.mkdir()
    strange = folder / "-i https:%03d'\n\udcff.mp4"
    strange.write_bytes(plain.path.read_bytes())
    info = VideoInfo(**(vars(plain) | {"path": strange}))
    output = folder / "-out:%d'\n\udcff.mp4"
    work_dir = folder / "work"
    work_dir.mkdir()
    options: Options = {"work_dir": work_dir, "metadata": [{"title": strange.name}], "outputs": [output]}
    cut_together([info], [plan(info, [(1.0, 1.6)])], folder, **options)
    assert {path.name for path in folder.iterdir()} == {strange.name, output.name, work_dir.name}


def test_a_folder_that_cannot_be_written_is_one_line(plain: VideoInfo, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write to"):
        cut(plain, [THREE_CLIPS], tmp_path / "nowhere")
