"""What processes have used of the processors, where they can be seen."""

import os
from pathlib import Path


def cpu(pid: int) -> float:
    """Give the CPU seconds that a process has used; 0 when it cannot be seen."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """Give a process and all that it has started, as far as they can be seen."""
    found = [pid]
    for one in found:
        for thread in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += [int(child) for child in thread.read_text("ascii").split()]
            except OSError:
                continue
    return found


def parent(pid: int) -> int | None:
    """Give the process that started another; none when it cannot be seen."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[1])
    except OSError:
        return None
