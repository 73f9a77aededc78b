"""What the figures depend on: the machine, its software, the commit, and how busy it was."""

from __future__ import annotations

import datetime
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path


def describe(repository: Path) -> dict[str, str]:
    """What is known before a run. No name of the machine or of its user is in it."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(repository),
        "processor": _processor(),
        "cores": str(os.cpu_count() or "unknown"),
        "memory": _memory(),
        "system": _system(),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "transparent huge pages": _choice("/sys/kernel/mm/transparent_hugepage/enabled"),
        "OpenSSL": " ".join(first_line(["openssl", "version"]).split()[:2]),
        "Swift": swift(),
        "Python": platform.python_version(),
    }


def load_average() -> str:
    """Of the last 1, 5 and 15 minutes."""
    return " ".join(f"{average:.2f}" for average in os.getloadavg())


def _commit(repository: Path) -> str:
    git = ["git", "-C", str(repository)]
    commit = first_line([*git, "rev-parse", "--short=12", "HEAD"])
    # Results and the README that quotes them are written by this very run.
    changes = output([*git, "status", "--porcelain", "--", ".", ":!Benchmarks/results", ":!README.md"])
    return f"{commit} with changes" if changes else commit


def _processor() -> str:
    match = re.search(r"^model name\s*: (.+)$", text("/proc/cpuinfo"), re.MULTILINE)
    if match:
        return match[1].strip()
    match = re.search(r"^Model name:\s*(.+)$", output(["lscpu"]) or "", re.MULTILINE)
    return match[1].strip() if match else platform.machine()


def _memory() -> str:
    match = re.search(r"^MemTotal: +(\d+) kB$", text("/proc/meminfo"), re.MULTILINE)
    return f"{int(match[1]) / (1 << 20):.0f} GiB" if match else "unknown"


def _system() -> str:
    match = re.search(r'^PRETTY_NAME="?([^"\n]+)', text("/etc/os-release"), re.MULTILINE)
    return match[1] if match else platform.platform(terse=True)


def _choice(path: str) -> str:
    """The word in brackets of a file that lists what could be chosen."""
    match = re.search(r"\[(\w+)\]", text(path))
    return match[1] if match else "unknown"


def swift() -> str:
    """The version of the toolchain."""
    match = re.search(r"Swift version (\S+)", output(["swift", "--version"]) or "")
    return match[1] if match else "none"


def text(path: str) -> str:
    """What is in a file; nothing if it cannot be read."""
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""


def output(command: Sequence[str]) -> str | None:
    """What a command prints; None if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def first_line(command: Sequence[str]) -> str:
    """Of what a command prints; "unknown" if it fails."""
    return (output(command) or "unknown").splitlines()[0]
