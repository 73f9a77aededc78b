"""A run: every round, every row, every subject in its turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .measuring import Duration, Laboratory, Measurement
from .progress import Progress
from .rows import Quantity, Row, Subject
from .schedule import turns

OVERHEAD = 0.5  # seconds that a measurement is expected to take beside its time: starts, handshakes, ends


@dataclass(frozen=True)
class Turn:
    """One measurement to be made, and its place: runs of one round and group are compared with each other."""

    round: int
    group: int
    row: Row
    subject: Subject


@dataclass(frozen=True)
class Outcome:
    """A turn that was taken."""

    turn: Turn
    measurement: Measurement


def plan(rows: Sequence[Row], rounds: int) -> list[Turn]:
    """All turns in their order. Rounds are outermost, so that each row's are spread over the whole run."""
    return [
        Turn(number, group, row, subject)
        for number in range(rounds)
        for row in rows
        if row.most_rounds is None or number < row.most_rounds
        for group, subject in turns(row.subjects, row.subject(row.reference), number)
    ]


def expected_seconds(quantity: Quantity, duration: Duration) -> float:
    """How long a measurement will take, roughly."""
    if quantity is Quantity.KIBIBYTES_PER_CONNECTION:
        return duration.idle + 3 * OVERHEAD
    return duration.warm_up + duration.measured + OVERHEAD


def run(
    laboratory: Laboratory,
    planned: Sequence[Turn],
    rounds: int,
    duration: Duration,
    progress: Progress,
) -> Iterator[Outcome]:
    """Takes the turns. A failure is an outcome, is shown, and stops nothing."""
    for turn in planned:
        row, subject = turn.row, turn.subject
        progress.begin(f"round {turn.round + 1}/{rounds}, row {row.key}, {subject.name}")
        measurement = laboratory.measure(row.quantity, subject, duration)
        if measurement.value is None:
            progress.note(f"row {row.key}, {subject.name}, round {turn.round + 1} FAILED: {measurement.error}")
            outcome = f"{subject.name} failed"
        else:
            outcome = f"{subject.name} {figure(measurement.value, row.quantity)}"
        for remark in measurement.remarks:
            progress.note(f"row {row.key}, {subject.name}, round {turn.round + 1}: {remark}")
        progress.end(outcome, expected_seconds(row.quantity, duration))
        yield Outcome(turn, measurement)


def figure(value: float, quantity: Quantity) -> str:
    """A value with its unit, to three places or more."""
    return f"{value:,.0f} {quantity.value}" if value >= 100 else f"{value:.3g} {quantity.value}"
