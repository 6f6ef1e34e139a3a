"""The names of settings on the command line: messages of the library name a setting, readers are shown its flag.

A message holds a setting in backquotes, alone or with a value: "give another `output`", "set `decoder=auto`". Where the
running command has a parameter of that name, its flag takes its place: "give another --output", "set --decoder auto".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import typer

from vidsumm.cli.wording import printable
from vidsumm.settings import Setting

__all__ = ["Flag", "flags_of_settings", "has_option", "message", "naming", "with_flags"]

_SETTING = re.compile(r"(?<![^\s(])`([a-z]\w*)(?:=([^`]*))?`(?=[\s,;:)]|\.?$|\.\s|'s )")
"""A setting stands as a word of its own: backquotes inside a path are part of the path."""


@dataclass(frozen=True)
class Flag:
    """How a parameter is called on the command line."""

    on: str
    """The option, or the word that stands for an argument in the help."""
    off: str = ""
    """The option that turns it off; empty for none."""
    takes_value: bool = True

    def assigned(self, value: str) -> str | None:
        """Returns the words that give the parameter this value; None where there are none."""
        if self.takes_value:
            return f"{self.on} {value}"
        return {"True": self.on, "False": self.off}.get(value) or None


@dataclass
class _Running:
    flags: Mapping[str, Flag] | None = None


_running = _Running()
"""The command of this process; threads that it starts report under its names, too."""


@contextmanager
def naming(context: typer.Context | None) -> Iterator[None]:
    """Inside the block, messages name the parameters of this command; without a context they stay as they are."""
    before = _running.flags
    _running.flags = None if context is None else dict(_flags_of(context))
    try:
        yield
    finally:
        _running.flags = before


def _flags_of(context: typer.Context) -> Iterator[tuple[str, Flag]]:
    for one in context.command.params:
        if one.param_type_name == "argument":
            yield str(one.name), Flag(str(one.metavar))
        else:
            off = one.secondary_opts[0] if one.secondary_opts else ""
            on = max(one.opts, key=len)
            yield str(one.name), Flag(on, off, takes_value=not getattr(one, "is_flag", False))


def flags_of_settings(settings: Iterable[Setting]) -> dict[str, Flag]:
    """Returns the flags of settings by their names."""
    return {
        one.name: Flag(f"--{one.flag}", f"--{one.off_flag}" if one.off_flag else "", takes_value=one.kind is not bool)
        for one in settings
    }


def has_option(name: str) -> bool:
    """Returns whether the running command has a parameter of this name."""
    return _running.flags is not None and name in _running.flags


def with_flags(text: str, flags: Mapping[str, Flag] | None = None) -> str:
    """Returns a text with flags in place of the settings in backquotes; a name that has no flag is a plain word.

    Args:
        text: a message of the library.
        flags: the flags by name of setting; None for those of the running command. Without a command the text stays.
    """
    known = _running.flags if flags is None else flags
    return text if known is None else _SETTING.sub(lambda found: _shown(found, known), text)


def _shown(found: "re.Match[str]", known: Mapping[str, Flag]) -> str:
    name, value = found.groups()
    flag = known.get(name)
    if flag is not None and value is None:
        return flag.on
    return (flag and flag.assigned(value)) or found[0].strip("`")


def message(text: object) -> str:
    """Returns a message of the library as the command line shows it: flags for settings, everything on one line."""
    return printable(with_flags(str(text)))
