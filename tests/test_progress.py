import pytest

from vidsumm.events import Event, Notice, StageAdvanced, StageFinished, StageStarted
from vidsumm.progress import Progress


def test_a_stage_is_told_from_beginning_to_end() -> None:
    told: list[Event] = []
    progress = Progress(told.append)
    with progress.stage("decode", 30, "frames") as done:
        progress.advance("decode", 12)
        done("first thought")
        done("30 frames")
    finished = told[-1]
    assert told[:2] == [StageStarted("decode", 30, "frames"), StageAdvanced("decode", 12)]
    assert isinstance(finished, StageFinished)
    assert (finished.stage, finished.detail) == ("decode", "30 frames")
    assert finished.seconds == progress.timings_s["decode"] >= 0


def test_a_stage_with_nothing_to_say() -> None:
    told: list[Event] = []
    with Progress(told.append).stage("write"):
        pass
    assert told[0] == StageStarted("write", None, "")
    assert isinstance(told[1], StageFinished)
    assert told[1].detail == ""


def test_a_stage_that_fails_does_not_finish() -> None:
    told: list[Event] = []
    progress = Progress(told.append)
    with pytest.raises(ValueError, match="stop"), progress.stage("cut"):
        raise ValueError("stop")
    assert told == [StageStarted("cut", None, "")]
    assert progress.timings_s == {}


def test_notices_are_kept_and_told() -> None:
    told: list[Event] = []
    progress = Progress(told.append)
    progress.notice("PyAV decodes")
    assert progress.notices == ["PyAV decodes"]
    assert told == [Notice("warning", "PyAV decodes")]
