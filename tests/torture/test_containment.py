"""The content of a file cannot make vidsumm read another file or use the network; file names are never options."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.media import write_clip
from tests.support.places import ROOT
from vidsumm.cli.app import app
from vidsumm.errors import InputError
from vidsumm.video.probe import probe

pytestmark = pytest.mark.slow

PACKAGE = ROOT / "vidsumm"


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """A server on this machine to which nothing should connect."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        yield listening


def _playlists(address: str) -> dict[str, str]:
    """Returns files that refer to an address, by their names."""
    return {
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{address}\n#EXT-X-ENDLIST\n",
        "list.ffconcat": f"ffconcat version 1.0\nfile '{address}'\n",
        "list.mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>'
        f'<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{address}</BaseURL>'
        "</Representation></AdaptationSet></Period></MPD>",
        "stream.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        "list.asx": f'<asx version="3.0"><entry><ref href="{address}"/></entry></asx>',
        "list.pls": f"[playlist]\nFile1={address}\nNumberOfEntries=1\n",
        "film.edl": f"{address} 0 100\n",
        "film.smil": f'<smil><body><video src="{address}"/></body></smil>',
    }


@pytest.mark.parametrize("name", list(_playlists("")))
@pytest.mark.parametrize("disguise", ["", ".mp4", ".ts", ".mkv"])
def test_no_reference_to_another_file_is_followed(
    tmp_path: Path, server: socket.socket, name: str, disguise: str
) -> None:
    secret = write_clip(tmp_path / "secret.ts", seconds=1, size=(64, 48)).path
    host, port = server.getsockname()
    for address in (
        f"http://{host}:{port}/film.ts",
        f"tcp://{host}:{port}",
        str(secret),
        f"file:{secret}",
        "secret.ts",
    ):
        path = tmp_path / f"{name}{disguise}"
        path.write_text(_playlists(address)[name])
        with pytest.raises(InputError):
            probe(path)
    with pytest.raises(TimeoutError):
        server.accept()


def test_an_address_is_not_an_input(tmp_path: Path, server: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    host, port = server.getsockname()
    for address in (f"http://{host}:{port}/film.mp4", f"tcp://{host}:{port}", "concat:a.ts|b.ts", "lavfi:testsrc"):
        done = CliRunner().invoke(app, ["summarize", address])
        assert done.exit_code == 3, address
        assert "no such file" in done.stderr
    with pytest.raises(TimeoutError):
        server.accept()


def test_a_name_that_looks_like_an_option_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "clip.mp4", seconds=1, size=(64, 48)).path.rename(tmp_path / "-y.mp4")
    assert len(probe(Path("-y.mp4")).frame_pts) == 30
    done = CliRunner().invoke(app, ["summarize", "--", "-none.mp4"])
    assert done.exit_code == 3
    assert "-none.mp4: no such file" in done.stderr


def test_no_shell_is_ever_started() -> None:
    shells = re.compile(r"shell\s*=\s*True|os\.system|os\.popen|\beval\(|\bexec\(")
    for path in PACKAGE.rglob("*.py"):
        assert not shells.search(path.read_text(encoding="utf-8").replace(".eval(", "")), path
