"""Whether work grows linearly: what a call or a byte costs over decades of frames, connections, calls and sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from .campaign import expected_seconds
from .measuring import Duration, Laboratory, Measurement
from .programs import FLOOR, OURS
from .progress import Progress
from .ratios import Spread
from .redaction import Redaction
from .results import PointDocument, SpreadDocument, SweepDocument
from .rows import Quantity, Subject, load
from .schedule import turns
from .summaries import spread_document

SUBJECTS = (FLOOR, OURS)  # the floor shows what grows by the machine's caches alone
ROUNDS = 3  # at most: it is factors that are looked for, not hundredths
TOLERANCE = 2.0  # of the growth over all decades; work that grew as the square would multiply by ten at each of them


@dataclass(frozen=True)
class Point:
    """One size of the work.

    `amount` is how much it is, None if that is the number of calls made; `units` is how many units a call has; `scale`
    makes the measurement longer or shorter.
    """

    label: str
    work: tuple[str, ...]
    amount: float | None = None
    units: float = 1
    scale: float = 1


@dataclass(frozen=True)
class Sweep:
    """One thing that grows, and the unit whose cost should not."""

    key: str
    title: str
    unit: str
    points: tuple[Point, ...]


SWEEPS = (
    Sweep(
        "frames",
        "calls one after another on one connection (64 B, 64 in flight)",
        "call",
        tuple(Point(f"{scale:g} × the time", load(64, 64), scale=scale) for scale in (0.01, 0.1, 1.0, 10.0)),
    ),
    Sweep(
        "connections",
        "connections (64 B, one in flight on each)",
        "call",
        tuple(Point(f"{count:,}", load(64, 1, count), amount=count) for count in (1, 10, 100, 1_000)),
    ),
    Sweep(
        "in-flight",
        "calls in flight on one connection (64 B)",
        "call",
        tuple(Point(f"{count:,}", load(64, count), amount=count) for count in (1, 10, 100, 1_000)),
    ),
    Sweep(
        "size",
        "bytes in a message (one at a time)",
        "byte",
        tuple(
            Point(f"{size:,}", load(size, 1), amount=size, units=size)
            for size in (64 * 10**decade for decade in range(6))
        ),
    ),
)


@dataclass(frozen=True)
class Trial:
    """One measurement of one point."""

    round: int
    sweep: Sweep
    point: Point
    subject: Subject


@dataclass(frozen=True)
class Finding:
    """A trial that was made."""

    trial: Trial
    measurement: Measurement


def plan(rounds: int) -> list[Trial]:
    """All trials in their order."""
    return [
        Trial(number, sweep, point, Subject(name, name, name, point.work))
        for number in range(min(rounds, ROUNDS))
        for sweep in SWEEPS
        for point in sweep.points
        for _, name in turns(SUBJECTS, FLOOR, number)
    ]


def duration_of(trial: Trial, duration: Duration) -> Duration:
    return replace(duration, measured=duration.measured * trial.point.scale)


def expected(trials: Sequence[Trial], duration: Duration) -> float:
    """How long they all will take, in seconds."""
    return sum(expected_seconds(Quantity.CALLS_PER_SECOND, duration_of(trial, duration)) for trial in trials)


def run(
    laboratory: Laboratory,
    trials: Sequence[Trial],
    duration: Duration,
    progress: Progress,
) -> Iterator[Finding]:
    """Makes the trials. A failure is a finding, is shown, and stops nothing."""
    for trial in trials:
        name = f"{trial.sweep.key} {trial.point.label}, {trial.subject.name}"
        progress.begin(f"linearity, round {trial.round + 1}, {name}")
        this = duration_of(trial, duration)
        measurement = laboratory.measure(Quantity.CALLS_PER_SECOND, trial.subject, this)
        if measurement.error is not None:
            progress.note(f"linearity, {name} FAILED: {measurement.error}")
        cost = wall(Finding(trial, measurement))
        outcome = "failed" if cost is None else f"{cost:.3g} µs a {trial.sweep.unit}"
        progress.end(outcome, expected_seconds(Quantity.CALLS_PER_SECOND, this))
        yield Finding(trial, measurement)


def documents(findings: Sequence[Finding], redaction: Redaction) -> list[SweepDocument]:
    """What came out of each sweep."""
    sweeps = []
    for sweep in SWEEPS:
        of_sweep = [finding for finding in findings if finding.trial.sweep is sweep]
        if of_sweep:
            sweeps.append(_document(sweep, of_sweep, redaction))
    return sweeps


def _document(sweep: Sweep, findings: Sequence[Finding], redaction: Redaction) -> SweepDocument:
    measured = {finding.trial.subject.name for finding in findings}
    points: dict[str, list[PointDocument]] = {}
    growth: dict[str, dict[str, float | None]] = {}
    for name in (name for name in SUBJECTS if name in measured):
        of_subject = [finding for finding in findings if finding.trial.subject.name == name]
        costs = points[name] = [_point(point, of_subject) for point in sweep.points]
        growth[name] = {
            "wall": grown([_median(cost["wall"]) for cost in costs]),
            "server_cpu": grown([_median(cost["server_cpu"]) for cost in costs]),
            "client_cpu": grown([_median(cost["client_cpu"]) for cost in costs]),
        }
    return {
        "key": sweep.key,
        "title": sweep.title,
        "unit": sweep.unit,
        "points": points,
        "growth": growth,
        "linear": None if any(point["failures"] for point in points.get(OURS, [])) else is_linear(growth.get(OURS)),
        "errors": [
            redaction.text(f"{finding.trial.subject.name} at {finding.trial.point.label}: {finding.measurement.error}")
            for finding in findings
            if finding.measurement.error is not None
        ],
    }


def grown(costs: Sequence[float | None]) -> float | None:
    """The last cost over the cheapest: what is beyond the fixed costs, which make the first ones dear.

    None if the last, or all others, are not known.
    """
    known = [cost for cost in costs if cost is not None and cost > 0]
    return known[-1] / min(known) if len(known) > 1 and costs[-1] == known[-1] else None


def is_linear(growth: dict[str, float | None] | None) -> bool | None:
    """By processor time, which is steadier than wall time; by wall time where the former is not known."""
    if growth is None:
        return None
    times = [growth["server_cpu"], growth["client_cpu"]]
    if None in times:
        times = [growth["wall"]]
    known = [time for time in times if time is not None]
    return all(time <= TOLERANCE for time in known) if known else None


def wall(finding: Finding) -> float | None:
    """Microseconds for one unit."""
    load = finding.measurement.load
    return load.seconds / load.calls / finding.trial.point.units * 1e6 if load else None


def _median(spread: SpreadDocument | None) -> float | None:
    return spread["median"] if spread else None


def _point(point: Point, findings: Sequence[Finding]) -> PointDocument:
    here = [finding for finding in findings if finding.trial.point is point]

    def each(cost: Callable[[Measurement], float | None]) -> list[float | None]:
        costs = [cost(finding.measurement) for finding in here]
        return [None if value is None else value / point.units for value in costs]

    calls = Spread.of([finding.measurement.load.calls for finding in here if finding.measurement.load])
    return {
        "label": point.label,
        "amount": point.amount or (calls.median if calls else None),
        "wall": spread_document(wall(finding) for finding in here),
        "server_cpu": spread_document(each(lambda measurement: measurement.server_cpu)),
        "client_cpu": spread_document(each(lambda measurement: measurement.client_cpu)),
        "failures": sum(finding.measurement.value is None for finding in here),
    }
