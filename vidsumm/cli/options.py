"""The options that several commands have: those made from the settings' fields, and a few of the command line alone.

The default of a setting's option is None, which stands for "not given": only options that are given override a file.
"""

from collections.abc import Callable
from functools import partial
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any

import typer

from vidsumm.cli.flags import flags_of_settings, with_flags
from vidsumm.cli.signatures import expanded
from vidsumm.config import STAGES, SummarizeConfig, load_toml
from vidsumm.errors import ConfigError
from vidsumm.settings import Setting, settings_of

__all__ = [
    "SETTING_FLAGS",
    "ConfigFile",
    "DryRun",
    "Inputs",
    "Json",
    "Output",
    "Overwrite",
    "Quiet",
    "Together",
    "Verbose",
    "setting_option",
    "settings_from",
    "with_settings",
]

_OUTPUT = "Output"
_PANELS = {
    "draw": "Drawing curves",
    "select": "Length of a summary",
    "shots": "Shots",
    "features": "Features and device",
    "decode": "Decoding",
    "cut": "Cutting",
    "cache": "Cache",
    "limits": "Limits on inputs",
}
"""Titles of the stages' options in the order of the help."""


def _option(panel: str, *flags: str, text: str, metavar: str, default: str = "") -> Any:
    """Returns an option with a value; its help ends in the default, if it has one."""
    return typer.Option(
        *flags,
        help=f"{text} (default: {default})" if default else text,
        rich_help_panel=panel,
        metavar=metavar,
    )


def _flag(panel: str, *flags: str, text: str) -> Any:
    """Returns an option without a value."""
    return typer.Option(*flags, help=text, rich_help_panel=panel, metavar="", show_default=False)


Inputs = Annotated[
    list[Path],
    typer.Argument(metavar="INPUT", show_default=False, help="Video files, or folders: all video files in them"),
]

Output = Annotated[
    Path | None,
    _option(
        _OUTPUT,
        "--output",
        "-o",
        metavar="DIR",
        text="Folder to write to; with several inputs, each video gets a folder in it, unless --together",
        default="NAME-summary for one file or folder together, otherwise summaries",
    ),
]
Together = Annotated[
    bool,
    _flag(_OUTPUT, "--together", text="Make summaries of all videos as one, with clips of several, in the order given"),
]
Overwrite = Annotated[bool, _flag(_OUTPUT, "--overwrite", text="Replace what an earlier run has written")]
DryRun = Annotated[bool, _flag(_OUTPUT, "--dry-run", text="Do everything except writing; show what would be written")]
Json = Annotated[
    bool,
    _flag(_OUTPUT, "--json", text="Print only JSON on standard output, one object a line"),
]
Quiet = Annotated[bool, _flag(_OUTPUT, "--quiet", "-q", text="Print only errors")]
Verbose = Annotated[bool, _flag(_OUTPUT, "--verbose", "-v", text="Print more, including the causes of errors")]
ConfigFile = Annotated[
    Path | None,
    _option(_OUTPUT, "--config", metavar="FILE.toml", text="File with settings; options given here take precedence"),
]

_SETTINGS = {one.name: (_PANELS[stage], one) for stage in _PANELS for one in settings_of(STAGES[stage])}
SETTING_FLAGS = flags_of_settings(one for _, one in _SETTINGS.values())


def setting_option(name: str) -> Any:
    """Returns the option of a setting, for `Annotated`."""
    panel, one = _SETTINGS[name]
    text = with_flags(one.help, SETTING_FLAGS)
    if one.kind is bool:
        text = f"{text} (default: {'yes' if one.default else 'no'})"
        return _flag(panel, f"--{one.flag}/--{one.off_flag}", text=text)
    flags = [f"--{one.flag}", *([f"-{one.letter}"] if one.letter else [])]
    return _option(panel, *flags, text=text, metavar=one.metavar, default=_shown_default(one))


def _shown_default(one: Setting) -> str:
    if one.default is None:
        return one.shown_default
    return f"{one.default:g}" if one.kind is float else str(one.default)


def _parameter(name: str) -> Parameter:
    _, one = _SETTINGS[name]
    kind: Any = str if one.parse else one.kind  # a length of time is read when all settings are
    annotation = Annotated[kind | None, setting_option(name)]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def with_settings(*names: str, from_file: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Returns a decorator that gives a command the options of settings in place of its parameter `settings`.

    The command is given a `SummarizeConfig`.

    Args:
        names: the settings; none for all of them.
        from_file: also give it the option --config, which names a file with settings.
    """
    parameters = [_parameter(name) for name in names or _SETTINGS]
    if from_file:
        parameters.append(Parameter("config", Parameter.KEYWORD_ONLY, default=None, annotation=ConfigFile))
    return partial(expanded, name="settings", parameters=parameters, build=settings_from)


def settings_from(*, config: Path | None = None, **given: Any) -> SummarizeConfig:
    """Returns the settings of a run: defaults, overridden by a TOML file, overridden by the options that were given.

    Args:
        config: a file for `vidsumm.config.load_toml`, or None.
        given: values by name of setting; None stands for "not given".

    Raises:
        ConfigError: the file cannot be read, or a value is not allowed.
    """
    given = {name: value for name, value in given.items() if value is not None}
    settings = load_toml(config) if config is not None else {}
    if "ratio" in given or "duration_s" in given:
        # either option replaces whichever of the two the file holds; both options together are refused below
        settings = {name: value for name, value in settings.items() if name not in ("ratio", "duration_s")}
    try:
        return SummarizeConfig().replace(**settings | given)
    except ConfigError as error:
        if not settings:
            raise
        raise ConfigError(f"{config}: {error.what}", remedy=error.remedy) from error
