"""Children of the process that runs the tests."""

import os
from pathlib import Path

__all__ = ["children"]


def children() -> dict[int, str]:
    """Living children by process id, with their command lines.

    Python's and loky's resource trackers are left out: one of each watches over all shared memory of this process and
    ends with it, whichever test it was that started it.
    """
    mine = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            command = (status.parent / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue  # it has ended meanwhile
        if parent == os.getpid() and "resource_tracker" not in command:
            mine[int(status.parent.name)] = command
    return mine
