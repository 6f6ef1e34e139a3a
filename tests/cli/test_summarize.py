"""The main command with a stand-in for the pipeline: its options, exit codes and output streams."""

import json
import platform
import re
import signal
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from tests.support.fake_summarizer import FakeSummarizer
from vidsumm.cli.app import app
from vidsumm.cli.exits import Stopped
from vidsumm.config import SummarizeConfig
from vidsumm.errors import (
    ConfigError,
    DecodeError,
    EncodeError,
    FeatureMismatchError,
    InputError,
    OutputError,
    PartialFailureError,
    ResourceError,
)

Fake = type[FakeSummarizer]


def run(*args: str) -> Any:
    return CliRunner().invoke(app, ["summarize", *args])


def json_lines(stdout: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stdout.splitlines()]


def config_for(fake: Fake, *args: str) -> SummarizeConfig:
    result = run("a.mp4", *args)
    assert result.exit_code == 0, result.stderr
    return fake.made[-1].config


FLAGS = [
    ("--samples 3", "draw", "samples", 3),
    ("-n 2", "draw", "samples", 2),
    ("--seed 7", "draw", "seed", 7),
    ("--steps 20", "draw", "steps", 20),
    ("--guidance 0", "draw", "guidance", 0.0),
    ("--redraws 0", "draw", "redraws", 0),
    ("--weights w.safetensors", "draw", "weights", Path("w.safetensors")),
    ("--any-rate", "draw", "any_rate", True),
    ("--no-any-rate", "draw", "any_rate", False),
    ("--ratio 0.3", "select", "ratio", 0.3),
    ("--duration 1m30s", "select", "duration_s", 90.0),
    ("--segmenter pelt", "shots", "segmenter", "pelt"),
    ("--min-shot 0", "shots", "min_shot_s", 0.0),
    ("--max-shot 30", "shots", "max_shot_s", 30.0),
    ("--penalty 2.5", "shots", "penalty", 2.5),
    ("--backbone googlenet", "features", "backbone", "googlenet"),
    ("--backbone-weights b.npz", "features", "backbone_weights", Path("b.npz")),
    ("--device cpu", "features", "device", "cpu"),
    ("--batch-size 8", "features", "batch_size", 8),
    ("--fps 1", "decode", "fps", 1.0),
    ("--decoder pyav", "decode", "decoder", "pyav"),
    ("--stall-timeout 5", "decode", "stall_s", 5.0),
    ("--cut copy", "cut", "mode", "copy"),
    ("--crf 30", "cut", "crf", 30),
    ("--preset slow", "cut", "preset", "slow"),
    ("--ffmpeg /usr/bin/ffmpeg", "cut", "ffmpeg", "/usr/bin/ffmpeg"),
    ("--fast", "decode", "fast", True),
    ("--no-fast", "decode", "fast", False),
    ("--no-cache", "cache", "use_cache", False),
    ("--use-cache", "cache", "use_cache", True),
    ("--cache kept", "cache", "cache_folder", Path("kept")),
    ("--cache-limit 0.5", "cache", "cache_limit_gb", 0.5),
    ("--max-pixels 1000", "limits", "max_pixels", 1000),
    ("--max-hours 1.5", "limits", "max_hours", 1.5),
    ("--max-streams 3", "limits", "max_streams", 3),
    ("--max-memory 2", "limits", "max_memory_gb", 2.0),
]


@pytest.mark.parametrize(("flag", "stage", "field", "value"), FLAGS, ids=[flag for flag, *_ in FLAGS])
@pytest.mark.usefixtures("clips")
def test_a_flag_fills_its_field_alone(fake: Fake, flag: str, stage: str, field: str, value: object) -> None:
    assert config_for(fake, *flag.split()) == SummarizeConfig().replace(**{field: value})
    assert getattr(getattr(fake.made[-1].config, stage), field) == value


def test_every_setting_has_a_flag() -> None:
    settings = SummarizeConfig().as_dict()
    assert {(stage, field) for _, stage, field, _ in FLAGS} == {
        (s, f) for s, fields in settings.items() for f in fields
    }


def test_no_flag_is_used_twice() -> None:
    group: Any = get_command(app)
    flags = [flag for one in group.get_command(None, "summarize").params for flag in one.opts + one.secondary_opts]
    assert len(flags) > 40
    assert len(flags) == len(set(flags))


def test_no_flags_mean_the_defaults(clips: Path, fake: Fake) -> None:
    assert config_for(fake) == SummarizeConfig()
    assert fake.made[-1].calls == [
        {"path": Path("a.mp4"), "output": Path("a-summary"), "overwrite": False, "dry_run": False}
    ]
    assert fake.made[-1].is_closed


class TestConfigurationFile:
    TOML = "[draw]\nsamples = 3\nsteps = 4\nany_rate = true\n[select]\nduration_s = 20\n"

    @pytest.fixture(autouse=True)
    def file(self, clips: Path) -> None:
        (clips / "s.toml").write_text(self.TOML, encoding="utf-8")

    def test_it_overrides_defaults(self, fake: Fake) -> None:
        config = config_for(fake, "--config", "s.toml")
        assert (config.draw.samples, config.draw.steps, config.select.duration_s) == (3, 4, 20)

    def test_flags_override_it(self, fake: Fake) -> None:
        config = config_for(fake, "--config", "s.toml", "--samples", "9", "--no-any-rate")
        assert (config.draw.samples, config.draw.steps, config.draw.any_rate) == (9, 4, False)

    def test_a_flag_equal_to_the_default_overrides_it(self, fake: Fake) -> None:
        assert config_for(fake, "--config", "s.toml", "--samples", "5").draw.samples == 5

    def test_ratio_replaces_its_duration(self, fake: Fake) -> None:
        select = config_for(fake, "--config", "s.toml", "--ratio", "0.5").select
        assert (select.ratio, select.duration_s) == (0.5, None)


@pytest.mark.parametrize(
    ("args", "flag"),
    [
        (["--samples", "0"], "--samples"),
        (["--device", "tpu"], "--device"),
        (["--duration", "soon"], "--duration"),
        (["--ratio", "0.1", "--duration", "5"], "--ratio"),
        (["--max-shot", "1.5"], "--max-shot: 1.5 is not allowed"),
        (["--fast", "--decoder", "decord"], "--decoder: 'decord' is not allowed with --fast"),
        (["--config", "absent.toml"], "absent.toml: "),
        (["--config", "s.toml"], "s.toml: [decode] fps = 0 is not allowed"),
        (["--config", "both.toml"], "both.toml: --ratio and --duration exclude each other"),
        (["--quiet", "--verbose"], "--quiet"),
    ],
)
def test_a_bad_option_is_named_before_any_work(clips: Path, fake: Fake, args: list[str], flag: str) -> None:
    (clips / "s.toml").write_text("[decode]\nfps = 0\n", encoding="utf-8")
    (clips / "both.toml").write_text("[select]\nratio = 0.1\nduration_s = 5\n", encoding="utf-8")
    result = run("a.mp4", *args)
    assert result.exit_code == ConfigError.exit_code
    first, second = result.stderr.splitlines()
    assert first.startswith(f"vidsumm: error: {flag}")
    assert second.startswith("  ")
    assert result.stdout == ""
    assert not fake.made


def test_a_text_in_place_of_a_number_is_a_usage_error(clips: Path, fake: Fake) -> None:
    result = run("a.mp4", "--samples", "many")
    assert result.exit_code == 2
    assert "--samples" in result.stderr


class TestOutputFolders:
    def outputs(self, fake: Fake, *args: str) -> list[str]:
        assert run(*args).exit_code == 0
        return [str(call["output"]) for call in fake.made[-1].calls]

    def test_one_file_is_written_to_the_folder_itself(self, clips: Path, fake: Fake) -> None:
        assert self.outputs(fake, "a.mp4", "-o", "out") == ["out"]

    def test_several_files_get_a_folder_each(self, clips: Path, fake: Fake) -> None:
        assert self.outputs(fake, "c.mov", "a.mp4", "--output", "out") == ["out/c", "out/a"]

    def test_several_files_go_to_summaries_by_default(self, clips: Path, fake: Fake) -> None:
        assert self.outputs(fake, "a.mp4", "b.mkv") == ["summaries/a", "summaries/b"]

    def test_the_videos_of_a_folder_get_a_folder_each(self, clips: Path, fake: Fake) -> None:
        assert self.outputs(fake, "more") == ["summaries/Z", "summaries/a"]

    def test_equal_names_are_numbered(self, clips: Path, fake: Fake) -> None:
        assert self.outputs(fake, "a.mp4", "more") == ["summaries/a", "summaries/Z", "summaries/a-2"]


class TestOneInput:
    def test_the_table_goes_to_standard_output_and_progress_to_standard_error(self, clips: Path, fake: Fake) -> None:
        result = run("a.mp4", "-n", "2")
        assert result.exit_code == 0
        heading, head, *rows, notice = result.stdout.splitlines()
        assert heading == "a.mp4, 1:40.0: 2 summaries of at most 15.0 s in a-summary"
        assert head.split() == ["file", "length", "shots", "agreement", "favours"]
        assert [re.split(r"\s{2,}", row)[:4] for row in rows] == [
            ["summary-1.mp4", "14.5 s", "1", "0.89"],
            ["summary-2.mp4", "14.5 s", "1", "0.88"],
        ]
        assert rows[0].endswith("in any other summary")
        assert notice == "warning: decord stalled; PyAV decodes"
        assert result.stderr.splitlines() == [
            "a.mp4",
            "a library prints this",
            "  warning: decord stalled; PyAV decodes",
            "  decode    1:01.2  4 frames by pyav",
        ]

    def test_verbose_adds_notes(self, clips: Path, fake: Fake) -> None:
        assert "  note: a small thing" in run("a.mp4", "--verbose").stderr.splitlines()

    def test_quiet_prints_nothing(self, clips: Path, fake: Fake) -> None:
        result = run("a.mp4", "--quiet")
        assert result.exit_code == 0
        assert result.stdout == ""
        assert result.stderr.replace("a library prints this\n", "") == ""

    def test_quiet_still_prints_errors(self, clips: Path, fake: Fake) -> None:
        result = run("absent.mp4", "--quiet")
        assert result.exit_code == InputError.exit_code
        assert result.stderr.endswith("vidsumm: error: absent.mp4: no such file\n  check the name\n")

    def test_dry_run_says_what_would_be_written(self, clips: Path, fake: Fake) -> None:
        result = run("a.mp4", "--dry-run", "-n", "1")
        assert fake.made[-1].calls[0]["dry_run"]
        assert result.stdout.splitlines()[0].endswith("1 summary of at most 15.0 s would go to a-summary")
        assert "summary-1.mp4" in result.stdout

    def test_overwrite_is_passed_on(self, clips: Path, fake: Fake) -> None:
        run("a.mp4", "--overwrite")
        assert fake.made[-1].calls[0]["overwrite"]

    @pytest.mark.parametrize(
        "error",
        [
            ConfigError("bad"),
            InputError("bad"),
            DecodeError("bad"),
            ResourceError("bad"),
            FeatureMismatchError("x", "y", remedy="z"),
            OutputError("bad"),
            EncodeError("bad"),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_a_failure_ends_with_its_exit_code(self, clips: Path, fake: Fake, error: Any) -> None:
        fake.troubles["a.mp4"] = error
        result = run("a.mp4")
        assert result.exit_code == error.exit_code
        assert f"vidsumm: error: {error.what}" in result.stderr
        assert "Traceback" not in result.stderr
        assert fake.made[-1].is_closed

    def test_settings_in_a_message_are_shown_as_flags(self, clips: Path, fake: Fake) -> None:
        fake.troubles["a.mp4"] = OutputError(
            "`mode=copy`: `max_shot_s` of INPUT", remedy="choose another `output`, or allow `overwrite`"
        )
        assert run("a.mp4").stderr.splitlines()[-2:] == [
            "vidsumm: error: --cut copy: --max-shot of INPUT",
            "  choose another --output, or allow --overwrite",
        ]

    def test_verbose_prints_the_causes(self, clips: Path, fake: Fake) -> None:
        def trouble() -> BaseException:
            error = DecodeError("a.mp4: cannot be decoded", remedy="repair it")
            error.__cause__ = ValueError("bad\nheader")
            error.__cause__.__cause__ = OSError()
            return error

        fake.troubles["a.mp4"] = trouble
        assert run("a.mp4", "-v").stderr.splitlines()[-4:] == [
            "vidsumm: error: a.mp4: cannot be decoded",
            "  repair it",
            "  caused by ValueError: bad header",
            "  caused by OSError",
        ]
        assert "caused" not in run("a.mp4").stderr

    def test_a_defect_is_one_line_and_a_hint(self, clips: Path, fake: Fake) -> None:
        fake.troubles["a.mp4"] = ZeroDivisionError("division by zero")
        result = run("a.mp4")
        assert result.exit_code == 1
        error, hint, versions = result.stderr.splitlines()[-3:]
        assert error == "vidsumm: error: unexpected ZeroDivisionError: division by zero"
        assert "--verbose" in hint
        assert versions.startswith(f"  versions: python {platform.python_version()}, vidsumm ")
        assert f", typer {metadata.version('typer')}" in versions

    def test_verbose_shows_the_traceback_of_a_defect(self, clips: Path, fake: Fake) -> None:
        fake.troubles["a.mp4"] = ZeroDivisionError("division by zero")
        told = run("a.mp4", "-v").stderr
        assert "Traceback (most recent call last)" in told
        assert told.splitlines()[-1].startswith("  versions: python ")

    def test_json_of_a_defect_names_the_versions(self, clips: Path, fake: Fake) -> None:
        fake.troubles["a.mp4"] = ZeroDivisionError("division by zero")
        (told,) = json_lines(run("a.mp4", "--json").stdout)
        assert told["error"]["versions"]["typer"] == metadata.version("typer")
        fake.troubles["a.mp4"] = InputError("x")
        (told,) = json_lines(run("a.mp4", "--json").stdout)
        assert "versions" not in told["error"]

    def test_an_interrupt_ends_with_130(self, clips: Path, fake: Fake) -> None:
        fake.troubles["a.mp4"] = KeyboardInterrupt()
        result = run("a.mp4")
        assert result.exit_code == 130
        assert result.stderr.splitlines()[-1] == "vidsumm: interrupted"
        assert fake.made[-1].is_closed

    def test_a_termination_ends_with_143(self, clips: Path, fake: Fake) -> None:
        fake.troubles["a.mp4"] = Stopped(signal.SIGTERM)
        result = run("a.mp4")
        assert result.exit_code == 143
        assert result.stderr.splitlines()[-1] == "vidsumm: stopped by SIGTERM"

    def test_a_closed_pipe_ends_silently_with_141(self, clips: Path, fake: Fake) -> None:
        fake.troubles["a.mp4"] = Stopped(signal.SIGPIPE)
        result = run("a.mp4", "-q")
        assert result.exit_code == 141
        assert "vidsumm" not in result.stderr


class TestSeveralInputs:
    def test_a_bad_one_does_not_stop_the_others(self, clips: Path, fake: Fake) -> None:
        result = run("a.mp4", "absent.mp4", "b.mkv")
        assert result.exit_code == PartialFailureError.exit_code
        assert [str(call["path"]) for call in fake.made[-1].calls] == ["a.mp4", "absent.mp4", "b.mkv"]
        assert len(fake.made) == 1
        assert result.stdout.count("summary-1.mp4") == 2
        assert "[2/3] absent.mp4" in result.stderr
        assert result.stderr.splitlines()[-4:] == [
            "vidsumm: error: absent.mp4: no such file",
            "  check the name",
            "vidsumm: error: 1 of 3 inputs failed",
            "  the others were summarized",
        ]

    def test_a_defect_does_not_stop_the_others(self, clips: Path, fake: Fake) -> None:
        fake.troubles["a.mp4"] = ZeroDivisionError("division by zero")
        result = run("a.mp4", "b.mkv")
        assert result.exit_code == PartialFailureError.exit_code
        assert "vidsumm: error: a.mp4: unexpected ZeroDivisionError" in result.stderr
        assert result.stdout.startswith("b.mkv")

    def test_an_interrupt_stops_all(self, clips: Path, fake: Fake) -> None:
        fake.troubles["a.mp4"] = KeyboardInterrupt()
        assert run("a.mp4", "b.mkv").exit_code == 130
        assert len(fake.made[-1].calls) == 1

    def test_equal_exit_codes_of_all_inputs_are_kept(self, clips: Path, fake: Fake) -> None:
        fake.troubles |= {"a.mp4": OutputError("full"), "b.mkv": EncodeError("full")}
        assert run("a.mp4", "b.mkv").exit_code == OutputError.exit_code

    def test_different_exit_codes_of_all_inputs_become_that_of_a_bad_input(self, clips: Path, fake: Fake) -> None:
        fake.troubles |= {"a.mp4": OutputError("full"), "b.mkv": ResourceError("gone")}
        result = run("a.mp4", "b.mkv")
        assert result.exit_code == InputError.exit_code
        assert "vidsumm: error: b.mkv: gone" in result.stderr

    def test_an_empty_folder_alone_fails(self, clips: Path, fake: Fake) -> None:
        (clips / "empty").mkdir()
        result = run("empty")
        assert result.exit_code == InputError.exit_code
        assert "empty: no video files" in result.stderr
        assert not [call for made in fake.made for call in made.calls]

    def test_an_empty_folder_does_not_stop_the_others(self, clips: Path, fake: Fake) -> None:
        (clips / "empty").mkdir()
        result = run("empty", "a.mp4")
        assert result.exit_code == PartialFailureError.exit_code
        assert "1 of 2 inputs failed" in result.stderr
        assert (fake.made[-1].calls[0]["output"]) == Path("summaries/a")


class TestJson:
    def test_a_summarized_input_is_one_object(self, clips: Path, fake: Fake) -> None:
        result = run("a.mp4", "--json", "-n", "2")
        assert result.exit_code == 0
        (told,) = json_lines(result.stdout)
        assert (told["inputs"], told["output"], told["dry_run"]) == (["a.mp4"], "a-summary", False)
        assert told["files"] == ["a-summary/summary-1.mp4", "a-summary/summary-2.mp4"]
        assert [candidate["rank"] for candidate in told["summary"]["candidates"]] == [1, 2]
        assert "a library prints this" in result.stderr

    def test_a_dry_run_names_no_files(self, clips: Path, fake: Fake) -> None:
        (told,) = json_lines(run("a.mp4", "--json", "--dry-run").stdout)
        assert (told["output"], told["files"], told["dry_run"]) == (None, [], True)

    def test_each_input_is_one_line_even_if_it_fails(self, clips: Path, fake: Fake) -> None:
        (clips / "empty").mkdir()
        fake.troubles["b.mkv"] = ZeroDivisionError("division by zero")
        result = run("a.mp4", "absent.mp4", "b.mkv", "empty", "--json", "--quiet")
        assert result.exit_code == PartialFailureError.exit_code
        told = {line["inputs"][0]: line for line in json_lines(result.stdout)}
        assert set(told) == {"a.mp4", "absent.mp4", "b.mkv", "empty"}
        assert told["absent.mp4"]["error"] == {
            "kind": "InputError",
            "what": "absent.mp4: no such file",
            "remedy": "check the name",
            "exit_code": 3,
        }
        assert told["empty"]["error"]["kind"] == "InputError"
        assert told["b.mkv"]["error"]["kind"] == "ZeroDivisionError"
        assert told["b.mkv"]["error"]["exit_code"] == 1
        assert "error" not in told["a.mp4"]

    def test_a_single_failure_is_one_object(self, clips: Path, fake: Fake) -> None:
        result = run("absent.mp4", "--json")
        assert result.exit_code == 3
        assert json_lines(result.stdout)[0]["error"]["kind"] == "InputError"

    def test_names_are_printed_as_ascii(self, clips: Path, fake: Fake) -> None:
        (clips / "é\n\udcff.mp4").touch()
        result = run("é\n\udcff.mp4", "--json")
        assert result.exit_code == 0
        assert len(result.stdout.splitlines()) == 1
        assert result.stdout.isascii()
        assert json.loads(result.stdout)["inputs"] == ["é\n\udcff.mp4"]
