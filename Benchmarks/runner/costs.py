"""What a call costs in instructions and allocations: the cases that are counted, and the arithmetic."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .processes import ProcessFailure


@dataclass(frozen=True)
class Case:
    """Work for CallCosts, and two numbers of calls: their difference is free of what starting and ending costs."""

    name: str
    few: int
    many: int
    in_flight: int = 1
    content: tuple[str, ...] = ("--size", "64")
    connects: bool = False
    is_encrypted: bool = True

    def options(self, calls: int) -> list[str]:
        connect = ["--connect"] if self.connects else []
        return ["--calls", str(calls), "--in-flight", str(self.in_flight), *self.content, *connect]


# Few enough for callgrind, which takes fifty times longer, and enough for one more batch of calls to change nothing.
CASES = (
    Case("64 B, one at a time", few=200, many=1_700),
    Case("64 B, 64 in flight", few=1_280, many=6_400, in_flight=64),
    # Without OpenSSL, so that this one still holds where another OpenSSL is installed.
    Case("64 B, 64 in flight, plain TCP", few=1_280, many=6_400, in_flight=64, is_encrypted=False),
    Case("1 MiB, one at a time", few=4, many=20, content=("--size", str(1 << 20))),
    Case("record, 64 in flight", few=640, many=3_200, in_flight=64, content=("--record",)),
    Case("connection with one call", few=4, many=24, connects=True),
)


@dataclass(frozen=True)
class Costs:
    """Of one call, both ends together."""

    instructions: float
    allocations: float

    def least(self, other: Costs) -> Costs:
        return Costs(min(self.instructions, other.instructions), min(self.allocations, other.allocations))


def per_call(case: Case, few: int, many: int) -> float:
    """The cost of one call, from what runs with few and with many calls cost."""
    if many <= few:
        raise ProcessFailure(f"{case.name}: {case.many} calls cost no more than {case.few} did: {many} and {few}")
    return (many - few) / (case.many - case.few)


def instructions_of(said: str) -> int:
    """What callgrind says on standard error when its program ends."""
    match = re.search(r"^==\d+== Collected : (\d+)", said, re.MULTILINE)
    if match is None:
        raise ProcessFailure(f"callgrind did not say how many instructions it collected; it said: {said[-2_000:].strip()}")
    return int(match[1])


def allocations_of(written: str) -> int:
    """What the preloaded library writes when its program ends."""
    if re.fullmatch(r"\d+\n", written) is None:
        raise ProcessFailure(f"the count of allocations should be a number in a line and is {written!r}")
    return int(written)
