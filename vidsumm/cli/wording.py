"""Times, sizes and names in a form for readers."""

__all__ = ["amount", "clock", "command_line", "printable"]


def printable(text: object) -> str:
    """Returns a path or message as one line, so that the name of a file cannot fake a message of the program.

    Line breaks, control characters and bytes that are not text are escaped.
    """
    readable = str(text).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in readable)


def clock(seconds: float) -> str:
    """Formats a length of time: ``3.2 s``, ``1:23.4``, ``2:03:04``."""
    tenths = round(seconds * 10)
    if tenths < 600:
        return f"{tenths / 10:.1f} s"
    if tenths < 36_000:
        return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def amount(size_bytes: int) -> str:
    """Formats a size: ``12 B``, ``3.4 kB``, ``56.7 MB``, ``8.9 GB``; a kB has 1000 bytes."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    size = size_bytes / 1000
    for unit in ("kB", "MB"):
        if size < 999.95:
            return f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def command_line(*program: str) -> str:
    """Returns the command that was typed, to be kept with its results.

    Args:
        program: what stands before the arguments, ``vidsumm`` for example.

    Returns:
        A line for a shell, with only the last part of each path.
    """
    import shlex
    import sys
    from pathlib import Path

    return shlex.join([*program, *(Path(part).name if "/" in part else part for part in sys.argv[1:])])
