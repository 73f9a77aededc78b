"""The memory that belongs to a process alone."""

from __future__ import annotations

import re
from pathlib import Path


def anonymous_kibibytes(pid: int) -> int | None:
    """Anonymous memory, resident or swapped out, in KiB: heap, stacks, and what was written to of private mappings.

    Not Pss: that also holds a share of each library's pages, which falls when the load generator maps the same library
    and rises as code is first run; neither has to do with connections. Not RssAnon of /proc/PID/status, which proc(5)
    calls inaccurate: the kernel adds up per core, and late. This one is counted page by page.
    """
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return None
    return anonymous_kibibytes_in(text)


def anonymous_kibibytes_in(smaps_rollup: str) -> int | None:
    fields = dict(re.findall(r"^(\w+): +(\d+) kB$", smaps_rollup, re.MULTILINE))
    if "Anonymous" not in fields:
        return None
    return int(fields["Anonymous"]) + int(fields.get("Swap", 0))
