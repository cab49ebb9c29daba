"""How much of the processor a server has used, with those of its processes that are gone."""

import os
from contextlib import suppress
from pathlib import Path

# Of /proc/PID/stat, counted from the state: the parent, own time (user, system), and that of ended children.
PARENT, OWN, ENDED = 1, slice(11, 13), slice(13, 15)


def _stat(pid: str) -> list[str]:
    return (Path("/proc") / pid / "stat").read_text().rsplit(")", 1)[1].split()


def processor_of(server: int) -> float:
    """Seconds, of a process and its children."""
    own = _stat(str(server))
    ticks = sum(map(int, own[OWN] + own[ENDED]))
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            found = _stat(folder.name)
            if int(found[PARENT]) == server:
                ticks += sum(map(int, found[OWN]))
    return ticks / os.sysconf("SC_CLK_TCK")
