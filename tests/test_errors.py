"""Errors say what is wrong and what to do, and they survive the way from one process to another."""

import pickle

import pytest

from vidsumm import errors
from vidsumm.errors import FeatureMismatchError, VidsummError

CLASSES = [getattr(errors, name) for name in errors.__all__]


def make(kind: type[VidsummError]) -> VidsummError:
    if kind is FeatureMismatchError:
        return FeatureMismatchError("a:1:x:2fps", "b:2:x:2fps", remedy="choose another")
    return kind("clip.mp4 is broken", remedy="give another")


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_survives_pickling(kind: type[VidsummError]) -> None:
    error = make(kind)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 our own object
    assert type(copy) is kind
    assert str(copy) == str(error)
    assert (copy.args, vars(copy), copy.exit_code) == (error.args, vars(error), error.exit_code)


@pytest.mark.parametrize("kind", CLASSES)
def test_the_text_holds_what_and_remedy(kind: type[VidsummError]) -> None:
    error = make(kind)
    assert str(error) == f"{error.what} ({error.remedy})"
