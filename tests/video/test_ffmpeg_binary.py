import os
from importlib import metadata
from pathlib import Path

import pytest

from tests.support.fake_ffmpeg import fake_ffmpeg
from vidsumm.errors import ResourceError
from vidsumm.video.ffmpeg_binary import FfmpegBinary, find_ffmpeg

PACKAGE = f"imageio-ffmpeg {metadata.version('imageio-ffmpeg')}"


@pytest.fixture(autouse=True)
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ffmpeg that comes first on the PATH, and no variable that names one."""
    monkeypatch.delenv("VIDSUMM_FFMPEG", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return fake_ffmpeg(tmp_path / "ffmpeg")


class TestOrderOfSearch:
    def test_the_package_comes_before_the_path(self) -> None:
        found = find_ffmpeg()
        assert found.origin == "imageio-ffmpeg"
        assert found.path.parent.name == "binaries"
        assert found.reason == f"in the package {PACKAGE}, the default"

    def test_the_variable_of_imageio_ffmpeg_is_ignored(self, system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(system))
        assert find_ffmpeg().origin == "imageio-ffmpeg"

    def test_the_variable_comes_before_the_package(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        named = fake_ffmpeg(tmp_path / "mine")
        monkeypatch.setenv("VIDSUMM_FFMPEG", str(named))
        assert find_ffmpeg() == FfmpegBinary(named, "6.0", "VIDSUMM_FFMPEG", "named by VIDSUMM_FFMPEG")

    def test_the_option_comes_before_the_variable(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        named = fake_ffmpeg(tmp_path / "mine", version="5.1.9-0+deb12u1")
        monkeypatch.setenv("VIDSUMM_FFMPEG", "/nowhere")
        assert find_ffmpeg(str(named)) == FfmpegBinary(named, "5.1.9-0+deb12u1", "setting", "named by `ffmpeg`")

    def test_a_name_is_looked_for_on_the_path(self, system: Path) -> None:
        assert find_ffmpeg("ffmpeg").path == system

    @pytest.mark.parametrize("way", ["option", "variable"])
    def test_a_path_in_the_folder_is_not_looked_for_on_the_path(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
    ) -> None:
        (tmp_path / "here").mkdir()
        program = fake_ffmpeg(tmp_path / "here" / "ffmpeg", version="7.1")
        monkeypatch.chdir(tmp_path / "here")
        if way == "variable":
            monkeypatch.setenv("VIDSUMM_FFMPEG", "./ffmpeg")
        found = find_ffmpeg("./ffmpeg" if way == "option" else None)
        assert found.path.is_absolute()
        assert found.path.samefile(program)
        assert found.version == "7.1"


class _Package:
    """A distribution of imageio-ffmpeg whose only file is `program`."""

    version = "0.8"

    def __init__(self, program: Path | None) -> None:
        self.program = program
        self.files = [Path("imageio_ffmpeg/binaries/ffmpeg-9")] if program else [Path("imageio_ffmpeg/__init__.py")]

    def locate_file(self, file: Path) -> Path | None:
        return self.program


class TestWithoutThePackage:
    """The system's ffmpeg is used if the package's cannot be, and the reason says why."""

    def use(self, monkeypatch: pytest.MonkeyPatch, program: Path | None) -> None:
        monkeypatch.setattr(metadata, "distribution", lambda name: _Package(program))

    def test_the_package_has_none_for_this_platform(self, system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.use(monkeypatch, None)
        found = find_ffmpeg()
        assert (found.path, found.origin) == (system, "system")
        assert found.reason == (
            "the first on the PATH, because the one in the package imageio-ffmpeg is missing: "
            "there is none for this platform"
        )

    def test_the_package_is_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing(name: str) -> None:
            raise metadata.PackageNotFoundError(name)

        monkeypatch.setattr(metadata, "distribution", missing)
        assert find_ffmpeg().reason.endswith("is missing: the package is not installed")

    def test_the_one_in_the_package_does_not_run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.use(monkeypatch, tmp_path / "nowhere")
        assert find_ffmpeg().reason.endswith("the one in the package imageio-ffmpeg does not run")

    def test_no_ffmpeg_at_all_says_what_is_wrong_with_each(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.use(monkeypatch, None)
        fake_ffmpeg(tmp_path / "ffmpeg", encoders="aac mpeg4")
        with pytest.raises(
            ResourceError, match=r"none for this platform; the one on the PATH has no libx264"
        ) as caught:
            find_ffmpeg()
        assert "imageio-ffmpeg" in caught.value.remedy

    def test_no_program_of_that_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.use(monkeypatch, None)
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(ResourceError, match="the one on the PATH was not found"):
            find_ffmpeg()


class TestNamedOnesThatCannotBeUsed:
    """A named ffmpeg that cannot be used is an error; no other is used instead."""

    def test_another_program_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("VIDSUMM_FFMPEG", "/bin/true")
        with pytest.raises(ResourceError, match="VIDSUMM_FFMPEG: /bin/true is not ffmpeg"):
            find_ffmpeg()

    def test_a_path_without_a_program_is_refused(self) -> None:
        with pytest.raises(ResourceError, match="`ffmpeg`: /nowhere/ffmpeg was not found"):
            find_ffmpeg("/nowhere/ffmpeg")

    def test_one_that_fails_is_refused(self, tmp_path: Path) -> None:
        broken = tmp_path / "broken"
        broken.write_text("#!/bin/sh\nexit 1\n")
        broken.chmod(0o755)
        with pytest.raises(ResourceError, match=r"`ffmpeg`: .*broken does not run"):
            find_ffmpeg(str(broken))

    def test_one_without_h264_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ResourceError, match="has no libx264"):
            find_ffmpeg(str(fake_ffmpeg(tmp_path / "mine", encoders="aac mpeg4")))

    @pytest.mark.parametrize("version", ["3.4.8", "4.3.6-0+deb11u1", "n2.8"])
    def test_one_that_is_too_old_is_refused(self, tmp_path: Path, version: str) -> None:
        with pytest.raises(ResourceError, match=f"has version {version[:5]}.*, older than 4.4") as caught:
            find_ffmpeg(str(fake_ffmpeg(tmp_path / "mine", version=version)))
        assert "4.4 or later" in caught.value.remedy


@pytest.mark.parametrize("version", ["4.4.2-0ubuntu0.22.04.1", "n8.0-23-gd1f31a829d", "N-1-gab", "12.0"])
def test_versions_from_4_4_on_are_used(tmp_path: Path, version: str) -> None:
    assert find_ffmpeg(str(fake_ffmpeg(tmp_path / "mine", version=version))).version == version


@pytest.mark.parametrize(
    ("version", "option"),
    [("4.4.2-static", "vsync"), ("5.0", "vsync"), ("n5.1.2", "fps_mode"), ("9.0", "fps_mode"), ("N-1-gab", "fps_mode")],
)
def test_the_option_that_keeps_times_depends_on_the_version(version: str, option: str) -> None:
    assert FfmpegBinary(Path("ffmpeg"), version, "system").keep_times == {option: "passthrough"}
