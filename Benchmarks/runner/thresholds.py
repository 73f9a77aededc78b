"""The committed thresholds: which they are, where they hold, and what is over or far below them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .costs import Case, Costs
from .formatting import table

QUANTITIES = ("instructions", "allocations")

# What a new case may exceed its figures by, until somebody writes other shares into the file. Both are several times what the
# counts stray by from run to run: see the README.
EXCESS = Costs(instructions=0.03, allocations=0.02)

OPENSSL = "OpenSSL"  # of the versions the one that calls without TLS do not depend on


@dataclass(frozen=True)
class Threshold:
    """What a case cost when that was committed, and the share of it by which it may cost more."""

    measured: Costs
    excess: Costs = EXCESS

    def most(self, quantity: str) -> float:
        return getattr(self.measured, quantity) * (1 + getattr(self.excess, quantity))

    def least(self, quantity: str) -> float:
        """With less than that, a loss as large as the gain would pass."""
        return getattr(self.measured, quantity) * (1 - getattr(self.excess, quantity))


@dataclass(frozen=True)
class Thresholds:
    """Those of all cases, and the versions that they were measured with."""

    versions: Mapping[str, str]
    cases: Mapping[str, Threshold]

    @classmethod
    def read(cls, path: Path) -> Thresholds:
        """Throws OSError or ValueError."""
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            cases = {
                name: Threshold(_costs(case["measured"]), _costs(case["excess"])) for name, case in document["cases"].items()
            }
            return cls({name: str(version) for name, version in document["versions"].items()}, cases)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path.name} is not what --update writes: {error!r}") from error

    def write(self, path: Path) -> None:
        document = {"versions": self.versions, "cases": {name: asdict(case) for name, case in self.cases.items()}}
        path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    def updated(self, versions: Mapping[str, str], costs: Mapping[str, Costs]) -> Thresholds:
        """With what was measured now. What a case may exceed it by stays."""
        cases = {
            name: Threshold(
                Costs(round(cost.instructions), round(cost.allocations, 3)),
                self.cases[name].excess if name in self.cases else EXCESS,
            )
            for name, cost in costs.items()
        }
        return Thresholds(versions, cases)

    def differences(self, versions: Mapping[str, str]) -> list[str]:
        """In which versions `versions` are others than those they were measured with, in words."""
        return [
            f"{name} is {versions.get(name, 'unknown')}, and the thresholds were measured with {recorded}"
            for name, recorded in self.versions.items()
            if versions.get(name) != recorded
        ]

    def bind(self, case: Case, versions: Mapping[str, str]) -> bool:
        """Whether a case has to keep to its threshold where `versions` are installed: others have other costs."""
        return all(
            versions.get(name) == recorded
            for name, recorded in self.versions.items()
            if case.is_encrypted or name != OPENSSL
        )

    def excesses(self, case: Case, cost: Costs) -> list[str]:
        """What a case costs more than it may, in words; also that it has no threshold."""
        threshold = self.cases.get(case.name)
        if threshold is None:
            return [f"{case.name}: there is no threshold; scripts/costs --update writes one"]
        return [
            f"{case.name}: {_number(quantity, cost)} {quantity} a call, at most {_text(quantity, threshold.most(quantity))}"
            for quantity in QUANTITIES
            if getattr(cost, quantity) > threshold.most(quantity)
        ]

    def gains(self, case: Case, cost: Costs) -> list[str]:
        """Where a case became so cheap that its threshold would let a loss pass, in words."""
        threshold = self.cases.get(case.name)
        return [
            f"{case.name}: {_number(quantity, cost)} {quantity} a call, far below its threshold; "
            "scripts/costs --update lowers that"
            for quantity in QUANTITIES
            if threshold is not None and getattr(cost, quantity) < threshold.least(quantity)
        ]


def costs_table(cases: Sequence[Case], costs: Mapping[str, Costs], thresholds: Thresholds) -> str:
    """Case by case, in Markdown."""
    header = ["case", "a call's", "now", "committed", "change", "allowed", ""]
    lines = [_line(case, quantity, costs[case.name], thresholds) for case in cases for quantity in QUANTITIES]
    return "\n".join(table(header, lines, "llrrrrl"))


def _line(case: Case, quantity: str, cost: Costs, thresholds: Thresholds) -> list[str]:
    threshold = thresholds.cases.get(case.name)
    if threshold is None:
        return [case.name, quantity, _number(quantity, cost), "–", "–", "–", "no threshold"]
    now, committed = getattr(cost, quantity), getattr(threshold.measured, quantity)
    is_over, is_below = now > threshold.most(quantity), now < threshold.least(quantity)
    return [
        *(case.name, quantity, _number(quantity, cost), _number(quantity, threshold.measured)),
        f"{now / committed - 1:+.1%}" if committed else "–",
        f"{getattr(threshold.excess, quantity):+.1%}",
        "OVER" if is_over else "below" if is_below else "",
    ]


def _number(quantity: str, cost: Costs) -> str:
    return _text(quantity, getattr(cost, quantity))


def _text(quantity: str, value: float) -> str:
    return f"{value:,.0f}" if quantity == "instructions" else f"{value:,.2f}"


def _costs(document: Mapping[str, float]) -> Costs:
    return Costs(float(document["instructions"]), float(document["allocations"]))
