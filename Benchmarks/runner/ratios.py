"""Medians, spreads, and ratios between runs that were neighbours. (Not `statistics`: that is Python's own module.)"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Place = tuple[int, int]  # a round, and the group within it whose runs were neighbours


@dataclass(frozen=True)
class Spread:
    """The median of some figures, and how far they stray."""

    median: float
    minimum: float
    maximum: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """None if there are no values."""
        if not values:
            return None
        return cls(statistics.median(values), min(values), max(values), len(values))


def paired_ratios(values: Mapping[Place, float], references: Mapping[Place, float]) -> dict[Place, float]:
    """Each value over the reference of the same place; where either is missing there is no ratio."""
    return {place: value / references[place] for place, value in values.items() if references.get(place)}


def neighbouring_ratios(references: Mapping[Place, float]) -> dict[Place, float]:
    """Each run of the reference over its run in the group before, in the same round: how far it strays from itself."""
    return {
        (round_number, group): value / references[round_number, group - 1]
        for (round_number, group), value in references.items()
        if references.get((round_number, group - 1))
    }
