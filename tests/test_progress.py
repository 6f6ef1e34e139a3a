from pathlib import Path

import pytest

from vidsumm.cancelling import CancelToken
from vidsumm.errors import CancelledError
from vidsumm.events import Event, Notice, StageAdvanced, StageFinished, StageStarted
from vidsumm.progress import Log, Progress, join_logs


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


def test_every_event_says_which_video_it_is_about() -> None:
    told: list[Event] = []
    progress = Progress(told.append, (Path("a.mp4"),))
    with progress.stage("decode"):
        progress.advance("decode", 0.5)
        progress.notice("PyAV decodes")
    assert len(told) == 4
    assert all(event.sources == (Path("a.mp4"),) for event in told)


def test_a_cancelled_run_stops_where_it_next_reports_something() -> None:
    told: list[Event] = []
    token = CancelToken()
    progress = Progress(told.append, cancel=token)
    with progress.stage("decode"):
        progress.advance("decode", 1)
        token.cancel()
        with pytest.raises(CancelledError):
            progress.advance("decode", 2)
    with pytest.raises(CancelledError), progress.stage("shots"):
        pass
    assert told[:2] == [StageStarted("decode", None, ""), StageAdvanced("decode", 1)]
    assert [type(event) for event in told[2:]] == [StageFinished]


def test_logs_of_parts_are_joined() -> None:
    first, second = Log(("a", "b"), ("decode", "shots"), {"decode": 1.0}), Log(("b", "c"), ("shots",), {"decode": 2.0})
    assert join_logs([first, second]) == Log(("a", "b", "c"), ("decode", "shots"), {"decode": 3.0})
    assert join_logs([first, second], together=True).cached == ("shots",)
    assert Progress(lambda event: None).log() == join_logs([])
