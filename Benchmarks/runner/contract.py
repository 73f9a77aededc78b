"""What the benchmark programs print, read once into values. Benchmarks/README.md is the contract itself."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field


class ContractViolation(Exception):
    """A program printed something else than it should."""


@dataclass(frozen=True)
class Load:
    """What a load generator reports of the time that it measured: latencies in microseconds.

    `further` are numbers that only some sub-commands report.
    """

    calls: int
    seconds: float
    p50: float | None
    p99: float | None
    p999: float | None
    further: Mapping[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Calls per second."""
        return self.calls / self.seconds


def port_of(line: str) -> int:
    """The port in a server's first line, `listening PORT`."""
    match = re.fullmatch(r"listening (\d{1,5})", line.strip())
    if match is None or not 0 < int(match[1]) < 65_536:
        raise ContractViolation(f"the server's first line should be 'listening PORT' and is {_quoted(line)}")
    return int(match[1])


def load_of(line: str) -> Load:
    """The figures in a load generator's only line."""
    try:
        document = json.loads(line)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ContractViolation(f"the load generator should print one line of JSON and printed {_quoted(line)}")
    calls = document.get("calls")
    if not isinstance(calls, int) or isinstance(calls, bool) or calls < 1:
        raise ContractViolation(f"'calls' should be a whole number from 1 on in {_quoted(line)}")
    seconds = _number(document, "seconds", line)
    if seconds is None or seconds <= 0:
        raise ContractViolation(f"'seconds' should be a number above 0 in {_quoted(line)}")
    p50, p99, p999 = (_number(document, name, line) for name in ("p50", "p99", "p999"))
    names = document.keys() - {"calls", "seconds", "p50", "p99", "p999"}
    further = {name: _number(document, name, line) or 0 for name in sorted(names)}
    return Load(calls, seconds, p50, p99, p999, further)


def held_of(line: str) -> int:
    """How many connections are open, in the line `holding N`."""
    match = re.fullmatch(r"holding (\d{1,7})", line.strip())
    if match is None:
        raise ContractViolation(f"the first line of 'hold' should be 'holding N' and is {_quoted(line)}")
    return int(match[1])


def _number(document: dict[str, object], name: str, line: str) -> float | None:
    value = document.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ContractViolation(f"'{name}' should be a number in {_quoted(line)}")
    return float(value)


def _quoted(line: str) -> str:
    return repr(line if len(line) <= 200 else line[:200] + "…")
