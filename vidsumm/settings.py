"""Settings: fields of frozen dataclasses that know their unit, bounds, help and flag.

A class of settings derives from `Settings` and makes each field with `setting`. Everything else follows from the field:
the check of a value, its conversion from a file, the option of the command line and what errors say of it.
"""

import dataclasses
import math
import numbers
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from vidsumm.errors import ConfigError

__all__ = ["NOUNS", "Setting", "Settings", "setting", "settings_of", "stage_by_setting"]

_METADATA_KEY = "setting"
NOUNS = {bool: "true or false", str: "a text", Path: "a path", int: "a whole number", float: "a number"}
"""What a value of each type is called in errors."""


@dataclass(frozen=True)
class Setting:
    """A field of a class of settings; `setting` makes the first half of it, and `settings_of` adds the rest."""

    help: str
    """What it does, for readers; other settings stand in backquotes, and ``{choices}`` stands for its own values."""
    flag: str = ""
    """Name of its option without the dashes; empty for the field's name with dashes."""
    letter: str = ""
    """The one-letter name of its option; empty for none."""
    off_flag: str = ""
    """Of a bool: the option that turns it off; empty for ``no-`` and its flag."""
    metavar: str = ""
    """Stands for the value in the help."""
    unit: str = ""
    """What is counted, in the plural: seconds, GB."""
    low: float | None = None
    """Smallest number that is allowed; None for no bound."""
    above: float | None = None
    """Bound that itself is not allowed; None for no bound."""
    high: float | None = None
    """Largest number that is allowed; None for no bound. Numbers are always finite."""
    parse: Callable[[str], float] | None = None
    """Reads a number that may be given as text, too; raises a `ValueError`."""
    wants: str = ""
    """What may be given, where type, unit and bounds do not say it."""
    shown_default: str = ""
    """Describes what the default None stands for."""
    name: str = ""
    """Name of the field."""
    kind: type = str
    """Type of its values: bool, int, float, str or Path."""
    choices: tuple[str, ...] = ()
    """Of a text with a fixed number of values: all of them."""
    default: Any = None

    @property
    def wanted(self) -> str:
        """What may be given, as the end of a sentence that begins with "give"."""
        if self.wants:
            return self.wants
        if self.choices:
            return "one of " + ", ".join(self.choices)
        return NOUNS[self.kind] + (f" of {self.unit}" if self.unit else "") + self._range

    @property
    def _range(self) -> str:
        above = "" if self.above is None else f" above {self.above}"
        if self.high is not None:
            return f"{above}, up to {self.high}" if above else f" from {self.low} to {self.high}"
        return above if self.low is None else f", {self.low} or more"

    def check(self, value: Any, place: str = "") -> Any:
        """Returns `value` in the type of the setting.

        Args:
            value: what was given: a whole number stands for a float, too, and a text for a path or the other way round.
            place: where it was given, in front of the error's message; empty for the name of the setting.

        Raises:
            ConfigError: the value has another type or is out of bounds.
        """
        try:
            return None if value is None and self.default is None else self._converted(value)
        except (ValueError, OverflowError) as error:
            what = f"{place or f'`{self.name}`: '}{value!r} is not allowed"
            raise ConfigError(what, remedy=f"give {self.wanted}") from error

    def _converted(self, value: Any) -> Any:
        if self.parse is not None and isinstance(value, str):
            value = self.parse(value)
        number = self.kind(value) if _has_kind(value, self.kind) else None
        if number is None or (self.choices and number not in self.choices):
            raise ValueError
        if self.kind in (int, float) and not self._is_within(number):
            raise ValueError
        return number

    def _is_within(self, number: float) -> bool:
        return (
            math.isfinite(number)
            and (self.low is None or number >= self.low)
            and (self.above is None or number > self.above)
            and (self.high is None or number <= self.high)
        )


def _has_kind(value: Any, kind: type) -> bool:
    if kind in (int, float):
        number = numbers.Integral if kind is int else numbers.Real
        return isinstance(value, number) and not isinstance(value, bool)
    return isinstance(value, (str, os.PathLike) if kind in (str, Path) else kind)


def setting(default: Any, help: str, **traits: Any) -> Any:  # noqa: A002  (as argparse and Typer call it)
    """Returns the dataclass field of a setting.

    Args:
        default: its value where none is given; None is allowed only in a setting whose default it is.
        help: see `Setting`.
        traits: other fields of `Setting`.
    """
    return dataclasses.field(default=default, metadata={_METADATA_KEY: Setting(help, **traits)})


class Settings:
    """Base of the frozen dataclasses whose fields are made by `setting`: each value is checked and converted."""

    def __post_init__(self) -> None:
        kind: type = type(self)
        for one in settings_of(kind):
            object.__setattr__(self, one.name, one.check(getattr(self, one.name)))


@cache
def settings_of(kind: type) -> tuple[Setting, ...]:
    """Returns the settings of a dataclass in the order of its fields."""
    hints = get_type_hints(kind)
    fields = [field for field in dataclasses.fields(kind) if _METADATA_KEY in field.metadata]
    return tuple(_completed(field, hints[field.name]) for field in fields)


def _completed(field: "dataclasses.Field[Any]", hint: Any) -> Setting:
    kind = get_args(hint)[0] if type(None) in get_args(hint) else hint
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    one: Setting = field.metadata[_METADATA_KEY]
    flag = one.flag or field.name.replace("_", "-")
    return dataclasses.replace(
        one,
        name=field.name,
        default=field.default,
        kind=str if choices else kind,
        choices=choices,
        help=one.help.format(choices=f"{', '.join(choices[:-1])} or {choices[-1]}") if choices else one.help,
        flag=flag,
        off_flag=(one.off_flag or f"no-{flag}") if kind is bool else "",
    )


def stage_by_setting(stages: Mapping[str, type]) -> dict[str, str]:
    """Returns for each setting the stage that has it.

    Args:
        stages: the classes of settings by the names of their stages.

    Raises:
        TypeError: a name has two meanings: two settings, or a setting and a stage, share it.
    """
    found: dict[str, str] = {}
    for stage, kind in stages.items():
        for one in settings_of(kind):
            if one.name in found or one.name in stages:
                raise TypeError(f"the setting {one.name!r} of the stage {stage!r} has a name that is taken")
            found[one.name] = stage
    return found
