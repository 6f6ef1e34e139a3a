"""Commands whose options are made, not written: Typer reads the options of a command from its signature."""

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from inspect import Parameter
from typing import Any

__all__ = ["expanded", "set_parameters"]


def expanded(
    command: Callable[..., None], name: str, parameters: Iterable[Parameter], build: Callable[..., Any]
) -> Callable[..., None]:
    """Returns a command that has several parameters in place of one.

    Args:
        command: the function of the command.
        name: its parameter that is replaced; a keyword.
        parameters: what stands in its place.
        build: makes the value of `name` from those of `parameters`, which it is given as keywords.
    """
    parameters = list(parameters)

    @wraps(command)
    def run(**given: Any) -> None:
        values = {one.name: given.pop(one.name) for one in parameters}
        command(**given, **{name: build(**values)})

    shown: list[Parameter] = []
    for one in inspect.signature(command).parameters.values():
        shown += parameters if one.name == name else [one]
    set_parameters(run, shown)
    return run


def set_parameters(function: Callable[..., Any], parameters: Iterable[Parameter]) -> None:
    """Gives a function the signature that Typer reads; some versions read `__annotations__`, too."""
    shown = [one.replace(kind=Parameter.KEYWORD_ONLY) for one in parameters]
    function.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    function.__annotations__ = {one.name: one.annotation for one in shown}
